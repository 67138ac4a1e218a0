import { beforeEach, describe, expect, test } from 'vitest';
import type { Plan } from '../../functions/contract/env.ts';
import { type DispatchSummary, dispatch } from '../../functions/core/dispatch.ts';
import { outbox } from '../../functions/core/dispatch-refresh.ts';
import type { DispatchPorts } from '../../functions/core/dispatch-turn.ts';
import { newBreaker } from '../../functions/core/model/breaker.ts';
import { RetryLater } from '../../functions/core/model/errors.ts';
import type { Reference } from '../../functions/core/model/reference.ts';
import { Death } from './death.ts';
import { type DispatchWorld, dispatchWorld, slots } from './dispatch-world.ts';
import { jobName } from './in-memory.ts';

const plan: Plan = {
  referencesPerJob: 10,
  window: 300,
  maxBacklogMessages: 100,
  sweep: null,
  sweepDeadlineHours: 6,
};
let w: DispatchWorld;
beforeEach(() => {
  w = dispatchWorld();
});

function run(
  at: number,
  ports: DispatchPorts = w,
  requestId = `request-${at}`,
  remainingMs = () => 120_000,
  referencesPerJob = plan.referencesPerJob,
): Promise<DispatchSummary> {
  const event = { marketplace: 'uzum', mode: 'refresh' as const, scheduledTime: slots[at] ?? '' };
  const plans = { uzum: { ...plan, referencesPerJob } };
  const settings = {
    plans,
    sweepKinds: { uzum: 'product' as const },
    seeds: {},
    domains: { uzum: 'ecommerce' },
    timeScale: 1,
  };
  return dispatch(ports, settings, event, { requestId, remainingMs });
}
function products(first: number, count: number): Reference[] {
  return Array.from({ length: count }, (_, i) => ({ kind: 'product', externalId: String(first + i) }));
}
async function park(references: Reference[], minutesAgo: number, jobNumber = 1): Promise<void> {
  const dueAt = new Date(w.clock.now().getTime() - minutesAgo * 60_000);
  await w.parked.park({
    marketplace: 'uzum',
    job: { sweepId: 'old', jobNumber },
    references,
    dueAt,
    reason: 'throttled',
  });
}
const sentIds = () =>
  w.jobs.sent.flatMap((job) => job.references.map(({ externalId }) => Number(externalId)));
const idsOf = (references: Reference[]) => references.map(({ externalId }) => Number(externalId));

