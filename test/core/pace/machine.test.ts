import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newPace, type Pace, paceSchema } from '../../../functions/core/model/pace.ts';
import { limitsAt } from '../../../functions/core/pace/limits.ts';
import { quickened, reserved, slowed } from '../../../functions/core/pace/machine.ts';

const limits = { floor: 1, ceiling: 61 };
const at = Date.parse('2031-02-03T04:00:00Z');
const ten: Pace = newPace(10);
const WINDOW = 10_000;

describe('a stretch', () => {
  test('begins at once when nobody has taken the time, and lasts as long as its requests take', () => {
    const { pace, stretch } = reserved(ten, 20, at, 60_000, limits);
    expect(stretch).toEqual({ startsAt: at, count: 20, intervalMs: 100 });
    expect(pace.nextFreeAt).toBe(at + 2_000);
  });

  test('begins where the last one ends, whoever has that', () => {
    const first = reserved(ten, 20, at, 60_000, limits);
    const second = reserved(first.pace, 20, at + 500, 60_000, limits);
    expect(second.stretch.startsAt).toBe(at + 2_000);
  });

  test('does not wait for a worker whose clock is an hour ahead', () => {
    const ahead = reserved(ten, 20, at + 3_600_000, 60_000, limits);
    expect(reserved(ahead.pace, 20, at, 60_000, limits).stretch).toMatchObject({ startsAt: at, count: 20 });
  });

  test('has no more requests than can be started in time, and takes nothing when that is none', () => {
    const first = reserved(ten, 100, at, 4_000, limits);
    expect(first.stretch.count).toBe(40);
    const none = reserved(first.pace, 10, at, 4_000, limits);
    expect(none).toEqual({ pace: first.pace, stretch: { startsAt: at + 4_000, count: 0, intervalMs: 100 } });
  });

  test('never begins before the time that the marketplace named', () => {
    const paused = slowed(ten, { askedAt: at, at, notBefore: at + 30_000 }, WINDOW, limits);
    expect(reserved(paused, 1, at, 60_000, limits).stretch.startsAt).toBe(at + 30_000);
    expect(reserved(paused, 1, at, 20_000, limits).stretch.count).toBe(0);
  });

  test('keeps to limits that were changed meanwhile', () => {
    expect(reserved(newPace(500), 1, at, 60_000, limits).stretch.intervalMs).toBe(1000 / 61);
    expect(reserved(newPace(0.1), 1, at, 60_000, limits).stretch.intervalMs).toBe(1000);
  });
});

describe('the rate', () => {
  test('rises from the floor to the ceiling in ten clean minutes', () => {
    expect(quickened(newPace(1), 60, limits).rate).toBeCloseTo(7);
    expect(quickened(newPace(1), 600, limits).rate).toBe(61);
    const top = newPace(61);
    expect(quickened(top, 60, limits)).toBe(top);
  });

  test('halves on a pushback, down to the floor', () => {
    const slower = slowed(ten, { askedAt: at, at, notBefore: 0 }, WINDOW, limits);
    expect(slower).toMatchObject({ rate: 5, slowedAt: at });
    expect(slowed(newPace(1.5), { askedAt: at, at, notBefore: 0 }, WINDOW, limits).rate).toBe(1);
  });

  test('halves once for everything that was in flight, and once per window over all workers', () => {
    const slower = slowed(ten, { askedAt: at - 200, at, notBefore: 0 }, WINDOW, limits);
    const late = { askedAt: at - 100, at: at + WINDOW + 1, notBefore: 0 };
    expect(slowed(slower, late, WINDOW, limits)).toBe(slower);
    const soon = { askedAt: at + 50, at: at + 100, notBefore: 0 };
    expect(slowed(slower, soon, WINDOW, limits)).toBe(slower);
    const next = { askedAt: at + WINDOW, at: at + WINDOW + 100, notBefore: 0 };
    expect(slowed(slower, next, WINDOW, limits).rate).toBe(2.5);
  });

  test('takes the longest of the pauses that were asked for, whenever the rate fell', () => {
    const one = slowed(ten, { askedAt: at, at, notBefore: at + 5_000 }, WINDOW, limits);
    const two = slowed(one, { askedAt: at, at: at + 1, notBefore: at + 9_000 }, WINDOW, limits);
    expect(two).toMatchObject({ rate: 5, notBefore: at + 9_000 });
    const three = slowed(two, { askedAt: at, at: at + 2, notBefore: at + 7_000 }, WINDOW, limits);
    expect(three).toBe(two);
  });
});

