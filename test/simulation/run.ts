import type { DispatchMode, Job, VisitsMessage } from '../../functions/contract/messages.ts';
import { Chance } from './chance.ts';
import { scrapeEnvironment, storeEnvironment } from './environments.ts';
import { type Fault, type FaultPlan, noFaults, randomFaults, theseFaults } from './faults.ts';
import { finalFaults } from './final-state.ts';
import { runDispatch, runGaps, runReplay } from './functions.ts';
import { Gatekeeper } from './gatekeeper.ts';
import { invoke } from './invocations.ts';
import { type Parts, realParts } from './parts.ts';
import { Consumer } from './services/consumer.ts';
import { limits, World } from './world.ts';

const MINUTE_MS = 60_000;
const HORIZON_MS = 12 * 60 * MINUTE_MS;

export interface Result {
  readonly seed: number;
  /** The faults that the run met, in order. */
  readonly faults: readonly Fault[];
  /** What went wrong; null: every promise was kept. */
  readonly broken: string | null;
  readonly calls: number;
  readonly pricePoints: number;
}

/** One run: faults for a while, then none until everything is drained, then the accounts. Nothing but the seed decides. */
export async function simulate(
  seed: number,
  { faults, parts = realParts }: { faults?: readonly Fault[]; parts?: Parts } = {},
): Promise<Result> {
  // Errors are made by the thousand here, and nobody looks at where.
  Error.stackTraceLimit = 0;
  const chance = new Chance(seed);
  // From a run that hardly meets one to one where little works.
  const probability = 0.002 + 0.1 * chance.draw('how faulty', 0) ** 2;
  const plan = faults ? theseFaults(faults) : randomFaults(chance, probability);
  const run = new Run(seed, plan, parts);
  const broken = await run.go();
  const { met, calls, database } = run.world;
  let pricePoints = 0;
  for (const { skus } of database.products.values())
    for (const { points } of skus.values()) pricePoints += points.size;
  return {
    seed,
    faults: met,
    broken,
    calls: [...calls.values()].reduce((a, b) => a + b, 0),
    pricePoints,
  };
}

class Run {
  readonly world: World;
  readonly #scrapers: Consumer<Job>;
  readonly #stores: Consumer<VisitsMessage>;
  readonly #gatekeeper: Gatekeeper;
  #healedAt: number | null = null;
  #dispatching = 0;

