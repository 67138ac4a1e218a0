import { beforeEach, describe, expect, test } from 'vitest';
import type { Job } from '../../functions/contract/messages.ts';
import { dispatchGaps } from '../../functions/core/gaps.ts';
import { newGate } from '../../functions/core/model/gate.ts';
import type { Gap, ReferenceOutcome } from '../../functions/core/model/outcome.ts';
import { sweepIdOf } from '../../functions/core/model/sweep.ts';
import { Death } from './death.ts';
import { dispatchWorld } from './dispatch-world.ts';
import { jobName } from './in-memory.ts';

const HOUR = 3_600_000;
const slot = '2031-02-03T04:05:00.000Z';
const sweepId = sweepIdOf(slot, 'uzum', 'sweep');
const plan = {
  referencesPerJob: 10,
  window: 100,
  maxBacklogMessages: 50,
  sweep: { first: 1, last: 60, everyHours: 24, beyond: 0 },
  sweepDeadlineHours: 24,
};

function world() {
  return { ...dispatchWorld(), snapshots: { waiting: 0, depth: async () => w.snapshots.waiting } };
}
let w: ReturnType<typeof world>;
beforeEach(async () => {
  w = world();
  const startedAt = new Date(slot);
  const deadline = new Date(startedAt.getTime() + 24 * HOUR);
  await w.ledger.openSweep({
    sweepId,
    marketplace: 'uzum',
    mode: 'sweep',
    startedAt,
    deadline,
    planned: true,
  });
  w.clearances.value = { before: null, spill: { lookedAt: w.clock.now(), until: new Date(0) } };
});

function job(first: number, kind: 'product' | 'listing' = 'product', length = 10): Job {
  const references = Array.from({ length }, (_, i) => ({ kind, externalId: String(first + i) }));
  return { v: 1, marketplace: 'uzum', sweepId, jobNumber: first, slot, references };
}
/** Jobs 1, 11, 21 … with one outcome for all of their references; null: none. */
async function planned(...outcomes: (ReferenceOutcome | Gap | null)[]): Promise<void> {
  const jobs = outcomes.map((_, i) => job(1 + i * 10));
  await w.ledger.planJobs(jobs, w.clock.now());
  for (const [i, outcome] of outcomes.entries()) if (outcome) await found(1 + i * 10, outcome);
}
async function found(jobNumber: number, outcome: ReferenceOutcome | Gap, indexes = [...Array(10).keys()]) {
  for await (const entry of w.ledger.jobs({ sweepId }, jobNumber - 1)) {
    if (entry.jobNumber !== jobNumber) continue;
    await w.ledger.correct(entry, new Map(indexes.map((index) => [index, outcome])));
  }
}
async function cursorAt(position: number, of = sweepId): Promise<void> {
  const lease = await w.checkpoints.acquire({ marketplace: 'uzum', mode: 'sweep' }, slot, 'someone', 1);
  if (!('cursor' in lease)) throw new Error('not acquired');
  const next = { sweepId: of, sweepStartedAt: new Date(slot), position, slot, releaseLease: true };
  await w.checkpoints.advance(lease.cursor, next);
}
const settings = {
  plan,
  sweepKind: 'product' as const,
  silenceMs: HOUR,
  overtakenMs: 2 * HOUR,
  mostRepeats: 2,
  mayGoOn: () => true,
};
const run = (ports = {}, more = {}) => dispatchGaps({ ...w, ...ports }, { ...settings, ...more }, 'uzum');
const sent = () => w.jobs.sent.map(({ jobNumber, only }) => [jobNumber, only?.length ?? 'whole']);

