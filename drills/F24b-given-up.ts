import type { Drill } from './drill.ts';
import type { World } from './harness/world.ts';

export const drill: Drill = {
  id: 'F24b',
  failure: 'jobs have vanished five times, and vanish again',
  mutation: {
    file: 'functions/core/gaps.ts',
    find: '    metrics.count(\n      metric.gapsGivenUp,\n',
    replace: '    metrics.count(\n      metric.gapsRedispatched,\n',
    removes: 'the count of what is given up: it counts as dispatched again',
    failsWith: /^alarm gaps-given-up goes to ALARM/,
  },
  // What the scrapers had taken when the queue was purged may be fetched again.
  expect: { fetchedTwice: 400 },
  limitSeconds: 240,
  // What is waited for is the schedule that looks for gaps.
  stack: { stage: 'drillhours', timeScale: 0.005 },
  async run(world) {
    const { alarms, passes } = world;
    const sweep = passes.sweep();
    await world.until('jobs are waiting', () => world.queue('uzum-jobs').visible >= 4);
    await world.inject('the jobs queue is purged, for the sixth time as the books have it', async () => {
      await world.purge('uzum-jobs');
      await dispatched(world, 5);
    });
    await alarms.fires('gaps-given-up');
    world.checkThat('references in flight', sweep.books().inFlight > 0, 'none');
    world.stopwatch.phase('what made them vanish has been mended; they may be dispatched again');
    await dispatched(world, 0);
    await sweep.done;
    world.recovered();
    await passes.newPrices();
    await passes.refresh().done;
  },
};

/** Writes into the books how often each job was dispatched again. */
async function dispatched({ coordination, session }: World, times: number): Promise<void> {
  const [sweep] = await session.ledger.sweeps('uzum', 1);
  if (!sweep) throw new Error('There is no sweep.');
  for await (const { jobNumber } of session.ledger.jobs(sweep, null))
    await coordination.edit(
      `SWEEP#${sweep.sweepId}`,
      `JOB#${String(jobNumber).padStart(8, '0')}`,
      (item) => ({
        ...item,
        repeats: times,
      }),
    );
}
