import type { Process } from '../process.ts';
import type { Scheduler } from '../scheduler.ts';
import type { Message, SimulatedQueue } from './queue.ts';

/** One execution environment of a function: `handle` resolves with the ids of the messages that must come again. */
export interface Environment<T> {
  readonly process: Process;
  handle(messages: readonly Message<T>[], remainingMs: () => number): Promise<ReadonlySet<number>>;
}

export interface ConsumerSettings {
  batchSize: number;
  maxConcurrency: number;
  timeoutMs: number;
}

/** An event source mapping with the function that it feeds. Messages of an invocation that fails stay invisible for a while. */
export class Consumer<T> {
  readonly #queue: SimulatedQueue<T>;
  readonly #scheduler: Scheduler;
  readonly #settings: ConsumerSettings;
  readonly #start: () => Environment<T>;
  readonly #idle: Environment<T>[] = [];
  #running = 0;
  #wakesAt = Number.POSITIVE_INFINITY;
  #enabled = true;

  constructor(
    queue: SimulatedQueue<T>,
    scheduler: Scheduler,
    settings: ConsumerSettings,
    start: () => Environment<T>,
  ) {
    this.#queue = queue;
    this.#scheduler = scheduler;
    this.#settings = settings;
    this.#start = start;
  }

  get busy(): boolean {
    return this.#running > 0;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  set enabled(enabled: boolean) {
    this.#enabled = enabled;
    this.wake(0);
  }

  /** Looks at the queue after `ms`, unless it does so sooner anyway. */
  wake(ms: number): void {
    const { now } = this.#scheduler;
    if (now + ms >= this.#wakesAt) return;
    this.#wakesAt = now + ms;
    this.#scheduler.after(ms, () => this.#look());
  }

  /** Everything dies at once, as when a machine does. */
  killAll(): void {
    for (const { process } of this.#idle.splice(0)) process.kill();
  }

  #look(): void {
    this.#wakesAt = Number.POSITIVE_INFINITY;
    while (this.#enabled && this.#running < this.#settings.maxConcurrency) {
      const messages = this.#queue.receive(this.#settings.batchSize);
      if (messages.length === 0) break;
      void this.#invoke(messages);
    }
    const next = this.#queue.nextVisibleAt;
    if (this.#enabled && next !== null && this.#running < this.#settings.maxConcurrency) {
      this.wake(Math.max(200, next - this.#scheduler.now));
    }
  }

  async #invoke(messages: readonly Message<T>[]): Promise<void> {
    this.#running += 1;
    const environment = this.#idle.pop() ?? this.#start();
    const { process } = environment;
    const endsAt = this.#scheduler.now + this.#settings.timeoutMs;
    const timeout = new Promise<'timeout'>((resolve) =>
      this.#scheduler.after(this.#settings.timeoutMs, () => resolve('timeout')),
    );
    const result = await Promise.race([
      environment.handle(messages, () => endsAt - this.#scheduler.now).catch(() => 'error' as const),
      process.death,
      timeout,
    ]);
    this.#running -= 1;
    if (typeof result !== 'string') {
      for (const message of messages) if (!result.has(message.id)) this.#queue.delete(message);
    }
    // An environment that sleeps through its timeout is given up, and wakes up all the same.
    if (result === 'timeout' && !process.asleep) process.kill();
    if (result !== 'timeout' && !process.dead) this.#idle.push(environment);
    this.wake(0);
  }
}