describe('the ceiling', () => {
  const rate = {
    initialPerSecond: 10,
    minPerSecond: 1,
    maxPerSecond: 20,
    nightMaxPerSecond: 50,
    nightHours: { from: 23, to: 6 },
  };
  test.each([
    ['2031-02-03T17:59:00Z', 20], // 22:59 in Tashkent
    ['2031-02-03T18:00:00Z', 50], // 23:00
    ['2031-02-03T19:30:00Z', 50], // 00:30
    ['2031-02-03T00:59:00Z', 50], // 05:59
    ['2031-02-03T01:00:00Z', 20], // 06:00
  ])('at %s is %d', (instant, ceiling) => {
    expect(limitsAt(rate, new Date(instant))).toEqual({ floor: 1, ceiling });
  });

  test('is the same day and night where no night is configured', () => {
    const { nightHours: _, nightMaxPerSecond: __, ...plain } = rate;
    expect(limitsAt(plain, new Date('2031-02-03T19:30:00Z'))).toEqual({ floor: 1, ceiling: 20 });
  });

  test('of a night within one day begins and ends there', () => {
    const early = { ...rate, nightHours: { from: 1, to: 5 } };
    expect(limitsAt(early, new Date('2031-02-03T20:00:00Z')).ceiling).toBe(50);
    expect(limitsAt(early, new Date('2031-02-03T19:59:00Z')).ceiling).toBe(20);
  });
});

/** What workers do to a pace, `afterMs` after what was done before. */
const event = fc.record({
  afterMs: fc.integer({ min: 0, max: 20_000 }),
  what: fc.constantFrom('reserve', 'clean', 'push'),
  wanted: fc.integer({ min: 1, max: 400 }),
  horizonMs: fc.integer({ min: 0, max: 50_000 }),
  pauseMs: fc.integer({ min: 0, max: 60_000 }),
});

describe('whatever workers do', () => {
  test('stretches never overlap, begin no earlier than asked, and end in time; the rate stays within its limits', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        let pace = ten;
        let now = at;
        let busyUntil = 0;
        let pausedUntil = 0;
        for (const { afterMs, what, wanted, horizonMs, pauseMs } of events) {
          now += afterMs;
          if (what === 'clean') pace = quickened(pace, wanted / 10, limits);
          else if (what === 'push') {
            const before = pace.rate;
            pausedUntil = Math.max(pausedUntil, now + pauseMs);
            pace = slowed(pace, { askedAt: now, at: now, notBefore: now + pauseMs }, WINDOW, limits);
            expect(pace.rate).toBeLessThanOrEqual(before);
          } else {
            const result = reserved(pace, wanted, now, horizonMs, limits);
            const { startsAt, count, intervalMs } = result.stretch;
            expect(count).toBeLessThanOrEqual(wanted);
            expect(startsAt).toBeGreaterThanOrEqual(Math.max(now, pausedUntil));
            if (count > 0) {
              expect(startsAt).toBeGreaterThanOrEqual(busyUntil);
              expect(startsAt + count * intervalMs).toBeLessThanOrEqual(now + horizonMs + 0.001);
              busyUntil = startsAt + count * intervalMs - 0.001;
            }
            pace = result.pace;
          }
          expect(pace.rate).toBeGreaterThanOrEqual(limits.floor);
          expect(pace.rate).toBeLessThanOrEqual(limits.ceiling);
          expect(paceSchema.parse(JSON.parse(JSON.stringify(pace)))).toEqual(pace);
        }
      }),
    );
  });
});
