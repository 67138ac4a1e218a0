import { setTimeout as sleep } from 'node:timers/promises';
import type { Time } from '../../../local/aws/time.ts';

interface Timer {
  at: number;
  run: () => void;
}

/** A clock that stands still until it is advanced. Timers run in order, each at its own time. */
export class ManualTime implements Time {
  #now = Date.UTC(2026, 0, 15, 12, 0, 0);
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, run: () => void): () => void {
    const timer = { at: this.#now + milliseconds, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const next = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = end;
  }

  /** Resolves once somebody waits on this clock: a request has arrived and went to sleep. */
  async waitForTimer(): Promise<void> {
    while (this.#timers.size === 0) await sleep(1);
  }
}
