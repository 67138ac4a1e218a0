import { beforeEach, describe, expect, test } from 'vitest';
import type { Plan } from '../../functions/contract/env.ts';
import type { DispatchEvent } from '../../functions/contract/messages.ts';
import { type DispatchSummary, dispatch } from '../../functions/core/dispatch.ts';
import type { DispatchPorts } from '../../functions/core/dispatch-turn.ts';
import {
  ConfigurationError,
  RetryLater,
  StaleOwner,
  StopMarketplace,
} from '../../functions/core/model/errors.ts';
import { Death } from './death.ts';
import { type DispatchWorld, dispatchWorld, slots } from './dispatch-world.ts';
import { jobName, type MemoryJobsQueue } from './in-memory.ts';

const plan: Plan = {
  referencesPerJob: 10,
  window: 1_000,
  maxBacklogMessages: 200,
  sweep: { first: 1, last: 1_234, everyHours: 24, beyond: 0 },
  sweepDeadlineHours: 12,
};
let w: DispatchWorld;
beforeEach(() => {
  w = dispatchWorld();
});

function run(
  at: number,
  {
    ports = w,
    requestId = `request-${at}`,
    remainingMs = () => 120_000,
    plans = { uzum: plan },
    timeScale = 1,
  }: {
    ports?: DispatchPorts;
    requestId?: string;
    remainingMs?: () => number;
    plans?: Record<string, Plan>;
    timeScale?: number;
  } = {},
): Promise<DispatchSummary> {
  const event: DispatchEvent = { marketplace: 'uzum', mode: 'sweep', scheduledTime: slots[at] ?? '' };
  const settings = {
    plans,
    sweepKinds: { uzum: 'product' as const, shop: null },
    seeds: {},
    domains: { uzum: 'ecommerce' },
    timeScale,
  };
  return dispatch(ports, settings, event, { requestId, remainingMs });
}
const cursor = () => w.checkpoints.cursor('uzum', 'sweep');
const ids = () => w.jobs.sent.flatMap((job) => job.references.map(({ externalId }) => Number(externalId)));
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

describe('a sweep', () => {
  test('walks the whole range in windows, each id once, and says when its plan is complete', async () => {
    expect(await run(0)).toMatchObject({ outcome: 'dispatched', jobs: 100, references: 1_000 });
    expect(ids()).toEqual(range(1, 1_000));
    expect([...w.ledger.opened.values()]).toMatchObject([{ planned: false }]);
    expect(await run(1)).toMatchObject({ outcome: 'dispatched', jobs: 24, references: 234 });
    expect(ids()).toEqual(range(1, 1_234));
    expect([...w.ledger.opened.values()]).toEqual([
      {
        sweepId: `${slots[0]}.uzum.sweep`,
        marketplace: 'uzum',
        mode: 'sweep',
        startedAt: new Date(slots[0] ?? ''),
        deadline: new Date('2031-02-03T16:05:00.000Z'),
        planned: true,
      },
    ]);
    expect(w.metrics.counts).toEqual({ ReferencesDispatched: 1_234 });
  });

  test('writes every job to the ledger before the queue has it', async () => {
    const { ledger, jobs } = w;
    const send = jobs.send.bind(jobs);
    jobs.send = (marketplace, chunk) => {
      for (const job of chunk) expect(ledger.planned.has(jobName(job))).toBe(true);
      return send(marketplace, chunk);
    };
    await run(0);
    expect(ledger.planned.size).toBe(100);
  });

  test('is followed by another only after its interval, which the time scale shortens', async () => {
    await run(0);
    await run(1);
    expect(await run(2)).toMatchObject({ outcome: 'waiting', jobs: 0 });
    expect(cursor()).toMatchObject({ position: 1_234, slot: slots[2] });
    expect(await run(3, { timeScale: 0.01 })).toMatchObject({ outcome: 'dispatched', jobs: 100 });
    expect(cursor()).toMatchObject({ sweepId: `${slots[3]}.uzum.sweep`, position: 1_000 });
  });

  test('sends what the books have when a job size is changed between planning and sending', async () => {
    w.jobs.refuses = () => true;
    await expect(run(0)).rejects.toBeInstanceOf(RetryLater);
    w.jobs.refuses = () => false;
    const halved = { uzum: { ...plan, referencesPerJob: 5, window: 525 } };
    await run(0, { plans: halved, requestId: 'again' });
    await run(1, { plans: halved });
    await run(2, { plans: halved });
    await run(3, { plans: halved });
    for (const job of w.jobs.sent) expect(w.ledger.planned.get(jobName(job))?.job).toEqual(job);
    expect(new Set(ids())).toEqual(new Set(range(1, 1_234)));
  });

  test('keeps its job numbers apart when the job size is changed on the way', async () => {
    await run(0, { plans: { uzum: { ...plan, referencesPerJob: 5, window: 525 } } });
    await run(1, { plans: { uzum: { ...plan, referencesPerJob: 10 } } });
    expect(new Set(w.jobs.sent.map(jobName)).size).toBe(w.jobs.sent.length);
    expect(ids()).toEqual(range(1, 1_234));
  });
});

