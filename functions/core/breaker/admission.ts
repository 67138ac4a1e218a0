import type { Breaker } from '../model/breaker.ts';
import type { Clock, Log } from '../ports/runtime.ts';
import type { Watched } from '../watched.ts';
import {
  type Attempt,
  admitted,
  type BreakerSettings,
  type Failure,
  failed,
  released,
  succeeded,
} from './machine.ts';

export interface AdmissionPorts {
  breaker: Watched<Breaker>;
  clock: Clock;
  log: Log;
  sleep: (ms: number) => Promise<unknown>;
}

/**
 * The breaker as one worker finds it before it touches the database. A batch that may not be stored now waits here
 * rather than being returned at once: each return spends a receive and makes room for the next batch to do the same,
 * while one that waits holds a place of the mapping until the gatekeeper has paused it, or the database is back.
 */
export class Admission {
  readonly #ports: AdmissionPorts;
  readonly #settings: BreakerSettings;
  /** How often one that waits looks again. */
  readonly #pollMs: number;

  constructor(ports: AdmissionPorts, settings: BreakerSettings, pollMs: number) {
    this.#ports = ports;
    this.#settings = settings;
    this.#pollMs = pollMs;
  }

  /**
   * Resolves null once the batch may be stored. Otherwise with the reason why not, when no more than `keptMs` of the
   * invocation is left, which are for storing.
   */
  async enter(owner: string, remainingMs: () => number, keptMs: number): Promise<string | null> {
    const { breaker, sleep } = this.#ports;
    await breaker.refresh();
    for (;;) {
      const waitMs = await this.#ask(owner, remainingMs());
      if (waitMs !== null && waitMs <= 0) return null;
      if (waitMs !== null && remainingMs() - waitMs > keptMs) {
        await sleep(waitMs);
        return null;
      }
      if (remainingMs() - this.#pollMs <= keptMs) return reasonOf(breaker.value);
      await sleep(this.#pollMs);
      await breaker.refresh(true);
    }
  }

  async succeeded(attempt: Attempt): Promise<void> {
    await this.#change((current) => succeeded(current, attempt, this.#settings));
  }

  /** The database could not serve: counts towards opening the breaker. */
  async failed(attempt: Attempt, failure: Failure): Promise<void> {
    const before = this.#ports.breaker.value.state;
    const next = await this.#change((current) => failed(current, attempt, failure, this.#settings));
    if (next.state === 'open' && before !== 'open')
      this.#ports.log.error('Breaker opened', { ...failure, openings: next.openings, since: next.since });
  }

  /** The batch failed for a reason of its own. */
  async released(owner: string): Promise<void> {
    await this.#change((current) => released(current, owner));
  }

  /** Milliseconds until the batch may start, null when that is not known. */
  async #ask(owner: string, trialMs: number): Promise<number | null> {
    const { clock } = this.#ports;
    let startAt: Date | null = null;
    await this.#change((current) => {
      const answer = admitted(current, owner, clock.now(), trialMs, this.#settings);
      startAt = answer.startAt;
      return answer.breaker;
    });
    return startAt === null ? null : (startAt as Date).getTime() - clock.now().getTime();
  }

  /**
   * Nothing is written, or read, for what changes nothing in the value that this worker knows. What cannot be written counts
   * for nobody: a worker that opened the breaker for itself alone would wait for a probe that never comes.
   */
  async #change(transition: (current: Breaker) => Breaker): Promise<Breaker> {
    const { breaker } = this.#ports;
    const known = breaker.value;
    return transition(known) === known ? known : await breaker.propose(transition);
  }
}

function reasonOf(breaker: Breaker): string {
  return breaker.state === 'closed'
    ? 'The database has just come back and is written to slowly.'
    : `The breaker is ${breaker.state} since ${breaker.since.toISOString()}: ${breaker.reason}`;
}