describe('a refresh', () => {
  test('of nothing opens no sweep', async () => {
    expect(await run(0)).toMatchObject({ outcome: 'nothing-due', jobs: 0 });
    expect(w.ledger.opened.size).toBe(0);
    expect(w.checkpoints.cursor('uzum', 'refresh')).toMatchObject({ slot: slots[0], sweepId: null });
  });

  test('does not ask what is due while the breaker of the domain is not closed, and sends what is parked', async () => {
    const since = w.clock.now();
    w.breakers.value = { state: 'open', since, openings: 1, reason: 'down', probeAt: since, lease: null };
    w.due.references.push(...products(1, 10));
    await park(products(100, 10), 1);
    expect(await run(0)).toMatchObject({ outcome: 'dispatched', references: 10 });
    expect(await run(1)).toMatchObject({ outcome: 'due-unavailable', references: 0 });
    expect(w.metrics.counts['DispatchSkippedDue']).toBe(2);
    w.breakers.value = newBreaker();
    expect(await run(2)).toMatchObject({ outcome: 'dispatched', references: 10 });
    expect(sentIds()).toEqual([...idsOf(products(100, 10)), ...idsOf(products(1, 10))]);
  });

  test('is done with its slot when nobody can say what is due, and leaves no sweep half planned', async () => {
    w.due.references.push(...products(1, 10));
    const claim = w.due.claim.bind(w.due);
    w.due.claim = async () => {
      throw new RetryLater('narx-due failed: the database cannot serve now');
    };
    await park(products(100, 10), 1);
    expect(await run(0)).toMatchObject({ outcome: 'dispatched', references: 10 });
    expect([...w.ledger.opened.values()].map(({ planned }) => planned)).toEqual([true]);
    expect(await run(1)).toMatchObject({ outcome: 'due-unavailable' });
    expect(await run(1)).toMatchObject({ outcome: 'collapsed' });
    w.due.claim = claim;
    expect(await run(2)).toMatchObject({ references: 10 });
  });

  test('sends parked references, oldest first, and then those that are due, in one sweep of its slot', async () => {
    await park(products(100, 5), 1, 2);
    await park(products(200, 5), 9, 3);
    w.due.references.push(...products(1, 25));
    expect(await run(0)).toMatchObject({ outcome: 'dispatched', jobs: 4, references: 35 });
    expect(sentIds()).toEqual([200, 201, 202, 203, 204, 100, 101, 102, 103, 104, ...idsOf(products(1, 25))]);
    expect(w.jobs.sent.map(jobName)).toEqual([0, 1, 2, 3].map((n) => `${slots[0]}.uzum.refresh#${n}`));
    expect([...w.ledger.opened.values()]).toMatchObject([{ mode: 'refresh', planned: true }]);
    expect(w.parked.entries.size).toBe(0);
  });

  test('leaves parked references alone whose time has not come', async () => {
    await park(products(1, 3), -1);
    expect(await run(0)).toMatchObject({ outcome: 'nothing-due' });
    expect(w.parked.entries.size).toBe(1);
  });

  test('claims only what the window and the queue have room for after the parked ones', async () => {
    await park(products(1_000, 20), 1);
    w.due.references.push(...products(1, 900));
    w.jobs.waiting = 75;
    expect(await run(0)).toMatchObject({ jobs: 25, references: 250 });
    w.jobs.waiting = 0;
    expect(await run(1)).toMatchObject({ jobs: 30, references: 300 });
  });

  test('sends a reference that was parked twice once', async () => {
    await park(products(1, 3), 2, 1);
    await park(products(2, 3), 1, 2);
    await run(0);
    expect(sentIds()).toEqual([1, 2, 3, 4]);
  });

  test('sends a reference once that is parked and due as well', async () => {
    await park(products(1, 3), 1);
    w.due.references.push(...products(3, 3));
    expect(await run(0)).toMatchObject({ references: 5 });
    expect(sentIds()).toEqual([1, 2, 3, 4, 5]);
  });

  test('gives the same slot no job number twice', async () => {
    await park(products(1, 3), 1);
    w.due.claim = async () => {
      throw new Error('TooManyRequestsException');
    };
    await expect(run(0)).rejects.toThrow('TooManyRequestsException');
    w.due.claim = async () => products(50, 3);
    await run(0);
    expect(w.jobs.sent.map(({ jobNumber }) => jobNumber)).toEqual([0, 1]);
  });
});

describe('what the queue refuses', () => {
  test('stays in the outbox and goes first in the next slot, under its own number', async () => {
    w.due.references.push(...products(1, 30));
    w.jobs.refuses = ({ jobNumber }) => jobNumber > 0;
    await expect(run(0)).rejects.toBeInstanceOf(RetryLater);
    expect([...w.parked.entries.values()].map(({ reason }) => reason)).toEqual([outbox, outbox]);
    w.jobs.refuses = () => false;
    w.due.references.push(...products(500, 1));
    expect(await run(1)).toMatchObject({ outcome: 'dispatched', jobs: 3, references: 21 });
    expect(w.jobs.sent.map(jobName)).toEqual([
      `${slots[0]}.uzum.refresh#0`,
      `${slots[0]}.uzum.refresh#1`,
      `${slots[0]}.uzum.refresh#2`,
      `${slots[1]}.uzum.refresh#0`,
    ]);
    expect([...w.ledger.opened.values()].map(({ planned }) => planned)).toEqual([true, true]);
  });
});

