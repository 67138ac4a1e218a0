import { setTimeout as sleep } from 'node:timers/promises';
import type { Drill } from './drill.ts';
import { chance, pick } from './faults/chance.ts';
import type { ProcessKind } from './harness/processes.ts';
import type { World } from './harness/world.ts';

const BLOWS = 14;
/** Between two blows, and how long a process is stopped: from the first to the second, in milliseconds. */
const PAUSE_MS = [400, 1_200] as const;
const STOPPED_MS = [300, 2_000] as const;

export const drill: Drill = {
  id: 'F22b',
  failure: 'for 20 seconds a process drawn by chance is killed (-9), or stopped for a while, again and again',
  mutation: {
    file: 'lib/constructs/dead-lettered-queue.ts',
    find: 'maxReceiveCount: settings.maxReceiveCount }',
    replace: 'maxReceiveCount: 1 }',
    removes: 'the further receives of a message',
    failsWith: /^dead-lettered: /,
  },
  // Whoever dies with its jobs' pages has them fetched again: four jobs of 20 references a blow.
  expect: { fetchedTwice: BLOWS * 4 * 20 },
  limitSeconds: 240,
  async run(world) {
    const { passes, stopwatch } = world;
    // Somebody must be at work whenever a blow falls.
    await world.knobs('uzum', { latency: { medianMs: 300, p99Ms: 600 } });
    const storm = { over: false };
    let pass = passes.sweep();
    await world.until('the sweep is under way', () => pass.books().dispatched > 0);
    const blows = await world.inject(`blows fall, drawn with seed ${world.seed}`, () => strike(world, storm));
    for (;;) {
      await pass.done;
      if (storm.over) break;
      await passes.newPrices();
      pass = passes.refresh();
    }
    await blows.fallen;
    stopwatch.phase('calm');
    await world.knobs('uzum', { latency: null });
    await passes.newPrices();
    await passes.refresh().done;
    world.recovered();
    // A message that outlived its worker is delivered once more although its job is done.
    await world.empty('uzum-jobs', 'ecommerce-snapshots');
  },
};

type Group = 'workers' | 'database' | 'care' | 'outside';
/** Of ten blows, four hit those who carry data. */
const GROUPS: readonly Group[] = [
  ...Array<Group>(4).fill('workers'),
  ...Array<Group>(3).fill('database'),
  ...Array<Group>(2).fill('care'),
  'outside',
];

/** Kinds of processes of this group that run now; of all, when none does. */
function kindsOf(world: World, group: Group): ProcessKind[] {
  const all = world.processes.census();
  const found = all.filter(({ name }) => groupOf(name) === group);
  return found.length > 0 ? found : all;
}

function groupOf(name: string): Group {
  if (name === 'the simulator') return 'outside';
  if (name.includes('Postgres')) return 'database';
  return /^(scrape|store|dispatch)/.test(name) ? 'workers' : 'care';
}

/** Begins the blows; resolves at once with what tells when they have fallen. */
async function strike(world: World, storm: { over: boolean }): Promise<{ fallen: Promise<void> }> {
  const draw = chance(world.seed);
  const between = ([least, most]: readonly [number, number]): number => least + draw() * (most - least);
  const fallen = (async () => {
    for (let blow = 0; blow < BLOWS; blow += 1) {
      await sleep(between(PAUSE_MS));
      // Drawn whatever is there, so that a seed draws the same blows on every machine.
      const [group, one, nth, deadly] = [draw(), draw(), draw(), draw() < 0.6];
      const stoppedMs = between(STOPPED_MS);
      const kind = pick(kindsOf(world, pick(GROUPS, group)), one);
      const pid = pick(kind.pids, nth);
      // The simulator is the world outside, and the only one that knows the truth.
      if (deadly && kind.mortal) {
        if (world.processes.signal('SIGKILL', [pid]) > 0) world.stopwatch.phase(`kill -9 of ${kind.name}`);
        continue;
      }
      if (world.processes.signal('SIGSTOP', [pid]) === 0) continue;
      world.stopwatch.phase(`${kind.name} is stopped for ${(stoppedMs / 1000).toFixed(1)} s`);
      await sleep(stoppedMs);
      world.processes.signal('SIGCONT', [pid]);
    }
  })().finally(() => {
    storm.over = true;
  });
  fallen.catch(() => undefined);
  return { fallen };
}
