import { beforeEach, expect, test } from 'vitest';
import type { Job } from '../../functions/contract/messages.ts';
import { dispatchGaps } from '../../functions/core/gaps.ts';
import { lookedIntoSpill, noClearance } from '../../functions/core/model/clearance.ts';
import type { Gap, ReferenceOutcome } from '../../functions/core/model/outcome.ts';
import { sweepIdOf } from '../../functions/core/model/sweep.ts';
import { dispatchWorld } from './dispatch-world.ts';

const HOUR = 3_600_000;
const slot = '2031-02-03T04:05:00.000Z';
const sweepId = sweepIdOf(slot, 'uzum', 'refresh');
const settings = {
  plan: { referencesPerJob: 1, window: 10, maxBacklogMessages: 50, sweep: null, sweepDeadlineHours: 24 },
  sweepKind: null,
  silenceMs: HOUR / 4,
  overtakenMs: 2 * HOUR,
  mostRepeats: 5,
  mayGoOn: () => true,
};

function world() {
  return { ...dispatchWorld(), snapshots: { waiting: 0, depth: async () => w.snapshots.waiting } };
}
let w: ReturnType<typeof world>;
let began: Date;
/** Job 1 has been sent, and the audit has not found it in the database. */
beforeEach(async () => {
  w = world();
  began = w.clock.now();
  const deadline = new Date(began.getTime() + 24 * HOUR);
  const sweep = { sweepId, marketplace: 'uzum', mode: 'refresh' as const, startedAt: began, deadline };
  await w.ledger.openSweep({ ...sweep, planned: true });
  await planned(1, 'missing');
});

async function planned(jobNumber: number, outcome: ReferenceOutcome | Gap): Promise<void> {
  const references: Job['references'] = [{ kind: 'product', externalId: String(jobNumber) }];
  const job: Job = { v: 1, marketplace: 'uzum', sweepId, jobNumber, slot, references };
  await w.ledger.planJobs([job], w.clock.now());
  for await (const entry of w.ledger.jobs({ sweepId }, jobNumber - 1))
    if (entry.jobNumber === jobNumber) await w.ledger.correct(entry, new Map([[0, outcome]]));
}
const spill = () => w.spill.put({ at: w.clock.now(), detail: 'throttled', messages: [] });
const run = (ports = {}) => dispatchGaps({ ...w, ...ports }, settings, 'uzum');
/** Looks for gaps every half hour. */
async function looks(hours: number): Promise<void> {
  for (let i = 0; i < 2 * hours; i += 1) {
    w.clock.pass(HOUR / 2);
    await run();
  }
}
const sent = () => w.jobs.sent.map(({ jobNumber }) => jobNumber);
const after = (hours: number) => new Date(began.getTime() + hours * HOUR);

test('while visits wait in the spill nothing is given up, and the audit is told of nothing', async () => {
  await spill();
  await looks(6);
  expect(sent()).toEqual([]);
  expect(w.clearances.value.before).toBeNull();
  w.spill.objects.clear();
  await run();
  expect(sent()).toEqual([1]);
  expect(w.clearances.value.before).toEqual(after(5.75));
});

test('nor when a job that was planned long after it has come through', async () => {
  await spill();
  w.snapshots.waiting = 500;
  await looks(6);
  await planned(2, 'stored');
  await looks(6);
  expect(sent()).toEqual([]);
  expect(w.clearances.value.before).toBeNull();
});

test('what has left the spill is overtaken by what was planned long after it left, however old its job is', async () => {
  await spill();
  w.snapshots.waiting = 500;
  await looks(4);
  w.spill.objects.clear();
  await planned(2, 'stored');
  await looks(1.5);
  await planned(3, 'stored');
  await run();
  expect(sent()).toEqual([]);
  await looks(0.5);
  await planned(4, 'stored');
  await run();
  expect(sent()).toEqual([1]);
  expect(w.clearances.value.before).toEqual(after(4));
});

test.each([
  ['at first', 0],
  ['after a pause', 1],
])('what came and went unseen counts as in the spill: %s', async (_, halfHours) => {
  w.snapshots.waiting = 500;
  await looks(halfHours / 2);
  w.clock.pass(3 * HOUR);
  await planned(2, 'stored');
  await run();
  expect(sent()).toEqual([]);
  await looks(2);
  await planned(3, 'stored');
  await run();
  expect(sent()).toEqual([1]);
});

test('a visit is seen wherever it is, and however it moves on between the looks', async () => {
  w.clock.pass(HOUR);
  // In the jobs queue, in the spill or in the snapshots queue, when each of the three is asked.
  const places = [0, 1, 2];
  for (const first of places)
    for (const second of places.slice(first))
      for (const third of places.slice(second)) {
        const moves = [first, second, third];
        const holds = (place: number): boolean => moves.shift() === place;
        const jobs = Object.assign(Object.create(w.jobs), { backlog: async () => (holds(0) ? 1 : 0) });
        const ports = {
          jobs,
          spill: { waits: async () => holds(1) },
          snapshots: { depth: async () => (holds(2) ? 1 : 0) },
        };
        await run(ports);
        expect([first, second, third, ...sent()]).toEqual([first, second, third]);
        expect(w.clearances.value.before).toBeNull();
      }
  await run();
  expect(sent()).toEqual([1]);
});

test('while the spill cannot be looked into, nothing is decided', async () => {
  w.clock.pass(HOUR);
  w.spill.fails = true;
  await expect(run()).rejects.toThrow('SlowDown');
  expect(sent()).toEqual([]);
  expect(w.clearances.value).toEqual(noClearance);
});

test('of two detectors the one that was held up takes nothing back', () => {
  const look = (waits: boolean, hours: number) => ({ waits, at: after(hours), everyMs: HOUR });
  const early = lookedIntoSpill(noClearance, look(false, 0));
  const late = lookedIntoSpill(early, look(true, 1));
  expect(lookedIntoSpill(late, look(true, 0.5))).toEqual(late);
  expect(lookedIntoSpill(late, look(false, 0.5))).toEqual(late);
});
