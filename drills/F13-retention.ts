import { setTimeout as sleep } from 'node:timers/promises';
import type { Drill } from './drill.ts';

const timeScale = 0.006;

export const drill: Drill = {
  id: 'F13',
  failure: 'Postgres stays away for so long that messages grow old in the snapshots queue',
  mutation: {
    file: 'lib/constructs/dead-lettered-queue.ts',
    find: 'retentionPeriod: Duration.days(settings.retentionDays),',
    replace: 'retentionPeriod: Duration.minutes(30),',
    removes: 'the days for which a queue keeps its messages: it keeps them for half an hour',
    failsWith: /^(the snapshots are still there|lost): /,
  },
  limitSeconds: 90,
  stack: { stage: 'drillhours', timeScale },
  async run(world) {
    const { alarms, passes, processes } = world;
    // On a fast machine nothing would be left to be stored.
    await world.knobs('uzum', { latency: { medianMs: 300, p99Ms: 600 } });
    const sweep = passes.sweep();
    await world.until('the sweep is under way', () => sweep.books().stored > 40);
    await world.inject('Postgres is killed and stays away', () => processes.killPostgres());
    await world.knobs('uzum', { latency: null });
    await alarms.fires('queue-age');
    // Since the fault, on the drill's clock.
    const fortyMinutesMs = 40 * 60_000 * timeScale;
    while (world.stopwatch.injectedAt.getTime() + fortyMinutesMs > Date.now()) await sleep(250);
    const { visible, inFlight } = world.queue('ecommerce-snapshots');
    world.checkThat('the snapshots are still there', visible + inFlight > 0, 'the queue is empty');
    await processes.restartPostgres();
    await sweep.done;
    world.recovered();
    await passes.newPrices();
    await passes.refresh().done;
  },
};
