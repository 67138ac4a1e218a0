import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { AlarmId } from '../lib/alarms/catalogue.ts';
import type { Drill } from './drill.ts';
import { databaseSession } from './faults/database-session.ts';

const slow: readonly AlarmId[] = ['proxy-borrow-latency', 'api-slow', 'duration-near-limit'];
const crowded: readonly AlarmId[] = ['database-connections', 'proxy-pinning'];

export const drill: Drill = {
  id: 'F04b',
  failure:
    'the database answers late, foreign sessions take its connections, and then its writes take seconds',
  mutation: {
    file: 'functions/adapters/vitals.ts',
    find: '    slowestStatementMs = Math.max(slowestStatementMs ?? 0, performance.now() - began);\n',
    replace: '    slowestStatementMs = Math.min(1, performance.now() - began);\n',
    removes: 'the time that statements take',
    failsWith: /^alarm slow-queries goes to ALARM/,
  },
  alarms: [...slow, ...crowded],
  // A statement of five seconds must fit into the store’s time.
  stack: { stage: 'drillhours' },
  limitSeconds: 240,
  takes: 45,
  async run(world) {
    const { alarms, passes, session, stack } = world;
    await passes.sweep().done;
    await alarms.areOk([...slow, ...crowded, 'slow-queries']);
    const dba = await databaseSession(stack);
    const held: Client[] = [];
    await world.inject('answers come 1.2 s late; 58 sessions are open, one holds a lock', async () => {
      for (let n = 0; n < 58; n += 1) held.push(await databaseSession(stack));
      const pinned = new Client({ ...stack.endpoints.postgres['ecommerce'], user: 'narx_store' });
      await pinned.connect();
      held.push(pinned);
      await pinned.query('select pg_advisory_lock(1)');
      world.postgres().delay(1_200);
    });
    await whileAsking(`${stack.httpApis[`narx-${session.settings.stage}-api-ecommerce`]}`, async () => {
      for (const page of [...crowded, ...slow]) await alarms.fires(page);
    });
    world.postgres().restore();
    for (const client of held) await client.end();

    world.stopwatch.phase('each write of the store takes five seconds');
    await dba.query(
      `create function late() returns trigger language plpgsql as $$ begin perform pg_sleep(5.1); return null; end $$`,
    );
    await dba.query(
      'create trigger late before update on product_schedule for each statement execute function late()',
    );
    await passes.newPrices();
    const seen = alarms.fires('slow-queries').then(() => dba.query('drop trigger late on product_schedule'));
    await passes.repeat('refresh', seen);
    await dba.end();
    await passes.newPrices();
    await passes.refresh().done;
    world.recovered();
  },
};

/** A reader who asks twice a second. */
async function whileAsking(api: string, work: () => Promise<void>): Promise<void> {
  let asking = true;
  const reader = (async () => {
    while (asking) {
      await fetch(`${api}/drops?marketplace=uzum`).then((answer) => answer.arrayBuffer());
      await sleep(500);
    }
  })();
  try {
    await work();
  } finally {
    asking = false;
    await reader;
  }
}