describe('a sweep that goes beyond its range', () => {
  const growing = {
    uzum: { ...plan, window: 2_000, sweep: { first: 1, last: 100, everyHours: 24, beyond: 30 } },
  };
  /** What became of every id that was sent and has no outcome yet. */
  const answer = async (found: (id: number) => boolean): Promise<void> => {
    for (const { job, outcomes } of w.ledger.planned.values())
      if (outcomes.size === 0)
        await w.ledger.recordOutcomes(
          job,
          new Map(job.references.map(({ externalId: id }, i) => [i, found(Number(id)) ? 'stored' : 'gone'])),
        );
  };
  const planned = () => [...w.ledger.opened.values()].map((sweep) => sweep.planned);

  test('goes on for as long as there are finds near its end, then says that its plan is complete', async () => {
    const exists = (id: number) => id <= 95 || (id >= 110 && id <= 140 && id % 10 === 0);
    await run(0, { plans: growing });
    expect(ids()).toEqual(range(1, 100));
    // Nobody knows yet what is at its end.
    expect(await run(1, { plans: growing })).toMatchObject({ outcome: 'waiting' });
    expect(planned()).toEqual([false]);
    await answer(exists);
    expect(await run(2, { plans: growing })).toMatchObject({ outcome: 'dispatched', references: 25 });
    expect(ids()).toEqual(range(1, 125));
    await answer(exists);
    await run(3, { plans: growing });
    expect(ids()).toEqual(range(1, 150));
    await answer(exists);
    await run(4, { plans: growing });
    expect(ids()).toEqual(range(1, 170));
    expect(planned()).toEqual([false]);
    await answer(exists);
    expect(await run(5, { plans: growing })).toMatchObject({ outcome: 'waiting' });
    expect(ids()).toEqual(range(1, 170));
    expect(planned()).toEqual([true]);
    expect([...w.ledger.opened.keys()]).toEqual([`${slots[0]}.uzum.sweep`]);
  });

  test('ends with its range when nothing is found there, whatever was found before', async () => {
    await run(0, { plans: growing });
    await answer((id) => id <= 70);
    expect(await run(1, { plans: growing })).toMatchObject({ outcome: 'waiting' });
    expect(ids()).toEqual(range(1, 100));
    expect(planned()).toEqual([true]);
  });

  test('sends what a run that died had planned beyond the range, and only planned', async () => {
    await run(0, { plans: growing });
    await answer((id) => id <= 95);
    w.jobs.refuses = () => true;
    await expect(run(1, { plans: growing })).rejects.toBeInstanceOf(RetryLater);
    expect(cursor()).toMatchObject({ position: 100 });
    w.jobs.refuses = () => false;
    await run(2, { plans: growing });
    expect(ids()).toEqual(range(1, 125));
  });

  test('makes way for the next one, which begins anew, when answers never come', async () => {
    await run(0, { plans: growing });
    await run(1, { plans: growing, timeScale: 0.003 });
    expect(ids()).toEqual([...range(1, 100), ...range(1, 100)]);
    expect(planned()).toEqual([true, false]);
  });
});

describe('the backlog', () => {
  test('that is full skips the slot and leaves the position', async () => {
    await run(0);
    w.jobs.waiting = 200;
    expect(await run(1)).toMatchObject({ outcome: 'backlog', jobs: 0 });
    expect(cursor()).toMatchObject({ position: 1_000, slot: slots[1] });
    expect(w.metrics.counts['DispatchSkippedBacklog']).toBe(1);
    w.jobs.waiting = 0;
    await run(2);
    expect(ids()).toEqual(range(1, 1_234));
  });

  test('leaves room for no more messages than it lacks', async () => {
    w.jobs.waiting = 193;
    expect(await run(0)).toMatchObject({ jobs: 7, references: 70 });
    expect(cursor()).toMatchObject({ position: 70 });
  });
});

describe('one slot', () => {
  test('delivered again collapses', async () => {
    await run(0);
    expect(await run(0, { requestId: 'other' })).toMatchObject({ outcome: 'collapsed' });
    expect(w.jobs.sent).toHaveLength(100);
    expect(w.metrics.counts['DispatchCollapsed']).toBe(1);
  });

  test('that a live run is at collapses; once its lease has run out another goes on', async () => {
    await w.checkpoints.acquire({ marketplace: 'uzum', mode: 'sweep' }, slots[0] ?? '', 'other', 1_000);
    expect(await run(0)).toMatchObject({ outcome: 'collapsed' });
    w.clock.pass(1_001);
    expect(await run(0)).toMatchObject({ outcome: 'dispatched' });
  });

  test('stops cleanly when time runs out, and is whole after the next run', async () => {
    let left = 120_000;
    const ports = { ...w, jobs: w.jobs, ledger: w.ledger };
    const planJobs = w.ledger.planJobs.bind(w.ledger);
    w.ledger.planJobs = async (jobs, at) => {
      left = 5_000;
      return await planJobs(jobs, at);
    };
    expect(await run(0, { ports, remainingMs: () => left })).toMatchObject({ jobs: 50 });
    expect(cursor()).toMatchObject({ position: 500, slot: null });
    expect(await run(0, { requestId: 'again' })).toMatchObject({ jobs: 74 });
    expect(ids()).toEqual(range(1, 1_234));
  });
});

