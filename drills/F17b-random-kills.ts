import { setTimeout as sleep } from 'node:timers/promises';
import type { Drill } from './drill.ts';
import type { World } from './harness/world.ts';

const rounds = 3;
/** Environments of scrape, times jobs in a batch, times references in a job: what one hit can cost. */
const fetchedForOneHit = 2 * 4 * 20;

export const drill: Drill = {
  id: 'F17b',
  failure: 'processes are killed and stopped at random, and Postgres too, again and again',
  mutation: {
    file: 'lib/constructs/dead-lettered-queue.ts',
    find: 'maxReceiveCount: settings.maxReceiveCount }',
    replace: 'maxReceiveCount: 1 }',
    removes: 'the further receives of a message',
    failsWith: /^(lost|dead-lettered): /,
  },
  expect: { fetchedTwice: 4 * rounds * fetchedForOneHit },
  async run(world) {
    const { alarms, passes, processes } = world;
    await world.knobs('uzum', { latency: { medianMs: 100, p99Ms: 400 } });
    const sweep = passes.sweep();
    await world.until('the sweep is under way', () => sweep.books().stored > 0, { withinS: 60 });
    await world.inject('the hits begin', () => undefined);
    // One refresh after the other: there is work that can be hit all the time.
    await passes.repeat('refresh', hits(world, numbers(17)));
    const last = passes.refresh();
    await world.until('jobs are dispatched', () => last.books().dispatched > 0);
    await processes.killPostgres();
    await alarms.fires('store-failing');
    await processes.restartPostgres();
    await world.knobs('uzum', { latency: null });
    await Promise.all([sweep.done, last.done]);
    world.recovered();
    await passes.newPrices();
    await passes.refresh().done;
  },
};

/** Of each sort one a round: a random process, or Postgres, for up to a second and a half, which is minutes on the drill's clock. */
async function hits({ processes, stopwatch }: World, random: () => number): Promise<void> {
  const victims = (): number[] => {
    const pids = processes.pids();
    return pids.slice(Math.floor(random() * pids.length)).slice(0, 1);
  };
  for (let round = 1; round <= rounds; round += 1) {
    stopwatch.phase(`round ${round}: a function is killed`);
    processes.signal('SIGKILL', victims());
    await sleep(1_500 * random());
    stopwatch.phase('Postgres is stopped');
    await processes.signalPostgres('SIGSTOP');
    await sleep(1_500 * random());
    await processes.signalPostgres('SIGCONT');
    stopwatch.phase('a function is stopped');
    const stopped = victims();
    processes.signal('SIGSTOP', stopped);
    await sleep(1_500 * random());
    processes.signal('SIGCONT', stopped);
    stopwatch.phase('Postgres is killed');
    await processes.killPostgres();
    await sleep(1_500 * random());
    await processes.restartPostgres();
  }
}

/** From 0 to 1, the same ones for a seed (Park and Miller's generator). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
