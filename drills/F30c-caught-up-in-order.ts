import { Client } from 'pg';
import { metric } from '../functions/contract/metrics.ts';
import { superuser } from '../local/postgres/server.ts';
import type { Drill } from './drill.ts';
import type { World } from './harness/world.ts';

/** What one slot may dispatch in the stage: forty jobs of four references. A standard queue promises no order within that. */
const oneDispatch = 160;
/** What may overtake: two workers hold sixteen references each, and one that is slow holds them while the other goes on. */
const underWay = oneDispatch / 2;

export const drill: Drill = {
  id: 'F30c',
  failure:
    'the marketplace refuses everything in the middle of a refresh, and what was due meanwhile is caught up',
  mutation: {
    file: 'functions/adapters/postgres/due-references.ts',
    find: 'order by c.next_due, c.product_id`;',
    replace: 'order by c.next_due desc`;',
    removes: 'the order in which what is due is handed out',
    failsWith: /^order of what had not been dispatched: /,
  },
  stack: { stage: 'drillqueue' },
  async run(world) {
    const { alarms, passes } = world;
    const skipped = () => world.metric('dispatch', metric.dispatchSkippedGate, { marketplace: 'uzum' });
    await passes.sweep().done;
    await passes.newPrices();
    const due = await spreadDueTimes(world);
    await world.inject('403 for everything from request 20 on', () =>
      world.knobs('uzum', { block: { kind: '403', afterRequests: 20 } }),
    );
    const refresh = passes.refresh();
    await alarms.fires('gate-closed');
    await passes.refresh().done;
    world.checkThat('what is due stays due while the gate is closed', skipped() > 0, `${skipped()} slots`);
    const served = await fetchedOf(world);
    await world.knobs('uzum', { block: null });
    await alarms.clears('gate-closed', { withinS: 90 });
    await refresh.done;
    // Until a slot hands out again what the ones before it did.
    for (let known = 0; (await fetchedOf(world)).length > known; ) {
      known = (await fetchedOf(world)).length;
      await passes.refresh().done;
    }
    world.recovered();

    const fetched = await fetchedOf(world);
    const place = new Map(due.filter((id) => fetched.includes(id)).map((id, index) => [id, index]));
    const caughtUp = fetched.slice(served.length).map((id) => place.get(id) ?? 0);
    world.checkThat('everything due was visited', caughtUp.length > due.length / 2, `${caughtUp.length} ids`);
    const furthest = overtaken(caughtUp);
    world.checkThat(
      'order of the catch-up',
      furthest <= oneDispatch,
      `nothing was overtaken by what was due more than ${oneDispatch} places later; saw ${furthest}`,
    );
    // What had waited in the database all the while: no part of it had been in the queue before.
    const waited = overtaken(caughtUp.filter((index) => index >= oneDispatch));
    world.checkThat(
      'order of what had not been dispatched',
      waited <= underWay,
      `nothing was overtaken by what was due more than ${underWay} places later; saw ${waited}`,
    );
  },
};

/** How far behind what was fetched already the latest comer stood in the order of due times. */
function overtaken(places: readonly number[]): number {
  let [last, furthest] = [0, 0];
  for (const place of places) {
    last = Math.max(last, place);
    furthest = Math.max(furthest, last - place);
  }
  return furthest;
}

/** Ids whose new prices were shown, in the order in which they were first: the simulator's lines are in this order. */
async function fetchedOf({ session }: World): Promise<string[]> {
  const ids: string[] = [];
  for await (const { epoch, externalId } of session.simulator.visits('uzum'))
    if (epoch === 1) ids.push(externalId);
  return ids;
}

/** As after months: each product is due at a time of its own, in no order of ids. Returns the ids in the order of these times. */
async function spreadDueTimes({ stack }: World): Promise<string[]> {
  const client = new Client({ ...stack.endpoints.postgres['ecommerce'], user: superuser });
  await client.connect();
  try {
    await client.query(
      `update product_schedule s set next_due = c.v + (('x' || left(md5(p.external_id), 6))::bit(24)::int) * 1e-9
       from schedule_clock c, product p where p.id = s.product_id and c.marketplace_id = s.marketplace_id`,
    );
    const { rows } = await client.query<{ external_id: string }>(
      `select p.external_id from product p join product_schedule s on s.product_id = p.id order by s.next_due`,
    );
    return rows.map(({ external_id }) => external_id);
  } finally {
    await client.end();
  }
}
