import type { Drill } from './drill.ts';
import { deploy } from './faults/deployment.ts';

export const drill: Drill = {
  id: 'F17c',
  failure: 'a scraper is deployed whose process ends in the middle of its first job',
  mutation: {
    file: 'lib/alarms/functions.ts',
    find: "    metric: awsMetric('AWS/Lambda', 'Errors', { FunctionName: worker.functionName }, 'Sum', hour),\n",
    replace:
      "    metric: awsMetric('AWS/Lambda', 'Throttles', { FunctionName: worker.functionName }, 'Sum', hour),\n",
    removes: 'the count of crashes: refused invocations are counted in their place',
    failsWith: /^alarm worker-crashes goes to ALARM/,
  },
  // An hour takes 18 s.
  stack: { timeScale: 0.005 },
  // Jobs that were fetched when their process ended are fetched again.
  expect: { fetchedTwice: 400 },
  limitSeconds: 240,
  async run(world) {
    const { alarms, passes } = world;
    await alarms.areOk(['worker-crashes', 'scrape-failing']);
    // On a fast machine a job would be done before its process ends.
    await world.knobs('uzum', { latency: { medianMs: 1_000, p99Ms: 2_000 } });
    const rollBack = await world.inject('a scraper that crashes is deployed', () =>
      deploy(world, 'scrape', (code) => `${code}\nsetTimeout(() => process.exit(1), 400);\n`),
    );
    const sweep = passes.sweep();
    await alarms.fires('scrape-failing');
    await alarms.fires('worker-crashes');
    rollBack();
    await world.knobs('uzum', { latency: null });
    await sweep.done;
    world.recovered();
    await passes.newPrices();
    await passes.refresh().done;
  },
};
