import type { Drill } from './drill.ts';

export const drill: Drill = {
  id: 'F55',
  failure: 'the marketplace answers so slowly, for hours, that workers are paid for waiting',
  mutation: {
    file: 'lib/alarms/cost.ts',
    find: "awsMetric('AWS/Lambda', 'Duration', { FunctionName: worker.functionName }, 'Sum', hour)",
    replace: "awsMetric('AWS/Lambda', 'Throttles', { FunctionName: worker.functionName }, 'Sum', hour)",
    removes: 'the time of the workers that is paid for: refused invocations, which cost nothing, are counted',
    failsWith: /^alarm cost-per-million goes to ALARM/,
  },
  // An hour takes seven seconds, and the alarm looks at three. Nothing but the visits is to use the processors.
  stack: { stage: 'drillcost', timeScale: 0.002, schedules: 'none' },
  limitSeconds: 240,
  async run(world) {
    const { alarms, passes, session } = world;
    const { maxConcurrency = 0 } = session.settings.marketplaces['uzum'] ?? {};
    await passes.sweep().done;
    await alarms.areOk(['cost-per-million']);
    await world.inject('every answer takes a quarter of a second', () =>
      world.knobs('uzum', { latency: { medianMs: 250, p99Ms: 300 } }),
    );
    await passes.repeat('refresh', alarms.fires('cost-per-million'));
    await world.knobs('uzum', { latency: null });
    // What a bill can come to is bounded by how many workers run at once, however long they take.
    const most = world.lambdaMaximum('ConcurrentExecutions', 'scrape', 'uzum');
    world.checkThat('workers at once', most <= maxConcurrency, `${most} of ${maxConcurrency}`);
    await alarms.clears('cost-per-million');
    world.recovered();
    await passes.newPrices();
    await passes.refresh().done;
  },
};
