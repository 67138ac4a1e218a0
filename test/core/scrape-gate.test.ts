import { beforeEach, describe, expect, test } from 'vitest';
import { closedByOperator, openedByOperator, troubled } from '../../functions/core/gate/machine.ts';
import type { Gate } from '../../functions/core/model/gate.ts';
import { newGate } from '../../functions/core/model/gate.ts';
import { createScrape } from '../../functions/core/scrape.ts';
import {
  job,
  ok,
  page,
  plenty,
  recorded,
  type ScrapeWorld,
  scrape,
  scrapeWorld,
  settings,
  waits,
} from './scrape-world.ts';

const HOUR = 3_600_000;
const wall = page({ outcome: 'blocked', detail: 'HTTP 403' }, 403);
const ids = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => String(first + i));
const visited = (w: ScrapeWorld) => w.visits.sent.flatMap((message) => message.visits).length;
const refused = (w: ScrapeWorld) => w.metrics.counts['PagesBlocked'] ?? 0;

/** The marketplace refuses everything from its n-th request on. */
function blockAfter(w: ScrapeWorld, requests: number): void {
  w.fetcher.answer = (_id, _exit, number) => (number > requests ? wall : undefined);
}

let w: ScrapeWorld;
beforeEach(() => {
  w = scrapeWorld();
});

describe('a block', () => {
  test('closes the gate: what was in flight is all that is still asked, and every reference is parked and due when it opens', async () => {
    blockAfter(w, 20);
    const one = job(ids(1, 100));
    await scrape(w, one);
    expect(w.gates.value).toMatchObject({ state: 'cooling', closings: 1, reason: 'HTTP 403' });
    expect(w.gates.writes).toBe(1);
    expect(visited(w)).toBe(20);
    // Four connections, and one more request to be sure.
    expect(w.fetcher.asked.length).toBeLessThanOrEqual(20 + 4 + 1);
    const parked = waits(w);
    expect(parked.every(({ waitMs }) => waitMs <= 0)).toBe(true);
    expect(parked.flatMap((entry) => entry.ids)).toHaveLength(80);
    expect(new Set(parked.map(({ reason }) => reason))).toEqual(new Set(['blocked', 'gate-closed']));
    expect(Object.values(recorded(w, one)).filter((outcome) => outcome === 'parked')).toHaveLength(80);
  });

  test('is remembered with a page that was fine, and with the one that was refused', async () => {
    blockAfter(w, 3);
    await scrape(w, job(ids(1, 10)));
    expect(w.gates.value).toMatchObject({
      probes: [
        { kind: 'product', externalId: expect.stringMatching(/^[123]$/) },
        { kind: 'product', externalId: expect.stringMatching(/^[4-7]$/) },
      ],
    });
  });

  test('seen by several workers at once closes the gate once', async () => {
    blockAfter(w, 0);
    const other = w.anotherVisitor();
    await Promise.all([
      scrape(w, job(ids(1, 10), 1)),
      scrape(w, job(ids(11, 20), 2), plenty, { ...w, visitor: other }),
    ]);
    expect(w.gates.value).toMatchObject({ state: 'cooling', closings: 1 });
    expect(w.gates.writes).toBe(1);
  });

  test('stops its worker even when the table cannot be written', async () => {
    w.gates.fails = true;
    blockAfter(w, 20);
    await scrape(w, job(ids(1, 100)));
    expect(w.fetcher.asked.length).toBeLessThanOrEqual(25);
    expect(w.gates.value).toEqual(newGate());
    expect(w.log.lines.some(({ message }) => /could not be written/.test(message))).toBe(true);
  });
});