describe('a job that the database knows nothing of', () => {
  beforeEach(async () => {
    await planned('stored', 'missing', null);
    w.clock.pass(HOUR);
  });

  test('is dispatched again as it was when both queues are empty', async () => {
    expect(await run()).toEqual({ outcome: 'dispatched', jobs: 1, references: 10 });
    expect(w.jobs.sent).toEqual([{ ...job(11), only: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] }]);
    expect(w.metrics.counts).toEqual({ GapsRedispatched: 10 });
    expect(await run()).toMatchObject({ outcome: 'nothing-missing' });
  });

  test.each([
    ['jobs are waiting', () => Object.assign(w.jobs, { waiting: 1 })],
    ['visits are waiting, as in an outage of the database', () => Object.assign(w.snapshots, { waiting: 1 })],
  ])('may still be under way while %s', async (_, waiting) => {
    waiting();
    expect(await run()).toMatchObject({ outcome: 'nothing-missing' });
    expect(w.metrics.counts).toEqual({});
  });

  test('has been overtaken when one that was planned long after it came through both queues', async () => {
    w.snapshots.waiting = 500;
    await run();
    w.clock.pass(HOUR);
    await w.ledger.planJobs([job(31)], w.clock.now());
    await found(31, 'quarantined');
    await run();
    expect(sent()).toEqual([]);
    await found(31, 'gone', [4]);
    await run();
    expect(sent()).toEqual([[11, 10]]);
  });

  test('is not overtaken by what scrape settles itself, nor by what was planned shortly after it', async () => {
    w.snapshots.waiting = 500;
    await w.ledger.planJobs([job(31)], w.clock.now());
    await found(31, 'stored');
    w.clock.pass(3 * HOUR);
    await w.ledger.planJobs([job(41, 'listing')], w.clock.now());
    await found(41, 'unchanged');
    await run();
    expect(sent()).toEqual([]);
  });

  test('waits while the marketplace’s gate is closed, but the audit is told that no queue holds it', async () => {
    w.gates.value = { ...newGate(), state: 'closed', reason: 'an operator' };
    expect(await run()).toMatchObject({ outcome: 'gate-closed' });
    expect(w.clearances.value).toMatchObject({ before: new Date(w.clock.time.getTime() - HOUR) });
  });

  test('is known to be in no queue, for the audit: before the silence when they are empty, else as far as was overtaken', async () => {
    const began = w.clock.now();
    w.snapshots.waiting = 500;
    await w.ledger.planJobs([job(31)], began);
    await found(31, 'stored');
    await run();
    // Job 1 came through, and was planned at the same time as what is missing.
    expect(w.clearances.value).toMatchObject({ before: new Date(began.getTime() - 2 * HOUR) });
    w.snapshots.waiting = 0;
    await run();
    const cleared = { before: new Date(began.getTime() - HOUR) };
    expect(w.clearances.value).toMatchObject(cleared);
    w.jobs.waiting = 1;
    await run();
    expect(w.clearances.value).toMatchObject(cleared);
  });

  test('that was sent only just now is left alone', async () => {
    await w.ledger.planJobs([job(11)], w.clock.now());
    await run();
    expect(sent()).toEqual([]);
  });

  test('again and again is given up, and counted', async () => {
    for (let i = 0; i < 3; i += 1) {
      await run();
      await found(11, 'missing');
      w.clock.pass(HOUR);
    }
    expect(w.jobs.sent).toHaveLength(2);
    expect(w.metrics.counts).toEqual({ GapsRedispatched: 20, GapsGivenUp: 10 });
  });

  test('is sent once by two detectors at once', async () => {
    await Promise.all([run(), run()]);
    expect(sent()).toEqual([[11, 10]]);
  });

  test('that the queue refuses is found once more', async () => {
    w.jobs.refuses = () => true;
    await run();
    w.jobs.refuses = () => false;
    await found(11, 'missing');
    w.clock.pass(HOUR);
    await run();
    expect(sent()).toEqual([[11, 10]]);
  });

  test.each(['before', 'after'] as const)(
    'is not lost when the detector dies just %s any effect',
    async (when) => {
      for (let call = 1; ; call += 1) {
        w = world();
        await w.ledger.openSweep({
          sweepId,
          marketplace: 'uzum',
          mode: 'sweep',
          startedAt: new Date(slot),
          deadline: new Date('2031-02-04T00:00:00.000Z'),
          planned: true,
        });
        await planned('stored', 'missing', null);
        w.clock.pass(HOUR);
        const death = new Death(call, when);
        const ledger = death.of(w.ledger);
        // Reading is no effect.
        const ports = {
          jobs: death.of(w.jobs),
          ledger: Object.assign(Object.create(ledger), { jobs: w.ledger.jobs.bind(w.ledger) }),
        };
        const first = await Promise.race([run(ports), death.happened]);
        await found(
          11,
          'missing',
          (w.ledger.planned.get(jobName(job(11)))?.outcomes.size ?? 0) > 0 ? [] : undefined,
        );
        w.clock.pass(HOUR);
        await run();
        expect(new Set(w.jobs.sent.map(({ jobNumber }) => jobNumber))).toEqual(new Set([11]));
        if (first !== 'dead') return expect(call).toBeGreaterThan(3);
      }
    },
  );
});

test('what the books called done and the database lacks is dispatched again at once, and only that', async () => {
  await planned('stored', 'stored');
  await found(1, 'lost', [3, 7]);
  w.snapshots.waiting = 500;
  w.clock.pass(1);
  await run();
  expect(w.jobs.sent).toEqual([{ ...job(1), only: [3, 7] }]);
});

test('gaps take no more room than the backlog leaves', async () => {
  await planned('lost', 'lost', 'lost', 'lost');
  w.jobs.waiting = 48;
  await run();
  expect(sent()).toEqual([
    [1, 10],
    [11, 10],
  ]);
});

describe('a cursor that jumped', () => {
  test('forward leaves holes, which are planned and dispatched as they would have been', async () => {
    await w.ledger.planJobs([job(11), job(41, 'product', 5)], w.clock.now());
    await cursorAt(60);
    expect(await run()).toMatchObject({ jobs: 5, references: 45 });
    expect(w.jobs.sent.map(({ jobNumber, references }) => [jobNumber, references.length])).toEqual([
      [1, 10],
      [21, 10],
      [31, 10],
      [46, 10],
      [56, 5],
    ]);
    expect(w.metrics.counts).toEqual({ CheckpointInvalid: 1, GapsRedispatched: 45 });
    expect(await w.ledger.books(sweepId)).toMatchObject({ dispatched: 60, inFlight: 60 });
    w.jobs.sent.length = 0;
    expect(await run()).toMatchObject({ outcome: 'nothing-missing' });
  });

  test('beyond the range leaves holes up to its end, and the sweep is planned once they are filled', async () => {
    const opened = w.ledger.opened.get(sweepId);
    if (opened) w.ledger.opened.set(sweepId, { ...opened, planned: false });
    await cursorAt(1_000);
    expect(await run()).toMatchObject({ references: 60 });
    await run();
    expect(w.ledger.opened.get(sweepId)?.planned).toBe(true);
  });

  test('is not suspected while a dispatcher plans ahead of it', async () => {
    await w.ledger.planJobs([job(1), job(31)], w.clock.now());
    await cursorAt(10);
    await run();
    expect(sent()).toEqual([]);
  });

  test('in a sweep that it has left: only what lies between its jobs is a hole', async () => {
    await w.ledger.planJobs([job(11), job(31)], w.clock.now());
    await cursorAt(10, sweepIdOf('2031-02-03T04:10:00.000Z', 'uzum', 'sweep'));
    await run();
    expect(w.jobs.sent.map(({ jobNumber }) => jobNumber)).toEqual([21]);
  });
});
