import { setTimeout as sleep } from 'node:timers/promises';
import type { Drill } from './drill.ts';
import { databaseSession } from './faults/database-session.ts';

/** What a title costs a search without its index: the few hundred of this drill take as long as hundreds of thousands. */
const secondsPerTitle = 0.15;
/** Readers who search, each as soon as it has been refused; in turn, so that the alarm sees a search in each of its periods. */
const searchers = 4;
/** Between two look-ups: more of them would leave the searches below a hundredth of all requests, which the alarm does not look at. */
const lookUpEveryMs = 250;
/** The role's statement_timeout is five seconds; a busy machine notices late. */
const longestSeconds = 7;

export const drill: Drill = {
  id: 'F06',
  failure:
    'the index of the title search is gone, and each search would read the table for the better part of a minute',
  mutation: {
    file: 'db/shared/roles.sql',
    find: "alter role narx_api set statement_timeout = '5s';\n",
    replace: '',
    removes: 'the time limit of the statements of readers',
    failsWith: /^longest statement of a reader: /,
  },
  alarms: ['api-failing'],
  async run(world) {
    const { alarms, passes, stack } = world;
    const [api = ''] = Object.values(stack.httpApis);
    const dba = await databaseSession(stack);
    const ask = async (path: string) => {
      const start = performance.now();
      const response = await fetch(api + path);
      await response.arrayBuffer();
      return { status: response.status, ms: Math.round(performance.now() - start) };
    };
    await passes.sweep().done;
    world.check('status of a search with its index', (await ask('/products?q=a')).status, 200);
    const { rows: definitions } = await dba.query<{ index: string; words: string }>(
      `select pg_get_indexdef('product_search'::regclass) as index, pg_get_functiondef('product_words'::regproc) as words`,
    );
    await world.inject('the index is dropped, and the table made as slow as a large one', async () => {
      await dba.query('drop index product_search');
      await dba.query(
        `create or replace function product_words(p_title text) returns tsvector language plpgsql immutable as $$
         begin perform pg_sleep(${secondsPerTitle}); return to_tsvector('simple', p_title); end $$`,
      );
    });

    const searched = new Set<number>();
    let isOver = false;
    const searching = Array.from({ length: searchers }, async (_, turn) => {
      await sleep((turn * 5_000) / searchers);
      while (!isOver) searched.add((await ask('/products?q=a')).status);
    });
    let longest = 0;
    let slowestLookUp = 0;
    const refresh = passes.refresh();
    const look = async (): Promise<boolean> => {
      await sleep(lookUpEveryMs);
      const { rows } = await dba.query<{ seconds: number }>(
        `select coalesce(max(extract(epoch from clock_timestamp() - query_start)), 0)::float8 as seconds
         from pg_stat_activity where usename = 'narx_api' and state = 'active'`,
      );
      longest = Math.max(longest, rows[0]?.seconds ?? 0);
      const { status, ms } = await ask('/products?marketplace=uzum&limit=20');
      if (status === 200) slowestLookUp = Math.max(slowestLookUp, ms);
      return alarms.on('api-slow').length > 0 || longest > longestSeconds;
    };
    await world.until('readers are slow, or a statement runs for ever', look, {
      seen: () => [longest, [...searched]],
    });
    await refresh.done;
    world.checkThat(
      'longest statement of a reader',
      longest <= longestSeconds,
      `expected at most ${longestSeconds} s, saw ${longest.toFixed(1)} s`,
    );
    if (longest <= longestSeconds) await alarms.fires('api-slow');
    world.check('status of searches without their index', [...searched], [503]);
    world.checkThat('slowest look-up meanwhile', slowestLookUp < 2_000, `${slowestLookUp} ms`);

    isOver = true;
    await dba.query(definitions[0]?.words ?? '');
    await dba.query(definitions[0]?.index ?? '');
    await Promise.all(searching);
    world.check('status of a search when the index is back', (await ask('/products?q=a')).status, 200);
    world.recovered();
    await dba.end();
  },
};
