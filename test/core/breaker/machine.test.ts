import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  admitted,
  failed,
  leased,
  probed,
  released,
  succeeded,
} from '../../../functions/core/breaker/machine.ts';
import { breakerSettings } from '../../../functions/core/breaker/settings.ts';
import { type Breaker, breakerSchema, newBreaker } from '../../../functions/core/model/breaker.ts';

const settings = breakerSettings(
  { failures: 3, probeSeconds: 60, maxProbeMinutes: 10, drainBatchesPerSecond: 2, drainMinutes: 4 },
  1,
);
const start = Date.parse('2031-02-03T04:05:06.000Z');
const at = (seconds: number) => new Date(start + seconds * 1000);
const attempt = (seconds: number, owner = 'a', startedSeconds = seconds) => ({
  owner,
  startedAt: at(startedSeconds),
  at: at(seconds),
});
const fail = (breaker: Breaker, seconds: number, owner = 'a', startedSeconds = seconds) =>
  failed(breaker, attempt(seconds, owner, startedSeconds), { reason: 'ECONNREFUSED', weight: 1 }, settings);
const succeed = (breaker: Breaker, seconds: number, owner = 'a') =>
  succeeded(breaker, attempt(seconds, owner), settings);
const admit = (breaker: Breaker, owner: string, seconds: number) =>
  admitted(breaker, owner, at(seconds), 30_000, settings);
const lease = (breaker: Breaker, seconds: number, owner = 'keeper') =>
  leased(breaker, owner, at(seconds), 60_000);
const probe = (breaker: Breaker, seconds: number, failure: string | null, owner = 'keeper') =>
  probed(lease(breaker, seconds, owner), { owner, failure, at: at(seconds) }, settings);

const open = fail(fail(fail(newBreaker(), 0), 1), 2);
const halfOpen = probe(open, 62, null);
const tried = admit(halfOpen, 'first', 63).breaker;
const drained = succeed(tried, 64, 'first');

describe('a closed breaker', () => {
  test('opens on the third failure in a row, and says why, since when, and when it is probed', () => {
    expect(fail(fail(newBreaker(), 0), 1)).toMatchObject({ state: 'closed', failures: 2 });
    expect(open).toEqual({
      state: 'open',
      since: at(2),
      openings: 1,
      reason: 'ECONNREFUSED',
      probeAt: at(62),
      lease: null,
    });
  });

  test('counts from the beginning after a success', () => {
    const one = succeed(fail(fail(newBreaker(), 0), 1), 2);
    expect(fail(fail(one, 3), 4)).toMatchObject({ state: 'closed', failures: 2 });
  });

  test('does not count a batch that began before the reopening', () => {
    expect(fail(drained, 70, 'late', 30)).toBe(drained);
  });

  test('opens sooner on failures that are worth several', () => {
    const silent = { reason: 'no answer', weight: 2 };
    const once = failed(newBreaker(), attempt(0), silent, settings);
    expect(once).toMatchObject({ state: 'closed', failures: 2 });
    expect(failed(once, attempt(1), silent, settings)).toMatchObject({ state: 'open', reason: 'no answer' });
  });

  test('is not written to by successes', () => {
    const closed = newBreaker();
    expect(succeed(closed, 1)).toBe(closed);
    expect(admit(closed, 'a', 1)).toEqual({ breaker: closed, startAt: at(1) });
  });
});

describe('an open breaker', () => {
  test('lets nobody in, and what comes in late changes nothing', () => {
    expect(admit(open, 'a', 1000)).toEqual({ breaker: open, startAt: null });
    expect(fail(open, 3)).toBe(open);
    expect(succeed(open, 3)).toBe(open);
  });

  test('is probed from its time on, by one at a time', () => {
    expect(lease(open, 61)).toBe(open);
    const mine = lease(open, 62);
    expect(mine).toMatchObject({ lease: { owner: 'keeper', expiresAt: at(122) } });
    expect(lease(mine, 121, 'other')).toBe(mine);
    expect(lease(mine, 122, 'other')).toMatchObject({ lease: { owner: 'other' } });
    expect(probed(mine, { owner: 'other', failure: null, at: at(63) }, settings)).toBe(mine);
  });

  test('waits again after a probe that failed, with the reason of that', () => {
    expect(probe(open, 62, 'no space left')).toMatchObject({
      state: 'open',
      since: at(2),
      openings: 1,
      reason: 'no space left',
      probeAt: at(122),
      lease: null,
    });
  });
});

