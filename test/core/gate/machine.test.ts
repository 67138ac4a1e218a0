import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ProbeResult } from '../../../functions/contract/messages.ts';
import {
  closedByOperator,
  coolDown,
  leased,
  openedByOperator,
  probed,
  probeReference,
  succeeded,
  troubled,
} from '../../../functions/core/gate/machine.ts';
import { type Gate, gateSchema, newGate } from '../../../functions/core/model/gate.ts';

const HOUR = 3_600_000;
const settings = { coolDownMs: HOUR, maxCoolDownMs: 24 * HOUR, retryMs: 60_000 };
const start = Date.parse('2031-02-03T04:00:00Z');
const time = (ms: number) => new Date(start + ms);
const page = { kind: 'product' as const, externalId: '20' };
const fine = { kind: 'product' as const, externalId: '19' };
const blocked = (ms: number, askedMs = ms, exit = 'direct') => ({
  trouble: 'blocked' as const,
  exit,
  reason: 'HTTP 403',
  probes: [fine, page],
  askedAt: time(askedMs),
  at: time(ms),
});
const close = (gate: Gate, ms: number) => troubled(gate, blocked(ms), ['direct'], settings);
const probe = (gate: Gate, ms: number, result: ProbeResult, owner = 'me') =>
  probed(leased(gate, owner, time(ms), 1_000), owner, result, time(ms), settings);
const ok = { outcome: 'ok', exit: 'direct' } as const;
const refused = { outcome: 'blocked', exit: 'direct', detail: 'HTTP 403' } as const;

describe('a block', () => {
  test('closes the gate for an hour, once for however many workers report it', () => {
    const closed = close(newGate(), 0);
    expect(closed).toMatchObject({ state: 'cooling', closings: 1, until: time(HOUR), reason: 'HTTP 403' });
    expect(close(closed, 5)).toBe(closed);
  });

  test('that answers a request from before the gate was opened again is old news', () => {
    const open = probe(close(newGate(), 0), HOUR, ok);
    expect(troubled(open, blocked(HOUR + 10, HOUR - 10), ['direct'], settings)).toBe(open);
  });

  test('does not touch a gate that an operator closed', () => {
    const closed = closedByOperator(newGate(), 'inventory', time(0));
    expect(close(closed, 10)).toBe(closed);
  });

  test('of one exit among several benches that one; the gate closes with the last', () => {
    const exits = ['a', 'b'];
    const first = troubled(newGate(), blocked(0, 0, 'a'), exits, settings);
    expect(first).toMatchObject({ state: 'open', benched: { a: { until: time(HOUR), times: 1 } } });
    expect(troubled(first, blocked(5, 5, 'a'), exits, settings)).toBe(first);
    const second = troubled(first, blocked(10, 10, 'b'), exits, settings);
    expect(second).toMatchObject({ state: 'cooling', closings: 1 });
    // When the first one is free again before the second is refused, the gate stays open.
    const later = troubled(first, blocked(HOUR, HOUR, 'b'), exits, settings);
    expect(later).toMatchObject({ state: 'open' });
  });

  test('soon after a bench benches for twice as long; long after, as the first time', () => {
    const exits = ['a', 'b'];
    const first = troubled(newGate(), blocked(0, 0, 'a'), exits, settings);
    const again = troubled(first, blocked(HOUR + 1, HOUR + 1, 'a'), exits, settings);
    expect(again.benched['a']).toEqual({ until: time(3 * HOUR + 1), times: 2 });
    const forgotten = troubled(first, blocked(2 * HOUR, 2 * HOUR, 'a'), exits, settings);
    expect(forgotten.benched['a']).toEqual({ until: time(3 * HOUR), times: 1 });
  });
});

describe('cool-downs', () => {
  test('double from an hour to a day, and those of an outage from five minutes to an hour', () => {
    const hours = [1, 2, 3, 4, 5, 6, 7].map((times) => coolDown('blocked', times, settings) / HOUR);
    expect(hours).toEqual([1, 2, 4, 8, 16, 24, 24]);
    const minutes = [1, 2, 3, 4, 5, 6].map((times) => coolDown('unavailable', times, settings) / 60_000);
    expect(minutes).toEqual([5, 10, 20, 40, 60, 60]);
    expect(coolDown('blocked', 10_000, settings)).toBe(24 * HOUR);
  });

  test('double when the probe is refused, and when the gate closes again before the reopening has held', () => {
    const second = probe(close(newGate(), 0), HOUR, refused);
    expect(second).toMatchObject({ state: 'cooling', closings: 2, until: time(3 * HOUR) });
    const open = probe(second, 3 * HOUR, ok);
    expect(open).toMatchObject({ state: 'open', closings: 2, benched: {} });
    expect(close(open, 4 * HOUR)).toMatchObject({ closings: 3, until: time(8 * HOUR) });
  });

  test('begin anew after a success in a gate that has been open for as long as it was closed', () => {
    const open = probe(close(newGate(), 0), HOUR, ok);
    expect(succeeded(open, time(2 * HOUR - 1))).toBe(open);
    const held = succeeded(open, time(2 * HOUR));
    expect(held).toMatchObject({ state: 'open', closings: 0 });
    expect(succeeded(held, time(9 * HOUR))).toBe(held);
    expect(close(held, 3 * HOUR)).toMatchObject({ closings: 1, until: time(4 * HOUR) });
  });
});