describe('a queue that refuses', () => {
  test('moves the cursor only over what it took before the gap, and what came after it is sent again', async () => {
    w.jobs.refuses = ({ jobNumber }) => jobNumber === 531;
    await expect(run(0)).rejects.toBeInstanceOf(RetryLater);
    expect(cursor()).toMatchObject({ position: 530, slot: null });
    w.jobs.refuses = () => false;
    expect(await run(0, { requestId: 'again' })).toMatchObject({ outcome: 'dispatched' });
    expect(new Set(ids())).toEqual(new Set(range(1, 1_234)));
    expect(w.ledger.planned.size).toBe(124);
  });

  test('everything leaves the cursor where it was', async () => {
    w.jobs.refuses = () => true;
    await expect(run(0)).rejects.toBeInstanceOf(RetryLater);
    expect(cursor()).toMatchObject({ position: null, slot: null });
  });
});

describe('two dispatchers', () => {
  test('the one that was paused is refused, counted, and does nothing more', async () => {
    const paused = { ...w, jobs: Object.create(w.jobs) as MemoryJobsQueue };
    paused.jobs.send = async (marketplace, jobs) => {
      w.clock.pass(200_000);
      await run(1);
      return w.jobs.send(marketplace, jobs);
    };
    expect(await run(0, { ports: paused })).toMatchObject({ outcome: 'stale' });
    expect(w.metrics.counts['CheckpointConflict']).toBe(1);
    expect(cursor()).toMatchObject({ owner: 'request-1', position: 1_000 });
    expect(w.ledger.planned.size).toBe(100);
  });

  test('a conflict at the very first move stops before any effect', async () => {
    w.checkpoints.advance = async () => {
      throw new StaleOwner('stale');
    };
    expect(await run(0)).toMatchObject({ outcome: 'stale' });
    expect(w.jobs.sent).toEqual([]);
    expect(w.ledger.opened.size).toBe(0);
  });
});

test('an unreadable checkpoint stops the marketplace, counted, before anything is dispatched', async () => {
  w.checkpoints.acquire = async () => {
    throw new StopMarketplace('cannot be read');
  };
  await expect(run(0)).rejects.toBeInstanceOf(StopMarketplace);
  expect(w.metrics.counts).toEqual({ CheckpointInvalid: 1 });
  expect(w.jobs.sent).toEqual([]);
});

test.each([
  ['without a plan', {}],
  ['without a range', { uzum: { ...plan, sweep: null } }],
])('a marketplace %s is a fault of the configuration', async (_, plans) => {
  await expect(run(0, { plans })).rejects.toBeInstanceOf(ConfigurationError);
});

describe('a dispatcher that dies', () => {
  function state() {
    const distinct = new Map(w.jobs.sent.map((job) => [jobName(job), job]));
    for (const job of w.jobs.sent) expect(distinct.get(jobName(job))).toEqual(job);
    const { version, owner, leaseExpiresAt, previousPosition, updatedAt, ...settled } = cursor() ?? {};
    return {
      cursor: settled,
      sweeps: [...w.ledger.opened.values()],
      planned: [...w.ledger.planned].sort(),
      jobs: [...distinct.values()],
    };
  }
  test.each(['before', 'after'] as const)(
    'just %s any effect leaves what a repetition completes',
    async (when) => {
      await run(0);
      await run(1);
      const whole = state();
      for (let call = 1; ; call += 1) {
        w = dispatchWorld();
        const death = new Death(call, when);
        const { checkpoints, jobs, ledger } = w;
        const ports = {
          ...w,
          checkpoints: death.of(checkpoints),
          jobs: death.of(jobs),
          ledger: death.of(ledger),
        };
        const first = await Promise.race([run(0, { ports, requestId: 'repeated' }), death.happened]);
        // Lambda repeats an asynchronous invocation under the same request id.
        await run(0, { requestId: 'repeated' });
        await run(1);
        expect(state()).toEqual(whole);
        if (first !== 'dead') {
          expect(call).toBeGreaterThan(8);
          return;
        }
      }
    },
  );

  test('and is not repeated is continued by the next slot, in the same sweep', async () => {
    const death = new Death(7, 'after');
    const ports = {
      ...w,
      jobs: death.of(w.jobs),
      ledger: death.of(w.ledger),
      checkpoints: death.of(w.checkpoints),
    };
    expect(await Promise.race([run(0, { ports }), death.happened])).toBe('dead');
    w.clock.pass(300_000);
    await run(1);
    await run(2);
    expect([...w.ledger.opened.keys()]).toEqual([`${slots[0]}.uzum.sweep`]);
    expect(new Set(ids())).toEqual(new Set(range(1, 1_234)));
  });
});