describe('a refused page among good ones', () => {
  test('is that page’s own: the gate stays open, and the page is looked at again later', async () => {
    w.fetcher.pages.set('30', wall);
    await scrape(w, job(ids(1, 100)));
    expect(w.gates.value).toEqual(newGate());
    expect(visited(w)).toBe(99);
    expect(waits(w)).toMatchObject([{ reason: 'blocked', ids: ['30'], waitMs: 900_000 }]);
    // One page was asked for twice, to be sure.
    expect(w.fetcher.asked).toHaveLength(101);
  });

  test('costs one more request for all that are in flight at the same time', async () => {
    for (const id of ['5', '6', '7', '8']) w.fetcher.pages.set(id, wall);
    await scrape(w, job(ids(1, 60)));
    expect(w.gates.value.state).toBe('open');
    expect(w.fetcher.asked).toHaveLength(61);
  });

  test('is a block after all when that happens again and again', async () => {
    w.fetcher.answer = (id) => {
      w.clock.pass(1);
      return Number(id) < 10 ? undefined : wall;
    };
    await scrape(w, job(ids(1, 60)));
    expect(w.gates.value.state).toBe('cooling');
    expect(refused(w)).toBeLessThan(30);
  });
});

describe('while the gate is closed', () => {
  const closed: Gate = troubled(
    newGate(),
    {
      trouble: 'blocked',
      exit: 'direct',
      reason: 'HTTP 403',
      probes: [{ kind: 'product', externalId: '1' }],
      askedAt: new Date('2031-02-03T04:00:00.000Z'),
      at: new Date('2031-02-03T04:00:00.000Z'),
    },
    ['direct'],
    { coolDownMs: HOUR, maxCoolDownMs: 24 * HOUR, retryMs: 60_000 },
  );

  test('a job is neither asked for nor failed: all of it waits for the gate, in its order', async () => {
    w.gates.value = closed;
    const one = job(ids(1, 9));
    await scrape(w, one);
    expect(w.fetcher.asked).toEqual([]);
    expect([...w.parked.entries.values()]).toMatchObject([
      { reason: 'gate-closed', dueAt: new Date('2031-02-03T04:00:00.000Z') },
    ]);
    expect(waits(w)[0]?.ids).toEqual(ids(1, 9));
    expect(Object.values(recorded(w, one))).toEqual(Array(9).fill('parked'));
    expect(w.metrics.counts).toEqual({ ReferencesParked: 9 });
    expect(w.paces.writes).toBe(0);
  });

  test('by an operator, references wait until it is opened', async () => {
    w.gates.value = closedByOperator(newGate(), 'inventory', w.clock.now());
    await scrape(w, job(ids(1, 3)));
    expect(w.fetcher.asked).toEqual([]);
    expect(waits(w)).toMatchObject([{ reason: 'gate-closed', waitMs: 0 }]);
  });

  test('a worker that has seen it open learns of it within seconds, in the middle of a job', async () => {
    const answer = w.fetcher.answer;
    w.fetcher.answer = (...asked) => {
      if (w.fetcher.asked.length === 10) w.gates.value = closedByOperator(newGate(), 'stop', w.clock.now());
      w.clock.pass(1_000);
      return answer(...asked);
    };
    await scrape(w, job(ids(1, 100)));
    expect(w.fetcher.asked.length).toBeGreaterThan(9);
    expect(w.fetcher.asked.length).toBeLessThan(30);
  });

  test('the last known gate holds when the table cannot be read', async () => {
    w.gates.value = closed;
    const run = createScrape(w, settings);
    const jobs = [job(ids(1, 2), 1), job(ids(3, 4), 2)];
    await w.ledger.planJobs(jobs, new Date(0));
    await run(jobs[0] ?? expect.fail(), plenty);
    w.gates.fails = true;
    w.clock.pass(10_000);
    await run(jobs[1] ?? expect.fail(), plenty);
    expect(w.fetcher.asked).toEqual([]);
  });

  test('a worker that never knew goes on when the table cannot be read', async () => {
    w.gates.fails = true;
    w.paces.fails = true;
    await scrape(w, job(ids(1, 2)));
    expect(visited(w)).toBe(2);
  });
});

