import type { LocalClock } from '../../../local/events/clock.ts';

/** Lets everything run that waits for nothing but promises. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 3; round++) await new Promise((resolve) => setImmediate(resolve));
}

/** Time that stands still until a test turns it. Sleeps end in order, with everything they start run in between. */
export class ManualClock implements LocalClock {
  #now: number;
  #sleeps: { until: number; wake: () => void }[] = [];

  constructor(now: string) {
    this.#now = Date.parse(now);
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const entry = {
        until: this.#now + ms,
        wake: () => {
          this.#sleeps = this.#sleeps.filter((other) => other !== entry);
          resolve();
        },
      };
      this.#sleeps.push(entry);
      signal?.addEventListener('abort', entry.wake, { once: true });
    });
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const next = this.#sleeps.toSorted((a, b) => a.until - b.until)[0];
      if (!next || next.until > end) break;
      this.#now = Math.max(this.#now, next.until);
      next.wake();
      await settle();
    }
    this.#now = end;
    await settle();
  }
}