test('what a run that died had parked for the queue is sent once, though it was still parked for its first reason too', async () => {
  await park(products(1, 3), 1);
  const { parked } = w;
  // Reads, parks the job, and is about to remove what it replaces.
  const death = new Death(3, 'before');
  expect(await Promise.race([run(0, { ...w, parked: death.of(parked) }), death.happened])).toBe('dead');
  expect([...parked.entries.values()].map(({ reason }) => reason).sort()).toEqual([outbox, 'throttled']);
  w.clock.pass(300_000);
  await run(1);
  expect(sentIds()).toEqual([1, 2, 3]);
  expect(parked.entries.size).toBe(0);
});

test('a refresh that runs out of time leaves the rest to the next run of the slot', async () => {
  w.due.references.push(...products(1, 300));
  let left = 120_000;
  const { parked } = w;
  const remove = parked.remove.bind(parked);
  parked.remove = async (marketplace, ids) => {
    if (ids.length > 0) left = 1_000;
    await remove(marketplace, ids);
  };
  expect(await run(0, w, 'first', () => left, 3)).toMatchObject({ jobs: 50 });
  expect(await run(0, w, 'second')).toMatchObject({ outcome: 'dispatched', jobs: 50 });
  expect(sentIds()).toEqual(idsOf(products(1, 300)));
});

describe('a dispatcher that dies', () => {
  test.each(['before', 'after'] as const)(
    'just %s any effect loses no reference and leaves no gap in the books',
    async (when) => {
      for (let call = 1; ; call += 1) {
        w = dispatchWorld();
        await park(products(1_000, 7), 3, 1);
        await park(products(1_007, 6), 2, 2);
        w.due.references.push(...products(1, 25));
        const death = new Death(call, when);
        const { checkpoints, jobs, ledger, parked, due } = w;
        const ports = {
          ...w,
          checkpoints: death.of(checkpoints),
          jobs: death.of(jobs),
          ledger: death.of(ledger),
          parked: death.of(parked),
          due: death.of(due),
        };
        const first = await Promise.race([run(0, ports, 'repeated'), death.happened]);
        await run(0, w, 'repeated');
        // What was claimed by the dead run and got nowhere is due again after its interval.
        due.intervalPasses();
        w.clock.pass(300_000);
        await run(1);

        expect(new Set(sentIds())).toEqual(new Set(idsOf([...products(1_000, 13), ...products(1, 25)])));
        expect(parked.entries.size).toBe(0);
        expect(new Set(ledger.planned.keys())).toEqual(new Set(jobs.sent.map(jobName)));
        const distinct = new Map(jobs.sent.map((job) => [jobName(job), job]));
        for (const job of jobs.sent) expect(distinct.get(jobName(job))).toEqual(job);
        for (const sweep of ledger.opened.values()) expect(sweep.planned).toBe(true);
        expect(w.checkpoints.cursor('uzum', 'refresh')).toMatchObject({ slot: slots[1], sweepId: null });
        if (first !== 'dead') {
          expect(call).toBeGreaterThan(20);
          return;
        }
      }
    },
  );

  test.each(['before', 'after'] as const)(
    'just %s any effect and is not repeated is made good by the next slot',
    async (when) => {
      for (let call = 1; ; call += 1) {
        w = dispatchWorld();
        await park(products(1_000, 7), 3, 1);
        w.due.references.push(...products(1, 15));
        const death = new Death(call, when);
        const { checkpoints, jobs, ledger, parked, due } = w;
        const ports = {
          ...w,
          checkpoints: death.of(checkpoints),
          jobs: death.of(jobs),
          ledger: death.of(ledger),
          parked: death.of(parked),
          due: death.of(due),
        };
        const first = await Promise.race([run(0, ports), death.happened]);
        due.intervalPasses();
        w.clock.pass(300_000);
        await run(1);
        expect(new Set(sentIds())).toEqual(new Set(idsOf([...products(1_000, 7), ...products(1, 15)])));
        expect(new Set(ledger.planned.keys())).toEqual(new Set(jobs.sent.map(jobName)));
        for (const sweep of ledger.opened.values()) expect(sweep.planned).toBe(true);
        if (first !== 'dead') return;
      }
    },
  );
});