describe('once the gate is open again', () => {
  test('jobs are done, and a reopening that holds is noted with the first success', async () => {
    const opened = w.clock.now();
    w.gates.value = {
      ...openedByOperator(newGate(), opened),
      since: opened,
      closings: 2,
      coolDownMs: 2 * HOUR,
    };
    await scrape(w, job(ids(1, 3), 1));
    expect(w.gates.value).toMatchObject({ closings: 2 });
    w.clock.pass(2 * HOUR);
    await scrape(w, job(ids(4, 6), 2));
    expect(w.gates.value).toMatchObject({ state: 'open', closings: 0 });
    expect(w.gates.writes).toBe(1);
    expect(visited(w)).toBe(6);
  });
});

describe('an outage', () => {
  test.each([
    ['timeout', { failure: 'timeout', detail: 'no answer' }],
    ['connection', { failure: 'connection', detail: 'ECONNREFUSED' }],
    ['server-error', page({ outcome: 'server-error', detail: 'HTTP 503' }, 503)],
  ] as const)('(%s) closes the gate after twenty failures in a row, for five minutes', async (_, failure) => {
    w.fetcher.answer = () => failure;
    await scrape(w, job(ids(1, 100)));
    expect(w.gates.value).toMatchObject({ state: 'cooling', trouble: 'unavailable', coolDownMs: HOUR / 12 });
    expect(w.fetcher.asked.length).toBeGreaterThanOrEqual(20);
    expect(w.fetcher.asked.length).toBeLessThanOrEqual(24);
  });

  test('is none while anything is answered', async () => {
    w.fetcher.answer = (id) => (Number(id) % 10 === 0 ? ok(id) : { failure: 'timeout', detail: '' });
    await scrape(w, job(ids(1, 100)));
    expect(w.gates.value).toEqual(newGate());
  });
});

describe('proxies', () => {
  const exits = ['a', 'b', 'c'];
  beforeEach(() => {
    w = scrapeWorld(exits);
  });

  test('are used in turn', async () => {
    const used: Record<string, number> = {};
    w.fetcher.answer = (_, exit) => {
      used[exit] = (used[exit] ?? 0) + 1;
      return undefined;
    };
    await scrape(w, job(ids(1, 30)));
    expect(used).toEqual({ a: 10, b: 10, c: 10 });
  });

  test('are benched for everybody when they are blocked, and their reference goes through the next one', async () => {
    w.fetcher.answer = (_, exit, number) => (exit === 'a' && number > 6 ? wall : undefined);
    await scrape(w, job(ids(1, 60)));
    expect(visited(w)).toBe(60);
    expect(w.parked.entries.size).toBe(0);
    expect(w.gates.value).toMatchObject({ state: 'open', benched: { a: { times: 1 } } });
    const before = w.fetcher.asked.length;
    const exitsUsed = new Set<string>();
    w.fetcher.answer = (_, exit) => void exitsUsed.add(exit);
    await scrape(w, job(ids(61, 90), 2), plenty, { ...w, visitor: w.anotherVisitor() });
    expect(w.fetcher.asked).toHaveLength(before + 30);
    expect([...exitsUsed].sort()).toEqual(['b', 'c']);
  });

  test('come back when their cool-down is over', async () => {
    w.fetcher.answer = (_, exit) => (exit === 'a' ? wall : undefined);
    await scrape(w, job(ids(1, 30)));
    w.clock.pass(HOUR);
    const exitsUsed = new Set<string>();
    w.fetcher.answer = (_, exit) => void exitsUsed.add(exit);
    await scrape(w, job(ids(31, 60), 2));
    expect([...exitsUsed].sort()).toEqual(['a', 'b', 'c']);
  });

  test('that are all benched close the gate', async () => {
    blockAfter(w, 12);
    await scrape(w, job(ids(1, 100)));
    expect(w.gates.value).toMatchObject({ state: 'cooling', closings: 1 });
    expect(visited(w)).toBe(12);
    expect(waits(w).flatMap((entry) => entry.ids)).toHaveLength(88);
    // For each exit what was in flight and one more to be sure.
    expect(w.fetcher.asked.length).toBeLessThanOrEqual(12 + 3 * 5);
  });
});
