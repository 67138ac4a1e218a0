import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { loadConfig } from '../lib/config/load.ts';
import type { ConfigInput } from '../lib/config/schema.ts';
import { config } from '../narx.config.ts';
import type { Drill } from './drill.ts';
import { databaseSession } from './faults/database-session.ts';

/** PostgreSQL's word for "no connection left". */
const TOO_MANY_CONNECTIONS = '53300';
/** The functions' sessions, which are not the analysts'. */
const ours = `usename like 'narx\\_%' and usename <> 'narx_reader'`;

export const drill: Drill = {
  id: 'F04',
  failure:
    'a slow database meets a whole sweep; then analysts’ sessions take every connection, and the functions lose theirs',
  mutation: {
    file: 'lib/constructs/storage-domain.ts',
    find: '      maxConcurrency: settings.storeConcurrency,\n',
    replace: '      maxConcurrency: settings.storeConcurrency * 20,\n',
    removes: 'the bound on how many stores run at once',
    failsWith: /^connections of the store: /,
  },
  alarms: ['store-failing'],
  async run(world) {
    const { alarms, passes, session, stack } = world;
    const stores = session.settings.storageDomains['ecommerce']?.storeConcurrency ?? 0;
    world.checkThat('740 stores at once are refused at synthesis', ...refused(740));
    await alarms.areOk(['database-connections', 'breaker-open', 'store-failing']);
    const dba = await databaseSession(stack);
    world.postgres().delay(200);
    const sweep = passes.sweep();
    let most = 0;
    await world.until('scraping is ahead of the slow database', async () => {
      const { rows } = await dba.query(
        `select count(*)::int as n from pg_stat_activity where usename = 'narx_store'`,
      );
      most = Math.max(most, rows[0].n);
      return sweep.books().stored > 60 && world.queue('ecommerce-snapshots').visible > 0;
    });
    world.check('connections of the store', most, stores);

    const held: Client[] = [];
    await world.inject('analysts take every connection; the functions lose theirs', async () => {
      for (let left = 1; left > 0; ) {
        held.push(...(await everyConnection(stack.endpoints.postgres['ecommerce'])));
        await dba.query(`select pg_terminate_backend(pid) from pg_stat_activity where ${ours}`);
        await sleep(50);
        const { rows } = await dba.query(`select count(*)::int as n from pg_stat_activity where ${ours}`);
        left = rows[0].n;
      }
      held.push(...(await everyConnection(stack.endpoints.postgres['ecommerce'])));
    });
    world.postgres().restore();
    const stored = sweep.books().stored;
    await alarms.fires('breaker-open');
    await alarms.fires('database-connections');
    world.checkThat(
      'work that waits for a connection',
      stored < sweep.books().dispatched,
      `${stored} stored`,
    );

    world.stopwatch.phase('the analysts leave');
    await Promise.all(held.map((client) => client.end()));
    await dba.end();
    await sweep.done;
    world.recovered();
    await passes.newPrices();
    await passes.refresh().done;
  },
};

/** What synthesis says to so many stores at once; and whether it names how many connections there are. */
function refused(storeConcurrency: number): [boolean, string] {
  const { ecommerce, ...others } = config.storageDomains;
  const crowded = { ...config, storageDomains: { ...others, ecommerce: { ...ecommerce, storeConcurrency } } };
  try {
    loadConfig(crowded as ConfigInput, 'prod');
    return [false, 'it was not refused'];
  } catch (error) {
    return [/need 7\d\d connections, more than the 320 /.test(String(error)), String(error)];
  }
}

/** Sessions of somebody who may only read, as many as the server grants. */
async function everyConnection(address: { host: string; port: number } | undefined): Promise<Client[]> {
  const held: Client[] = [];
  for (;;) {
    const client = new Client({ ...address, user: 'narx_reader' });
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch (error) {
      if ((error as { code?: string }).code === TOO_MANY_CONNECTIONS) return held;
      throw error;
    }
    held.push(client);
  }
}
