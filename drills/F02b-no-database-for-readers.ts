import { setTimeout as sleep } from 'node:timers/promises';
import type { AlarmId } from '../lib/alarms/catalogue.ts';
import type { Drill } from './drill.ts';

const pages: readonly AlarmId[] = ['due-failing', 'api-failing', 'migration-failed'];

export const drill: Drill = {
  id: 'F02b',
  failure: 'the database refuses connections while readers ask, due prices are asked for, and migrate runs',
  mutation: {
    file: 'functions/api.lambda.ts',
    find: '    metrics.count(metric.apiFailures, 1);\n',
    replace: '',
    removes: 'the count of requests that failed',
    failsWith: /^alarm api-failing goes to ALARM/,
  },
  alarms: pages,
  async run(world) {
    const { alarms, passes, session, stack } = world;
    const { stage } = session.settings;
    const read = () => fetch(`${stack.httpApis[`narx-${stage}-api-ecommerce`]}/drops?marketplace=uzum`);
    await passes.sweep().done;
    await passes.newPrices();
    await alarms.areOk(pages);
    await world.inject('the database refuses every connection', () => world.postgres().refuse());
    await stack.fire(`narx-${stage}-ecommerce-migrate`);
    let asking = true;
    const asked = (async () => {
      while (asking) {
        await read();
        await stack.fire(session.schedule('uzum', 'refresh') ?? '');
        await sleep(500);
      }
    })();
    try {
      for (const page of pages) await alarms.fires(page);
    } finally {
      asking = false;
      await asked;
    }
    world.postgres().restore();
    for (const page of pages) await alarms.clears(page);
    await passes.refresh().done;
    world.recovered();
  },
};
