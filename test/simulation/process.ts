import type { Clock } from '../../functions/core/ports/runtime.ts';
import type { Chance } from './chance.ts';
import type { Fault, FaultPlan } from './faults.ts';
import type { Scheduler } from './scheduler.ts';

/** What all processes of a run share: time, chance, and the faults that they met. */
export interface Surroundings {
  readonly scheduler: Scheduler;
  readonly chance: Chance;
  readonly calls: Map<string, number>;
  readonly met: Fault[];
  /** Replaced by `noFaults` when the faults stop. */
  plan: FaultPlan;
}

/** The outside failed; SDK errors look like this to the domain. */
export class SimulatedFailure extends Error {
  override name = 'SimulatedFailure';
}

const LONGEST_LATENCY_MS = 400;
const LONGEST_LATE_MS = 90_000;
const SHORTEST_SLEEP_MS = 160_000;
const LONGEST_SLEEP_MS = 900_000;
/** Clocks of processes differ from the true time by at most this much. */
export const LARGEST_SKEW_MS = 2_000;

/** One Lambda environment: what it asks of the outside takes time, may fail, and is where it may die. */
export class Process implements Clock {
  readonly name: string;
  readonly id: number;
  readonly #in: Surroundings;
  readonly #skewMs: number;
  #dead = false;
  #asleepUntil = 0;
  #die: () => void = () => undefined;
  readonly death: Promise<'died'>;

  constructor(name: string, id: number, surroundings: Surroundings) {
    this.name = name;
    this.id = id;
    this.#in = surroundings;
    this.#skewMs = Math.round((surroundings.chance.draw(name, id) * 2 - 1) * LARGEST_SKEW_MS);
    this.death = new Promise((resolve) => {
      this.#die = () => resolve('died');
    });
  }

  get dead(): boolean {
    return this.#dead;
  }

  get asleep(): boolean {
    return this.#asleepUntil > this.#in.scheduler.now;
  }

  /** By this process's own clock, which may be a little off. */
  now(): Date {
    return new Date(this.#in.scheduler.now + this.#skewMs);
  }

  kill(): void {
    this.#dead = true;
    this.#die();
  }

  async sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => this.#whenAwake(ms, resolve));
  }

  /** Has `effect` on the outside, all at once at some moment from now. `partial` does it for some only, where that can be. */
  async call<T>(action: string, effect: () => T, partial?: () => T): Promise<T> {
    const { chance, calls, met, plan } = this.#in;
    const place = `${this.name}: ${action}`;
    const n = calls.get(place) ?? 0;
    calls.set(place, n + 1);
    const kind = plan.at(place, n);
    if (kind !== null) met.push({ place, n, kind });
    const share = chance.draw(place, n, 3);
    if (kind === 'sleep') {
      const ms = SHORTEST_SLEEP_MS + share * (LONGEST_SLEEP_MS - SHORTEST_SLEEP_MS);
      this.#asleepUntil = this.#in.scheduler.now + ms;
    }
    await this.sleep(1 + chance.draw(place, n, 4) ** 3 * LONGEST_LATENCY_MS);
    switch (kind) {
      case 'refused':
        throw new SimulatedFailure(`${action} refused`);
      case 'lost-answer':
        effect();
        throw new SimulatedFailure(`${action}: no answer`);
      case 'late-effect':
        this.#in.scheduler.after(share * LONGEST_LATE_MS, () => void attempt(effect));
        throw new SimulatedFailure(`${action}: no answer yet`);
      case 'repeated':
        attempt(effect);
        await this.sleep(50 + share * LONGEST_LATENCY_MS);
        return effect();
      case 'death-before':
        this.kill();
        return await never();
      case 'death-after':
        attempt(effect);
        this.kill();
        return await never();
      case 'partial':
        if (partial) return partial();
        throw new SimulatedFailure(`${action} refused`);
      default:
        return effect();
    }
  }

  /** Events of a dead process do not happen; those of a sleeping one wait. */
  #whenAwake(ms: number, resolve: () => void): void {
    const { scheduler } = this.#in;
    scheduler.after(ms, () => {
      if (this.#dead) return;
      const more = this.#asleepUntil - scheduler.now;
      if (more > 0) this.#whenAwake(more, resolve);
      else resolve();
    });
  }
}

/** An answer that nobody hears, error or not. */
function attempt(effect: () => unknown): void {
  try {
    effect();
  } catch {
    // The caller is told that it failed in any case.
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
