import { clearanceSchema } from '../functions/core/model/clearance.ts';
import type { Drill } from './drill.ts';
import { answers } from './faults/cloud.ts';

const timeScale = 0.006;
const halfAnHourMs = 1_800_000 * timeScale;

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
  stack: { stage: 'drillhours', timeScale },
  limitSeconds: 240,
  async run(world) {
    const { alarms, cloud, coordination, passes } = world;
    const away = await world.inject('the snapshots queue is away', () =>
      cloud.set({
        service: 'sqs',
        operation: 'SendMessageBatch',
        resource: /-ecommerce-snapshots$/,
        fault: answers.throttled.sqs,
      }),
    );
    const sweep = passes.sweep();
    await world.until('every job is dispatched', () => sweep.books().dispatched === 400);
    await world.empty('uzum-jobs');
    const handedOver = Date.now();
    await alarms.fires('spill-old');
    // By then the audit has entered as missing what waits in the spill, and both queues are empty.
    await world.until('gaps have been looked for half an hour later', async () => {
      const item = await coordination.item('CLEARANCE#uzum', 'clearance');
      const { spill } = clearanceSchema.parse(JSON.parse(String(item?.['state'] ?? '{"before":null}')));
      return spill !== null && spill.lookedAt.getTime() >= handedOver + halfAnHourMs;
    });
    away.end();
    await sweep.done;
    world.recovered();
    await passes.newPrices();
    await passes.refresh().done;
  },
};
