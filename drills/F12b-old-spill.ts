import type { Drill } from './drill.ts';
import { answers } from './faults/cloud.ts';

export const drill: Drill = {
  id: 'F12b',
  failure: 'the snapshots queue takes nothing for so long that what waits in S3 grows old',
  mutation: {
    file: 'functions/replay.lambda.ts',
    find: 'run.oldestAgeMs / 1000 / env.TIME_SCALE',
    replace: '0 * run.oldestAgeMs',
    removes: 'the age of what waits in the spill',
    failsWith: /^alarm spill-old goes to ALARM/,
  },
  stack: { stage: 'drillhours', timeScale: 0.006 },
  limitSeconds: 240,
  async run(world) {
    const { alarms, cloud, passes } = world;
    const away = await world.inject('the snapshots queue is away', () =>
      cloud.set({
        service: 'sqs',
        operation: 'SendMessageBatch',
        resource: /-ecommerce-snapshots$/,
        fault: answers.throttled.sqs,
      }),
    );
    const sweep = passes.sweep();
    await alarms.fires('spill-old');
    away.end();
    await sweep.done;
    world.recovered();
    await passes.newPrices();
    await passes.refresh().done;
  },
};