describe('a probe', () => {
  const cooling = close(newGate(), 0);

  test('may be made once the cool-down is over, by one gatekeeper at a time', () => {
    expect(leased(cooling, 'me', time(HOUR - 1), 1_000)).toBe(cooling);
    const mine = leased(cooling, 'me', time(HOUR), 1_000);
    expect(mine).toMatchObject({ lease: { owner: 'me' } });
    expect(leased(mine, 'you', time(HOUR + 999), 1_000)).toBe(mine);
    // The same invocation, repeated by Lambda, is not the same probe.
    expect(leased(mine, 'me', time(HOUR + 999), 1_000)).toBe(mine);
    expect(leased(mine, 'you', time(HOUR + 1_000), 1_000)).toMatchObject({ lease: { owner: 'you' } });
  });

  test('counts only for the one who holds the lease', () => {
    const yours = leased(leased(cooling, 'me', time(HOUR), 1_000), 'you', time(HOUR + 2_000), 1_000);
    expect(probed(yours, 'me', ok, time(HOUR + 2_100), settings)).toBe(yours);
  });

  test('that tells nothing is repeated soon, or when the server said, without a longer cool-down', () => {
    const failed = { outcome: 'failed', detail: 'timeout', retryAfterMs: null } as const;
    expect(probe(cooling, HOUR, failed)).toMatchObject({
      state: 'cooling',
      closings: 1,
      until: time(HOUR + 60_000),
      lease: null,
    });
    const later = probe(cooling, HOUR, { ...failed, retryAfterMs: 600_000 });
    expect(later).toMatchObject({ closings: 1, until: time(HOUR + 600_000) });
  });

  test('asks for what was fine first, for the refused page the next time', () => {
    if (cooling.state !== 'cooling') expect.fail('not cooling');
    expect(probeReference(cooling)).toEqual(fine);
    const second = probe(cooling, HOUR, refused);
    if (second.state !== 'cooling') expect.fail('not cooling');
    expect(probeReference(second)).toEqual(page);
  });
});

describe('an operator', () => {
  test('closes any gate until an operator opens it, with a clean sheet', () => {
    const closed = closedByOperator(close(newGate(), 0), 'they asked us to stop', time(10));
    expect(leased(closed, 'me', time(99 * HOUR), 1_000)).toBe(closed);
    expect(closedByOperator(closed, 'they asked us to stop', time(20))).toBe(closed);
    const open = openedByOperator(closed, time(30));
    expect(open).toEqual({ state: 'open', since: time(30), closings: 0, coolDownMs: 0, benched: {} });
    expect(openedByOperator(open, time(40))).toBe(open);
  });
});

/** Anything that may happen to a gate, `afterMs` after what happened before. */
const happening = fc.record({
  afterMs: fc.integer({ min: 0, max: 30 * HOUR }),
  what: fc.constantFrom('blocked', 'unavailable', 'success', 'ok', 'refused', 'failed', 'close', 'open'),
  exit: fc.constantFrom('a', 'b', 'c'),
});
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

function happen(gate: Gate, { what, exit }: Happening, ms: number): Gate {
  const at = time(ms);
  switch (what) {
    case 'blocked':
    case 'unavailable':
      return troubled(gate, { ...blocked(ms, ms, exit), trouble: what }, ['a', 'b', 'c'], settings);
    case 'success':
      return succeeded(gate, at);
    case 'ok':
      return probe(gate, ms, { outcome: 'ok', exit });
    case 'refused':
      return probe(gate, ms, { outcome: 'blocked', exit, detail: 'HTTP 403' });
    case 'failed':
      return probe(gate, ms, { outcome: 'failed', detail: 'timeout', retryAfterMs: null });
    case 'close':
      return closedByOperator(gate, 'because', at);
    default:
      return openedByOperator(gate, at);
  }
}

describe('whatever happens', () => {
  const life = fc.array(happening, { maxLength: 40 });
  function lives(check: (before: Gate, after: Gate, happening: Happening, ms: number) => void): void {
    fc.assert(
      fc.property(life, (happenings) => {
        let gate = newGate();
        let ms = 0;
        for (const one of happenings) {
          ms += one.afterMs;
          const next = happen(gate, one, ms);
          check(gate, next, one, ms);
          gate = next;
        }
      }),
    );
  }

  test('a cool-down is never shorter than its first, never longer than a day, and ends in the future', () => {
    lives((before, after, { what }, ms) => {
      if (after.state !== 'cooling' || after === before) return;
      if (what === 'failed') return;
      const waits = after.until.getTime() - time(ms).getTime();
      expect(waits).toBeGreaterThanOrEqual(HOUR / 12);
      expect(waits).toBeLessThanOrEqual(24 * HOUR);
    });
  });

  test('only a probe that went well, or an operator, opens a closed gate', () => {
    lives((before, after, { what }) => {
      if (before.state === 'open' || after.state !== 'open') return;
      expect(before.state === 'cooling' ? ['ok', 'open'] : ['open']).toContain(what);
    });
  });

  test('nobody probes before the cool-down is over', () => {
    lives((before, after, { what }, ms) => {
      if (!['ok', 'refused', 'failed'].includes(what) || before.state !== 'cooling') return;
      if (time(ms) < before.until) expect(after).toBe(before);
    });
  });

  test('closings grow by one at a time and only fall to none', () => {
    lives((before, after) => {
      expect([0, before.closings, before.closings + 1]).toContain(after.closings);
    });
  });

  test('the state survives being written down', () => {
    lives((_, after) => {
      expect(gateSchema.parse(JSON.parse(JSON.stringify(after)))).toEqual(after);
    });
  });
});
