import type { AlarmId } from '../lib/alarms/catalogue.ts';
import type { Drill } from './drill.ts';
import { databaseSession } from './faults/database-session.ts';

const pages: readonly AlarmId[] = ['observations-stale', 'observations-stopped', 'confirmed-per-day'];

export const drill: Drill = {
  id: 'F33',
  failure:
    'a marketplace is paused and forgotten: a tenth of its prices is 7 hours old, then all are 25 hours old',
  mutation: {
    file: 'functions/adapters/postgres/audit.ts',
    find: '  min(s.last_seen_at) filter (where s.missing_checks < $2),\n',
    replace: '  max(s.last_seen_at) filter (where s.missing_checks < $2),\n',
    removes: 'the age of the price that waited longest: the newest speaks for all',
    failsWith: /^alarm observations-stale goes to ALARM/,
  },
  alarms: pages,
  limitSeconds: 240,
  // What seems to be lost is asked for again, besides the refresh.
  expect: { fetchedTwice: 1_000 },
  async run(world) {
    const { alarms, passes, session, stack } = world;
    const dba = await databaseSession(stack);
    const health = async () => {
      const answer = await fetch(`${stack.httpApis[`narx-${session.settings.stage}-api-ecommerce`]}/health`);
      return answer.status;
    };
    await passes.sweep().done;
    await passes.newPrices();
    await passes.refresh().done;
    await alarms.areOk(pages);
    world.check('the API’s health while prices are fresh', await health(), 200);

    await world.inject(
      'the marketplace is paused; a tenth of its prices was confirmed 7 hours ago',
      async () => {
        await world.operator.looks('npx narx pause uzum --reason forgotten');
        await dba.query(
          "update product_schedule set last_seen_at = last_seen_at - interval '7 hours' where product_id % 10 = 0",
        );
      },
    );
    await alarms.fires('observations-stale');
    world.check('the API’s health', await health(), 503);
    world.check('alarms that ask whether anything comes', alarms.on('observations-stopped'), []);

    world.stopwatch.phase('nothing was confirmed for 25 hours');
    await dba.query("update product_schedule set last_seen_at = last_seen_at - interval '25 hours'");
    await dba.end();
    for (const page of pages) await alarms.fires(page);

    await world.operator.does('npx narx resume uzum --stage $STAGE');
    await passes.newPrices();
    // What has vanished meanwhile is old until three visits have missed it.
    await passes.repeat('refresh', alarms.clears('observations-stale', { withinS: 90 }));
    for (const page of pages) await alarms.clears(page);
    await world.until('the API is healthy again', async () => (await health()) === 200);
    world.recovered();
  },
};
