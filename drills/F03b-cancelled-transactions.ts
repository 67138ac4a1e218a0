import type { Drill } from './drill.ts';
import { databaseSession } from './faults/database-session.ts';

export const drill: Drill = {
  id: 'F03b',
  failure: 'statements are cancelled in the middle of their transactions, which are then aborted',
  mutation: {
    file: 'functions/adapters/postgres/database.ts',
    find: "      await send(client, 'rollback', []);\n",
    replace: '',
    removes: 'the rollback: the connection stays in the aborted transaction',
    // The books call dead what failed for the last time; the queue moves it when it would be delivered once more.
    failsWith: /^(lost|dead-lettered): /,
  },
  async run(world) {
    const { alarms, passes, stack } = world;
    const dba = await databaseSession(stack);
    // Within a transaction the view of the sessions does not change.
    const watcher = await databaseSession(stack);
    await world.inject('a lock on a table, whose waiters are cancelled', async () => {
      await dba.query('begin');
      await dba.query('lock table sku in share mode');
    });
    const sweep = passes.sweep();
    let cancelled = 0;
    await world.until(
      'the store has been failing',
      async () => {
        const { rowCount } = await watcher.query(
          `select pg_cancel_backend(pid) from pg_stat_activity
          where usename = 'narx_store' and wait_event_type = 'Lock'`,
        );
        cancelled += rowCount ?? 0;
        return alarms.on('store-failing').length > 0;
      },
      { withinS: 90 },
    );
    await alarms.fires('store-failing');
    await dba.query('commit');
    await Promise.all([dba.end(), watcher.end()]);
    world.checkThat('statements cancelled', cancelled >= 2, `${cancelled}`);
    await sweep.done;
    world.recovered();
    world.check('breakers opened by it', alarms.on('breaker-open'), []);
    await passes.newPrices();
    await passes.refresh().done;
  },
};
