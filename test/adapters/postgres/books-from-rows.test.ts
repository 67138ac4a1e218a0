import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { PostgresStoredReferences } from '../../../functions/adapters/postgres/stored-references.ts';
import type { VisitsMessage } from '../../../functions/contract/messages.ts';
import { dispatchGaps } from '../../../functions/core/gaps.ts';
import { newRound } from '../../../functions/core/model/round.ts';
import { sweepIdOf } from '../../../functions/core/model/sweep.ts';
import { reconcile } from '../../../functions/core/reconcile.ts';
import { storeVisits } from '../../../functions/core/store.ts';
import type { TestPostgres } from '../../../local/postgres/for-tests.ts';
import { dispatchWorld } from '../../core/dispatch-world.ts';
import { MemoryShared } from '../../core/in-memory.ts';
import { databaseFor, startRetailPostgres } from './retail-database.ts';
import { storeUnderTest } from './store-under-test.ts';
import { message, offer, ok, snapshot } from './visits.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startRetailPostgres();
});
afterAll(async () => await server.stop());

const minute = 60_000;
const silenceMs = 15 * minute;
const at = (time: string) => new Date(`2026-09-14T${time}Z`);

/** Refreshes of one product, their visits waiting in the snapshots queue; the database and what reads it are real. */
async function pipeline() {
  const address = await server.createDatabase();
  const [storing, auditing] = [databaseFor(address, 'narx_store'), databaseFor(address, 'narx_audit')];
  const { store } = storeUnderTest(storing);
  const world = dispatchWorld();
  const queue = new Map<string, VisitsMessage>();
  const stored = new PostgresStoredReferences(auditing);
  const rounds = new MemoryShared(newRound);
  return {
    world,
    queue,
    /** Dispatched and fetched at once; the visit waits. Returns the sweep. */
    async refresh(time: string, price: string): Promise<string> {
      world.clock.time = at(time);
      const slot = world.clock.now().toISOString();
      const sweepId = sweepIdOf(slot, 'uzum', 'refresh');
      const deadline = at('23:00:00.000');
      await world.ledger.openSweep({
        sweepId,
        marketplace: 'uzum',
        mode: 'refresh',
        startedAt: at(time),
        deadline,
        planned: true,
      });
      const references = [{ kind: 'product' as const, externalId: '1' }];
      await world.ledger.planJobs(
        [{ v: 1, marketplace: 'uzum', sweepId, jobNumber: 0, slot, references }],
        at(time),
      );
      const visit = ok(0, snapshot('1', slot, [offer('11', price)]));
      queue.set(sweepId, message([visit], { sweepId, jobNumber: 0 }));
      return sweepId;
    },
    async arrive(sweepId: string, { told = true } = {}): Promise<void> {
      const waiting = queue.get(sweepId);
      if (!waiting) throw new Error(`${sweepId} is not waiting`);
      const silent = Object.assign(Object.create(world.ledger), {
        recordOutcomes: () => Promise.reject(new Error('Throttled')),
      });
      await storeVisits([waiting], { ...world, store, ledger: told ? world.ledger : silent });
      queue.delete(sweepId);
    },
    audit: () => reconcile({ ...world, stored, rounds }, { most: 1_000, silenceMs, skewMs: minute }, 'uzum'),
    async lookForGaps() {
      const plan = {
        referencesPerJob: 10,
        window: 10,
        maxBacklogMessages: 10,
        sweep: null,
        sweepDeadlineHours: 12,
      };
      const settings = {
        plan,
        sweepKind: null,
        silenceMs,
        overtakenMs: 120 * minute,
        mostRepeats: 5,
        mayGoOn: () => true,
      };
      await dispatchGaps({ ...world, snapshots: { depth: async () => queue.size } }, settings, 'uzum');
    },
    async pricePoints(): Promise<string[]> {
      const rows = await auditing.rows<[string]>(
        'select price::text from price_point order by first_observed_at',
        [],
      );
      return rows.map(([price]) => Number(price).toFixed(0));
    },
    books: (sweepId: string) => world.ledger.books(sweepId),
    close: () => Promise.all([storing.close(), auditing.close()]),
  };
}
let p: Awaited<ReturnType<typeof pipeline>>;
beforeEach(async () => {
  p = await pipeline();
  return async () => void (await p.close());
});

test('a visit of just before a job was planned is none of its own: while its own waits for the database, its books stay open', async () => {
  const before = await p.refresh('10:00:59.500', '5');
  await p.arrive(before);
  const waiting = await p.refresh('10:01:00.000', '6');
  p.world.clock.time = at('10:20:00.000');
  await p.audit();
  await p.lookForGaps();
  await p.audit();
  expect(await p.books(waiting)).toMatchObject({ stored: 0, inFlight: 1 });
  expect(p.world.jobs.sent).toEqual([]);
  await p.arrive(waiting);
  expect(await p.books(waiting)).toMatchObject({ stored: 1, inFlight: 0 });
  expect(await p.pricePoints()).toEqual(['5', '6']);
});

test('a later visit that overtook a job’s own does not close its books either, however long the queue takes', async () => {
  const first = await p.refresh('10:00:00.000', '5');
  const second = await p.refresh('11:00:00.000', '6');
  await p.arrive(second);
  for (const time of ['11:20:00.000', '11:40:00.000']) {
    p.world.clock.time = at(time);
    await p.lookForGaps();
    await p.audit();
  }
  expect(await p.books(first)).toMatchObject({ stored: 0, inFlight: 1 });
  await p.arrive(first);
  expect(await p.books(first)).toMatchObject({ stored: 1, inFlight: 0 });
  expect(await p.pricePoints()).toEqual(['5', '6']);
  expect(p.world.jobs.sent).toEqual([]);
});

test('what was stored without the books being told is closed, without a second fetch, once no queue holds anything', async () => {
  const untold = await p.refresh('10:00:00.000', '5');
  const other = await p.refresh('10:10:00.000', '5');
  await p.arrive(untold, { told: false });
  p.world.clock.time = at('10:20:00.000');
  await p.lookForGaps();
  await p.audit();
  expect(await p.books(untold)).toMatchObject({ stored: 0, inFlight: 1 });
  await p.arrive(other);
  p.world.clock.time = at('10:26:00.000');
  await p.lookForGaps();
  expect(await p.audit()).toMatchObject({ closed: 1 });
  expect(await p.books(untold)).toMatchObject({ stored: 1, inFlight: 0 });
  expect(p.world.jobs.sent).toEqual([]);
});
