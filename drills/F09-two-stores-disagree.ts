import { Client } from 'pg';
import { metric } from '../functions/contract/metrics.ts';
import { superuser } from '../local/postgres/server.ts';
import type { Drill } from './drill.ts';
import type { World } from './harness/world.ts';

/** Things that the database forgets although the books call them done. */
const forgotten = 30;

export const drill: Drill = {
  id: 'F09',
  failure: 'the database lacks rows that the books call done, and has rows that the books know nothing of',
  mutation: {
    file: 'functions/core/reconcile.ts',
    find: "return kind === 'listing' || seen || (kind === 'lot' && known) ? null : 'lost';",
    replace: 'return null;',
    removes: 'the look into the database for what the books call done',
    failsWith: /^lost: /,
  },
  // Only what the database has lost; what the books alone had lost is not.
  expect: { fetchedTwice: forgotten },
  // Audit and gaps look every few minutes: half an hour passes until all is mended, which takes 9 s.
  stack: { stage: 'drillhours', timeScale: 0.005 },
  async run(world) {
    const sweep = await world.passes.sweep().done;
    const sweepId = sweep.sweeps[0]?.sweep.sweepId ?? '';
    const before = await products(world);
    await world.inject('rows are deleted, and a job loses its outcomes', async () => {
      await forgetRows(world);
      // A job whose rows are all there still: its outcomes are gone, as when the ledger could not be told.
      await world.coordination.edit(`SWEEP#${sweepId}`, 'JOB#00000381', ({ outcomes: _, ...job }) => job);
    });
    await world.alarms.fires('books-unbalanced');
    await world.until('the rows are back', async () => (await products(world)) === before, { withinS: 60 });
    await world.until(
      'the books balance',
      async () => (await world.session.ledger.books(sweepId)).inFlight === 0,
      { withinS: 60 },
    );
    world.recovered();
    const counted = (name: 'referencesLost' | 'booksClosedFromDatabase') =>
      world.metric('audit', metric[name], { marketplace: 'uzum' });
    world.check('found lost by the audit', counted('referencesLost'), forgotten);
    // An audit says what it has counted when it is through, a moment after the books show it.
    await world.until('closed without a second fetch', () => counted('booksClosedFromDatabase') > 0);
    await world.alarms.clears('books-unbalanced');
    await world.passes.newPrices();
    await world.passes.refresh().done;
  },
};

async function products(world: World): Promise<number> {
  const [row] = await query(world, "select count(*)::int as count from product where kind = 'p'");
  return Number(row?.['count']);
}

async function forgetRows(world: World): Promise<void> {
  const victims = `select id from product where kind = 'p' and external_id::int <= 380 order by id limit ${forgotten}`;
  const skus = `select id from sku where product_id in (${victims})`;
  await query(
    world,
    `begin;
     delete from price_drop where sku_id in (${skus});
     delete from price_point where sku_id in (${skus});
     delete from product_schedule where product_id in (${victims});
     create temporary table victim as ${victims};
     delete from sku where product_id in (select id from victim);
     delete from product where id in (select id from victim);
     commit`,
  );
}

async function query(world: World, text: string): Promise<Record<string, unknown>[]> {
  const address = world.stack.endpoints.postgres['ecommerce'];
  const client = new Client({ ...address, user: superuser });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}
