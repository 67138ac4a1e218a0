import type { Drill } from './drill.ts';

export const drill: Drill = {
  id: 'F33',
  failure: 'the scraper runs without an error and confirms nothing, for longer than prices may be old',
  mutation: {
    file: 'functions/audit.lambda.ts',
    find: 'metrics.gauge(metric.oldestConfirmationSeconds, fresh.oldestConfirmationAgeSeconds);',
    replace: 'metrics.gauge(metric.oldestConfirmationSeconds, 0);',
    removes: 'freshness that is measured in the data',
    failsWith: /^alarm observations-stale goes to ALARM/,
  },
  limitSeconds: 180,
  async run(world) {
    await world.passes.sweep().done;
    await world.passes.refresh().done;
    await world.alarms.clears('observations-stale');
    await world.inject('every page comes in a shape that nobody knows', () =>
      world.knobs('uzum', { shape: { name: 'unknown' } }),
    );
    let isSeen = false;
    const alarm = world.alarms.fires('observations-stale', { withinS: 90 }).finally(() => {
      isSeen = true;
    });
    alarm.catch(() => undefined);
    const before = world.lambda('Invocations', 'scrape', 'uzum');
    while (!isSeen) await world.passes.refresh().done;
    await alarm;
    const runs = world.lambda('Invocations', 'scrape', 'uzum') - before;
    world.checkThat('the scraper ran all the while', runs > 0, `${runs} invocations`);
    world.check('its errors', world.lambda('Errors', 'scrape', 'uzum'), 0);

    await world.knobs('uzum', { shape: null });
    await world.passes.newPrices();
    await world.passes.refresh().done;
    await world.alarms.clears('observations-stale');
    world.recovered();
  },
};
