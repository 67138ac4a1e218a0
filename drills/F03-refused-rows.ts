import type { Client } from 'pg';
import { metric } from '../functions/contract/metrics.ts';
import type { Drill } from './drill.ts';
import { databaseSession } from './faults/database-session.ts';
import type { World } from './harness/world.ts';

export const drill: Drill = {
  id: 'F03',
  failure: 'the database refuses one row of a sweep, and a foreign session deadlocks with the store',
  mutation: {
    file: 'functions/adapters/postgres/errors.ts',
    find: "  if (dataClasses.has(code.slice(0, 2))) return 'find-bad-row';\n",
    replace: '',
    removes: 'the halving of a batch until the refused row stands alone',
    failsWith: /^alarm rows-quarantined goes to ALARM: expected/,
  },
  // A deadlock is found after a second: the store's time must be longer.
  stack: { timeScale: 0.02 },
  async run(world) {
    const { alarms, operator, passes, session, stack } = world;
    const dba = await databaseSession(stack);
    const count = async (text: string): Promise<number> =>
      Number((await dba.query<{ count: string }>(text)).rows[0]?.count);
    let refused = '';
    for await (const { kind, externalId } of session.simulator.truth('uzum', 0)) {
      if (kind === 'product') refused = externalId;
      if (refused !== '') break;
    }
    await world.inject(`a constraint is too narrow for product ${refused}`, () =>
      dba.query(`alter table product add constraint too_narrow check (external_id <> '${refused}')`),
    );
    const alarmed = alarms.fires('rows-quarantined');
    alarmed.catch(() => undefined);
    const { sweeps } = await passes.sweep().done;
    await alarmed;
    world.check(
      'quarantined',
      sweeps.map(({ books }) => books.quarantined),
      [1],
    );
    await dba.query('alter table product drop constraint too_narrow');
    await operator.does('npx narx quarantine replay --reason refused-by-database --stage $STAGE');
    await world.until(
      'the refused row is stored',
      async () => (await count(`select count(*) from product where external_id = '${refused}'`)) === 1,
    );

    await passes.newPrices();
    world.stopwatch.phase(
      'a foreign session locks what the store needs, and then wants what the store has locked',
    );
    await dba.query('begin');
    await dba.query("set local deadlock_timeout = '30s'");
    await dba.query('lock table sku in access exclusive mode');
    const refresh = passes.refresh();
    const watcher = await databaseSession(stack);
    await deadlock(world, dba, watcher);
    await watcher.end();
    await refresh.done;
    world.recovered();
    world.checkThat(
      'deadlocks that PostgreSQL found',
      (await count('select deadlocks as count from pg_stat_database where datname = current_database()')) > 0,
      'none',
    );
    await dba.end();
    await world.until(
      'the store has counted what it repeated',
      () => world.metric('store', metric.transactionRetries, { domain: 'ecommerce' }) > 0,
    );
  },
};

/** Waits until the store waits for the table, and then wants the rows that it has locked: one of the two has to give way. */
async function deadlock(world: World, foreign: Client, watcher: Client): Promise<void> {
  await world.until(
    'the store waits for it',
    async () => {
      // Within a transaction the view of the sessions does not change.
      const { rowCount } = await watcher.query(
        "select from pg_stat_activity where usename = 'narx_store' and wait_event_type = 'Lock'",
      );
      return rowCount;
    },
    { withinS: 60 },
  );
  await foreign.query('select from product_schedule order by product_id for update');
  await foreign.query('commit');
}
