import { metric } from '../functions/contract/metrics.ts';
import type { Drill } from './drill.ts';

export const drill: Drill = {
  id: 'F16',
  failure: 'the marketplace is so slow that jobs pile up, and slot follows slot',
  mutation: {
    file: 'functions/core/dispatch.ts',
    find: '  const room = plan.maxBacklogMessages - backlog;\n',
    replace: '  const room = plan.maxBacklogMessages - 0 * backlog;\n',
    removes: 'the look at what waits already',
    failsWith: /^(jobs that waited at most: |dispatch leaves slots out: expected)/,
  },
  stack: { stage: 'drillqueue', timeScale: 0.02 },
  async run(world) {
    const { alarms, passes } = world;
    let most = 0;
    const jobs = (): number => {
      const { visible, inFlight } = world.queue('uzum-jobs');
      most = Math.max(most, visible + inFlight);
      return visible + inFlight;
    };
    await world.inject('every answer takes a second and a half', () =>
      world.knobs('uzum', { latency: { medianMs: 1_500, p99Ms: 2_500 } }),
    );
    const watch = setInterval(jobs, 20);
    try {
      const sweep = passes.sweep();
      await alarms.fires('backlog');
      await world.until(
        'dispatch leaves slots out',
        () => world.metric('dispatch', metric.dispatchSkippedBacklog, { marketplace: 'uzum' }) > 0,
      );
      await world.knobs('uzum', { latency: null });
      world.stopwatch.phase('answers come as usual');
      await sweep.done;
      await world.until('the queue is empty', () => jobs() === 0);
      world.recovered();
    } finally {
      clearInterval(watch);
    }
    world.checkThat('jobs that waited at most', most <= 40, `expected no more than 40, saw ${most}`);
    await passes.newPrices();
    await passes.refresh().done;
  },
};
