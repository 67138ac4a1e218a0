import type { AlarmId } from '../lib/alarms/catalogue.ts';
import type { Drill } from './drill.ts';
import { SharedClock } from './faults/clock.ts';
import { deploy } from './faults/deployment.ts';

const hourMs = 3_600_000;
/** In the order in which prices that nobody confirms set them off. */
const pages: readonly AlarmId[] = [
  'observations-stale',
  'observations-stopped',
  'confirmed-per-day',
  'price-changes-per-day',
];

export const drill: Drill = {
  id: 'F33',
  failure: 'one page in twenty is not understood for 7 hours; then the marketplace is paused and forgotten',
  mutation: {
    file: 'functions/adapters/postgres/audit.ts',
    find: '  min(s.last_seen_at) filter (where s.missing_checks < $2),\n',
    replace: '  max(s.last_seen_at) filter (where s.missing_checks < $2),\n',
    removes: 'the age of the price that waited longest: the newest speaks for all',
    failsWith: /^prices of 7 hours ago are reported: /,
  },
  limitSeconds: 240,
  takes: 32,
  async run(world) {
    const { alarms, passes, session, stack } = world;
    const health = async () =>
      (await fetch(`${stack.httpApis[`narx-${session.settings.stage}-api-ecommerce`]}/health`)).status;
    // Who sees, stores, measures and reads prices; the rest does not ask how old they are.
    const clock = new SharedClock(world.folder, 0);
    for (const service of ['scrape', 'store', 'audit', 'api']) deploy(world, service, clock.change);
    await passes.sweep().done;
    await passes.newPrices();
    await passes.refresh().done;
    await alarms.areOk(pages);
    await world.until('the API is healthy', async () => (await health()) === 200);

    await world.inject('one page in twenty comes in a shape that nobody knows', async () => {
      await world.knobs('uzum', { shape: { name: 'unknown', share: 0.05 } });
      clock.set(7 * hourMs);
    });
    await passes.refresh().done;
    // Nearly everything has just been confirmed: whoever looks at the newest price sees nothing.
    await alarms.areOk(['observations-stopped', 'confirmed-per-day', 'parse-success']);
    await world.until(
      'prices of 7 hours ago are reported',
      () => alarms.on('observations-stale').length > 0,
      {
        withinS: 60,
      },
    );
    await alarms.fires('observations-stale');
    world.check('the API’s health while some prices are old', await health(), 503);

    world.stopwatch.phase('nothing is fetched for 25 hours');
    await world.operator.looks('npx narx pause uzum --reason forgotten');
    clock.set((7 + 25) * hourMs);
    for (const page of pages) {
      await world.until(`${page} is on`, () => alarms.on(page).length > 0, { withinS: 60 });
      await alarms.fires(page);
    }

    await world.knobs('uzum', { shape: null });
    await world.operator.does('npx narx resume uzum --stage $STAGE');
    await passes.newPrices();
    // What has vanished meanwhile is old until three visits have missed it.
    await passes.repeat('refresh', alarms.clears('observations-stale', { withinS: 90 }));
    for (const page of pages) await alarms.clears(page);
    await world.until('the API is healthy again', async () => (await health()) === 200);
    world.recovered();
  },
};