describe('a half-open breaker', () => {
  test('lets one batch in, until that has ended or is taken for dead', () => {
    expect(tried).toMatchObject({ state: 'half-open', trial: { owner: 'first', expiresAt: at(93) } });
    expect(admit(tried, 'second', 92)).toEqual({ breaker: tried, startAt: null });
    expect(admit(tried, 'second', 93).breaker).toMatchObject({ trial: { owner: 'second' } });
    expect(released(tried, 'second')).toBe(tried);
    expect(admit(released(tried, 'first'), 'second', 64).startAt).toEqual(at(64));
  });

  test('opens again when that batch fails, for twice as long, and the outage is the same', () => {
    expect(fail(tried, 65, 'somebody else')).toBe(tried);
    expect(fail(tried, 65, 'first')).toMatchObject({
      state: 'open',
      since: at(2),
      openings: 2,
      probeAt: at(65 + 120),
    });
  });

  test('closes when that batch is stored', () => {
    expect(succeed(tried, 64, 'somebody else')).toBe(tried);
    expect(drained).toEqual({
      state: 'closed',
      since: at(64),
      openings: 1,
      failures: 0,
      drain: { startedAt: at(64), nextAt: at(64) },
    });
  });

  test('closes on a second probe when no batch came, and leaves a batch that is under way to decide', () => {
    expect(probe(halfOpen, 122, null)).toMatchObject({ state: 'closed', since: at(122) });
    const later = admit(halfOpen, 'first', 121).breaker;
    expect(probe(later, 122, null)).toMatchObject({ state: 'half-open', trial: { owner: 'first' } });
    expect(probe(halfOpen, 122, 'gone again')).toMatchObject({ state: 'open', openings: 1 });
  });
});

describe('after a reopening', () => {
  test('batches start one after the other, twice a second, then faster by the minute, then as they come', () => {
    let breaker = drained;
    const starts = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => {
        const entered = admit(breaker, `b${index}`, from);
        breaker = entered.breaker;
        return ((entered.startAt?.getTime() ?? 0) - at(from).getTime()) / 1000;
      });
    expect(starts(64, 4)).toEqual([0, 0.5, 1, 1.5]);
    expect(starts(64 + 60, 3)).toEqual([0, 0.25, 0.5]);
    expect(starts(64 + 180, 3)).toEqual([0, 0.062, 0.124]);
    expect(starts(64 + 240, 3)).toEqual([0, 0, 0]);
  });

  test('one failure is enough to open it again', () => {
    expect(fail(drained, 70)).toMatchObject({ state: 'open', openings: 2, since: at(70) });
  });

  test('that held, the next outage is a first one', () => {
    expect(succeed(drained, 303)).toBe(drained);
    const held = succeed(drained, 304);
    expect(held).toMatchObject({ openings: 0, drain: null });
    expect(fail(fail(fail(held, 310), 311), 312)).toMatchObject({ openings: 1, probeAt: at(372) });
  });
});

test('the time between probes never exceeds the configured most', () => {
  let breaker = open;
  let now = 2;
  for (let i = 0; i < 60; i += 1) {
    if (breaker.state !== 'open') return expect.fail('not open');
    const wait = (breaker.probeAt.getTime() - at(now).getTime()) / 1000;
    expect(wait).toBe(Math.min(600, 60 * 2 ** i));
    now += wait;
    breaker = fail(admit(probe(breaker, now, null), 't', now).breaker, now, 't');
  }
});

const events = fc.array(
  fc.record({
    kind: fc.constantFrom('admit', 'fail', 'succeed', 'release', 'lease', 'probe-ok', 'probe-failed'),
    who: fc.constantFrom('a', 'b', 'c'),
    passMs: fc.integer({ min: 0, max: 90_000 }),
  }),
  { maxLength: 80 },
);

test('whatever happens in whatever order: one trial at a time, no start before its time, and it can be written and read', () => {
  fc.assert(
    fc.property(events, (sequence) => {
      let breaker = newBreaker();
      let now = start;
      let lastStart = Number.NEGATIVE_INFINITY;
      for (const { kind, who, passMs } of sequence) {
        now += passMs;
        const time = new Date(now);
        const before = breaker;
        const tried = { owner: who, startedAt: time, at: time };
        if (kind === 'admit') {
          const answer = admitted(breaker, who, time, 30_000, settings);
          breaker = answer.breaker;
          if (before.state === 'open') expect(answer.startAt).toBeNull();
          if (before.state === 'half-open' && before.trial && before.trial.expiresAt > time)
            expect(answer.startAt).toBeNull();
          if (answer.startAt !== null) {
            expect(answer.startAt.getTime()).toBeGreaterThanOrEqual(now);
            if (before.state === 'closed' && breaker !== before)
              expect(answer.startAt.getTime()).toBeGreaterThanOrEqual(lastStart);
            lastStart = answer.startAt.getTime();
          }
        }
        if (kind === 'fail') breaker = failed(breaker, tried, { reason: 'down', weight: 1 }, settings);
        if (kind === 'succeed') breaker = succeeded(breaker, tried, settings);
        if (kind === 'release') breaker = released(breaker, who);
        if (kind === 'lease') breaker = leased(breaker, who, time, 60_000);
        if (kind.startsWith('probe'))
          breaker = probed(
            breaker,
            { owner: who, failure: kind === 'probe-ok' ? null : 'down', at: time },
            settings,
          );
        // Only a probe by the holder of the lease lets anything in again.
        if (before.state === 'open' && breaker.state !== 'open') {
          expect(kind).toBe('probe-ok');
          expect(before.lease?.owner).toBe(who);
        }
        if (before.state === 'closed' && breaker.state !== 'closed') expect(kind).toBe('fail');
        if (breaker.state === 'closed') expect(breaker.failures).toBeLessThan(settings.failures);
        expect(breakerSchema.parse(JSON.parse(JSON.stringify(breaker)))).toEqual(breaker);
        if (breaker.state !== 'open')
          lastStart = breaker.state === 'closed' ? lastStart : Number.NEGATIVE_INFINITY;
      }
    }),
    { numRuns: 300 },
  );
});