  constructor(seed: number, plan: FaultPlan, parts: Parts) {
    const world = new World(seed, plan, parts);
    this.world = world;
    const { jobs, snapshots, scheduler } = world;
    this.#scrapers = new Consumer(
      jobs,
      scheduler,
      { batchSize: 2, maxConcurrency: 2, timeoutMs: MINUTE_MS },
      () => scrapeEnvironment(world),
    );
    this.#stores = new Consumer(
      snapshots,
      scheduler,
      { batchSize: 3, maxConcurrency: 2, timeoutMs: MINUTE_MS / 2 },
      () => storeEnvironment(world),
    );
    this.#gatekeeper = new Gatekeeper(world, this.#scrapers, this.#stores);
    this.#follow();
  }

  async go(): Promise<string | null> {
    const { world } = this;
    const { scheduler, witness } = world;
    const isBroken = (): boolean => witness.broken !== null;
    this.#repeat(limits.slotMs, (slot) => {
      this.#schedule('sweep', slot);
      this.#schedule('refresh', slot);
    });
    this.#repeat(2 * MINUTE_MS, (n) => void this.#gatekeeper.run(n));
    this.#repeat(3 * MINUTE_MS, () => void this.#replay());
    this.#repeat(4 * MINUTE_MS, () => void this.#lookForGaps());
    const healedAt = limits.start.getTime() + limits.faultyMs;
    await scheduler.runUntil(healedAt, isBroken);
    if (this.#hasOnlyDatabaseFaults() && world.snapshots.dead.length > 0) {
      witness.break(`The outage of the database made ${world.snapshots.dead.length} dead letters`);
    }
    this.#heal(healedAt);
    await scheduler.runUntil(healedAt + HORIZON_MS, () => isBroken() || this.#isDrained());
    if (witness.broken === null && !this.#isDrained()) witness.break(`Not drained: ${this.#left()}`);
    return witness.broken ?? (await finalFaults(world, healedAt));
  }

  #hasOnlyDatabaseFaults(): boolean {
    return this.world.met.every(({ place }) => !/^(store|gatekeeper)/.test(place));
  }

  /** The mapping looks when something arrives. */
  #follow(): void {
    const { jobs, snapshots } = this.world;
    const [jobAdded, visitsAdded] = [jobs.onAdd, snapshots.onAdd];
    jobs.onAdd = (job) => {
      jobAdded(job);
      this.#scrapers.wake(100);
    };
    snapshots.onAdd = (message) => {
      visitsAdded(message);
      this.#stores.wake(100);
    };
  }

  #heal(at: number): void {
    const { world } = this;
    this.#healedAt = at;
    world.plan = noFaults;
    world.market.calm = true;
    world.jobs.disturbed = false;
    world.snapshots.disturbed = false;
    this.#repeat(10 * MINUTE_MS, () => {
      if (world.jobs.dead.length > 0) world.jobs.redrive();
      if (world.snapshots.dead.length > 0) world.snapshots.redrive();
      this.#scrapers.wake(0);
      this.#stores.wake(0);
    });
  }

  #repeat(everyMs: number, what: (n: number) => void): void {
    const next = (n: number): void => {
      what(n);
      this.world.scheduler.after(everyMs, () => next(n + 1));
    };
    next(0);
  }

  /** A schedule calls at least once, and now and then twice. */
  #schedule(mode: DispatchMode, n: number): void {
    const { chance, scheduler } = this.world;
    const slot = new Date(limits.start.getTime() + n * limits.slotMs).toISOString();
    const faulty = this.#healedAt === null;
    const times = faulty && chance.happens(`twice ${mode}`, n, 0.1) ? 2 : 1;
    for (let i = 0; i < times; i += 1) {
      const late = faulty ? chance.draw(`late ${mode} ${i}`, n) ** 8 * 400_000 : 0;
      scheduler.after(100 + late, () => void this.#dispatch(mode, slot, `${mode} ${n} ${i}`, 0));
    }
  }

  /** An asynchronous invocation, which Lambda repeats twice when it fails. */
  async #dispatch(
    mode: DispatchMode,
    scheduledTime: string,
    requestId: string,
    attempt: number,
  ): Promise<void> {
    const { world } = this;
    const event = { marketplace: limits.marketplace, mode, scheduledTime };
    this.#dispatching += 1;
    const done = await invoke(world, 'dispatch', 2 * MINUTE_MS, (process, remainingMs) =>
      runDispatch(world, process, event, requestId, remainingMs),
    );
    this.#dispatching -= 1;
    if (done || attempt === 2) return;
    world.scheduler.after((attempt + 1) * MINUTE_MS, () => {
      void this.#dispatch(mode, scheduledTime, requestId, attempt + 1);
    });
  }

  /** Nothing to do is seen at once; the call is left out then. */
  async #replay(): Promise<void> {
    const { world } = this;
    if (world.spilled.objects.size === 0) return;
    await invoke(world, 'replay', MINUTE_MS, (process, remainingMs) =>
      runReplay(world, process, remainingMs),
    );
  }

  async #lookForGaps(): Promise<void> {
    const { world } = this;
    await invoke(world, 'gaps', 2 * MINUTE_MS, (process, remainingMs) =>
      runGaps(world, process, remainingMs),
    );
  }

  #isDrained(): boolean {
    const { jobs, snapshots, witness, table, spilled } = this.world;
    if (spilled.objects.size > 0) return false;
    if (jobs.size + snapshots.size + jobs.dead.length + snapshots.dead.length + witness.parked > 0)
      return false;
    if (this.#dispatching > 0 || this.#scrapers.busy || this.#stores.busy) return false;
    const newest = table
      .partition(`SWEEPS#${limits.marketplace}`)
      .filter(({ mode }) => mode?.S === 'sweep')
      .at(-1);
    const startedAt = Date.parse(newest?.['startedAt']?.S ?? '');
    return newest?.['planned']?.BOOL === true && startedAt >= (this.#healedAt ?? Number.POSITIVE_INFINITY);
  }

  #left(): string {
    const { jobs, snapshots, witness } = this.world;
    const dead = jobs.dead.length + snapshots.dead.length;
    return `${jobs.size} jobs, ${snapshots.size} messages, ${dead} dead letters, ${witness.parked} parked entries`;
  }
}
