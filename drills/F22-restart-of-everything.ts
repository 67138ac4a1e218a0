import { setTimeout as sleep } from 'node:timers/promises';
import type { Drill } from './drill.ts';

export const drill: Drill = {
  id: 'F22',
  failure: 'every process is killed at once, and Postgres comes back last',
  mutation: {
    file: 'lib/constructs/dead-lettered-queue.ts',
    find: 'maxReceiveCount: settings.maxReceiveCount }',
    replace: 'maxReceiveCount: 1 }',
    removes: 'the further receives of a message',
    failsWith: /^dead-lettered: /,
  },
  expect: { fetchedTwice: 2 * 4 * 20 },
  async run(world) {
    const { processes, stack, passes } = world;
    // On a fast machine nothing would be left to be done when everything dies.
    await world.knobs('uzum', { latency: { medianMs: 300, p99Ms: 600 } });
    const sweep = passes.sweep();
    await world.until('the sweep is under way', () => sweep.books().stored > 40, { withinS: 60 });
    await world.inject('kill -9 of every function and of Postgres', async () => {
      await processes.killPostgres();
      processes.signal('SIGKILL', processes.pids());
    });
    // The functions start again at once, on their messages and schedules: before the database is there.
    await world.knobs('uzum', { latency: null });
    await world.alarms.fires('breaker-open');
    await sleep(500);
    world.stopwatch.phase('Postgres starts again');
    await processes.restartPostgres();
    await sweep.done;
    world.recovered();
    await world.alarms.clears('breaker-open');
    world.checkThat('Postgres serves', stack.postgres.pid > 0, 'no postmaster');
    await passes.newPrices();
    await passes.refresh().done;
  },
};
