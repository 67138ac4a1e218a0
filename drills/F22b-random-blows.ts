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
    // A message that outlived its worker is delivered once more although its job is done.
    const handedOver = (): Promise<void> => world.empty('uzum-jobs', 'ecommerce-snapshots');
    // Somebody must be at work whenever a blow falls.
    await world.knobs('uzum', { latency: { medianMs: 300, p99Ms: 600 } });
    let pass = passes.sweep();
    await world.until('the sweep is under way', () => pass.books().dispatched > 0);
    const storm = await world.inject(`blows fall, drawn with seed ${world.seed}`, () => new Storm(world));
    for (;;) {
      await pass.done;
      if (storm.over) break;
      await handedOver();
      await passes.newPrices();
      pass = passes.refresh();
    }
    await storm.fallen;
    stopwatch.phase('calm');
    await world.knobs('uzum', { latency: null });
    await handedOver();
    await passes.newPrices();
    await passes.refresh().done;
    world.recovered();
    await handedOver();
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

class Storm {
  over = false;
  /** When the last blow has fallen. */
  readonly fallen: Promise<void>;
  readonly #world: World;
  readonly #draw: () => number;

  constructor(world: World) {
    this.#world = world;
    this.#draw = chance(world.seed);
    this.fallen = this.#strike().finally(() => {
      this.over = true;
    });
    this.fallen.catch(() => undefined);
  }

  async #strike(): Promise<void> {
    const { processes, stopwatch } = this.#world;
    for (let blow = 0; blow < BLOWS; blow += 1) {
      // All is drawn whatever is there, so that a seed draws the same blows on every machine.
      const [group, which, nth, deadly] = [this.#draw(), this.#draw(), this.#draw(), this.#draw() < 0.6];
      const [pauseMs, stoppedMs] = [this.#between(PAUSE_MS), this.#between(STOPPED_MS)];
      await sleep(pauseMs);
      const kind = pick(kindsOf(this.#world, pick(GROUPS, group)), which);
      const pid = pick(kind.pids, nth);
      // The simulator is the world outside, and the only one that knows the truth.
      if (deadly && kind.mortal) {
        if (processes.signal('SIGKILL', [pid]) > 0) stopwatch.phase(`kill -9 of ${kind.name}`);
        continue;
      }
      if (processes.signal('SIGSTOP', [pid]) === 0) continue;
      stopwatch.phase(`${kind.name} is stopped for ${(stoppedMs / 1000).toFixed(1)} s`);
      await sleep(stoppedMs);
      processes.signal('SIGCONT', [pid]);
    }
  }

  #between([least, most]: readonly [number, number]): number {
    return least + this.#draw() * (most - least);
  }
}
