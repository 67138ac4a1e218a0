import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { metric } from '../functions/contract/metrics.ts';
import type { Drill } from './drill.ts';
import { answers } from './faults/cloud.ts';

export const drill: Drill = {
  id: 'F12',
  failure: 'the snapshots queue takes a part, then hangs, then refuses everything while a sweep runs',
  mutation: {
    file: 'functions/core/spill.ts',
    find: '    const key = await spill.put({ at: clock.now(), detail, messages }, budget.spillMs());\n',
    replace: "    const key = '';\n    throw new Error('no spill');\n",
    removes: 'the spill to S3',
    failsWith: /^fetched twice: /,
  },
  // A queue that hangs takes its time from the scrapers' timeouts: they must have some.
  stack: { timeScale: 0.02 },
  async run(world) {
    const { alarms, cloud, passes, stack } = world;
    const sends = {
      service: 'sqs',
      operation: 'SendMessageBatch',
      resource: /-ecommerce-snapshots$/,
    } as const;
    const bucket = stack.model.buckets.find(({ name }) => name.includes('-spill-'))?.name;
    const spilled = async () =>
      (await stack.clients.s3.send(new ListObjectsV2Command({ Bucket: bucket }))).KeyCount ?? 0;

    const faults = await world.inject('the snapshots queue is away', () => [
      cloud.set({
        ...sends,
        times: 2,
        fault: { fault: 'refuse-entries', refuses: () => true, code: 'InternalError' },
      }),
      cloud.set({ ...sends, times: 2, fault: { fault: 'hang' } }),
      cloud.set({ ...sends, fault: answers.throttled.sqs }),
    ]);
    const sweep = passes.sweep();
    await alarms.fires('spill-waiting');
    await world.until('every job is handed over', () => {
      const { visible, inFlight } = world.queue('uzum-jobs');
      return sweep.books().dispatched === 400 && visible + inFlight === 0;
    });
    world.check('visits in the database while the queue is away', sweep.books().stored, 0);
    world.checkThat('visits in the spill', (await spilled()) >= 400 / 20, `${await spilled()} objects`);

    world.stopwatch.phase('the queue is back');
    for (const fault of faults) fault.end();
    await sweep.done;
    world.recovered();
    await world.until('the spill is empty', async () => (await spilled()) === 0);
    world.checkThat('the hang was met', (faults[1]?.hits ?? 0) > 0, 'no request hung');
    world.checkThat(
      'scrape counts what it spills',
      world.metric('scrape', metric.visitsSpilled, { marketplace: 'uzum' }) > 0,
      'VisitsSpilled is 0',
    );
    await passes.newPrices();
    await passes.refresh().done;
  },
};
