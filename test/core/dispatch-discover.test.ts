import { beforeEach, describe, expect, test } from 'vitest';
import type { Plan } from '../../functions/contract/env.ts';
import { type DispatchSummary, dispatch } from '../../functions/core/dispatch.ts';
import type { DispatchPorts } from '../../functions/core/dispatch-turn.ts';
import { ConfigurationError, RetryLater } from '../../functions/core/model/errors.ts';
import { Death } from './death.ts';
import { type DispatchWorld, dispatchWorld, slots } from './dispatch-world.ts';
import { jobName } from './in-memory.ts';

const plan: Plan = {
  referencesPerJob: 2,
  window: 1_000,
  maxBacklogMessages: 200,
  sweep: null,
  sweepDeadlineHours: 12,
};
const listing = (externalId: string) => ({ kind: 'listing', externalId }) as const;
const seeds = ['a', 'b', 'c', 'd', 'e'].map(listing);
let w: DispatchWorld;
beforeEach(() => {
  w = dispatchWorld();
});

function run(
  at: number,
  {
    ports = w,
    marketplace = 'olx',
    with: overrides = {},
  }: { ports?: DispatchPorts; marketplace?: string; with?: Partial<Plan> } = {},
): Promise<DispatchSummary> {
  const plans = { [marketplace]: { ...plan, ...overrides } };
  const settings = {
    plans,
    sweepKinds: {},
    seeds: { olx: seeds, shop: [] },
    domains: { uzum: 'ecommerce' },
    timeScale: 1,
  };
  const event = { marketplace, mode: 'discover' as const, scheduledTime: slots[at] ?? '' };
  return dispatch(ports, settings, event, { requestId: `request-${at}`, remainingMs: () => 120_000 });
}
const sent = () => w.jobs.sent.map(({ sweepId, jobNumber, references }) => [sweepId, jobNumber, references]);
const sweepId = `${slots[0]}.olx.discover`;
const all = [
  [sweepId, 0, seeds.slice(0, 2)],
  [sweepId, 2, seeds.slice(2, 4)],
  [sweepId, 4, seeds.slice(4)],
];

describe('discovery', () => {
  test('dispatches every seed once, as a sweep with books of its own', async () => {
    expect(await run(0)).toMatchObject({ outcome: 'dispatched', jobs: 3, references: 5 });
    expect(sent()).toEqual(all);
    expect([...w.ledger.opened.values()]).toMatchObject([
      { sweepId, mode: 'discover', planned: true, deadline: new Date('2031-02-03T16:05:00.000Z') },
    ]);
    expect(w.metrics.counts).toEqual({ ReferencesDispatched: 5 });
  });

  test('begins again with the next slot, and only then', async () => {
    await run(0);
    expect(await run(0)).toMatchObject({ outcome: 'collapsed' });
    expect(await run(1)).toMatchObject({ outcome: 'dispatched', references: 5 });
    expect(w.ledger.opened.size).toBe(2);
  });

  test('begins with the listings that the plan names instead', async () => {
    await run(0, { with: { seeds: ['x'] } });
    expect(sent()).toEqual([[sweepId, 0, [listing('x')]]]);
  });

  test('of a marketplace without listings is a fault of the configuration, and names the settings', async () => {
    const failed = run(0, { marketplace: 'shop' });
    await expect(failed).rejects.toThrow(ConfigurationError);
    await expect(failed).rejects.toThrow(/plan\.seeds.*schedules\.discover/);
    expect(w.jobs.sent).toEqual([]);
  });

  test('adds nothing to a backlog', async () => {
    w.jobs.waiting = 200;
    expect(await run(0)).toMatchObject({ outcome: 'backlog' });
    expect(w.jobs.sent).toEqual([]);
  });

  test('sends what did not fit into the queue in the next slot, under the same sweep', async () => {
    w.jobs.waiting = 198;
    expect(await run(0)).toMatchObject({ jobs: 2 });
    expect([...w.ledger.opened.values()]).toMatchObject([{ planned: false }]);
    w.jobs.waiting = 0;
    expect(await run(1)).toMatchObject({ jobs: 1 });
    expect(sent()).toEqual(all);
    expect([...w.ledger.opened.values()]).toMatchObject([{ planned: true }]);
  });

  test('resumes behind what the queue accepted when it refused a job', async () => {
    w.jobs.refuses = ({ jobNumber }) => jobNumber === 2;
    await expect(run(0)).rejects.toThrow(RetryLater);
    w.jobs.refuses = () => false;
    await run(0);
    // The last job was accepted beyond the refused one and is sent again under the same number.
    expect(new Set(sent().map(([, number]) => number))).toEqual(new Set([0, 2, 4]));
    expect(w.ledger.planned.size).toBe(3);
    expect([...w.ledger.opened.values()]).toMatchObject([{ planned: true }]);
  });
});

describe('a run of discovery that dies', () => {
  test.each(['before', 'after'] as const)(
    'just %s any of its effects, loses no seed, and leaves no sweep unplanned and no job unaccounted for',
    async (when) => {
      for (let call = 1; ; call += 1) {
        w = dispatchWorld();
        const death = new Death(call, when);
        const ports = {
          ...w,
          checkpoints: death.of(w.checkpoints),
          jobs: death.of(w.jobs),
          ledger: death.of(w.ledger),
        };
        const first = await Promise.race([run(0, { ports }), death.happened]);
        w.clock.pass(300_000);
        await run(1);
        expect(new Set(w.jobs.sent.flatMap(({ references }) => references))).toEqual(new Set(seeds));
        expect([...w.ledger.opened.values()].every(({ planned }) => planned)).toBe(true);
        expect(new Set(w.jobs.sent.map(jobName))).toEqual(new Set(w.ledger.planned.keys()));
        if (first !== 'dead') {
          expect(call).toBeGreaterThan(8);
          return;
        }
      }
    },
  );
});
