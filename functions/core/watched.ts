import type { Clock, Log } from './ports/runtime.ts';
import type { Shared } from './ports/shared.ts';

/**
 * One marketplace's shared value as a worker sees it: read now and then instead of before every request. While the value
 * cannot be read, the last known one holds (F15).
 */
export class Watched<T> {
  readonly #shared: Shared<T>;
  readonly #marketplace: string;
  readonly #ports: { clock: Clock; log: Log };
  readonly #freshMs: number;
  #value: T;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | null = null;
  /** Changes made here: a read that began before one of them brings old news. */
  #changes = 0;

  /** `initial` holds until the first read; `freshMs` is how long a read counts as current. */
  constructor(
    shared: Shared<T>,
    marketplace: string,
    initial: T,
    ports: { clock: Clock; log: Log },
    freshMs: number,
  ) {
    this.#shared = shared;
    this.#marketplace = marketplace;
    this.#value = initial;
    this.#ports = ports;
    this.#freshMs = freshMs;
  }

  /** The last known value. One that is no longer current is read again in the background. */
  get value(): T {
    if (this.#isStale()) void this.#read();
    return this.#value;
  }

  /** Waits until the value is current, or was tried to be read; with `anyway`, whatever its age. Never throws. */
  async refresh(anyway = false): Promise<void> {
    if (anyway || this.#isStale()) await this.#read();
  }

  /** Changes the value for everybody. When that cannot be written, nobody goes by it, this worker neither. */
  async propose(transition: (current: T) => T): Promise<T> {
    try {
      await this.#write(transition);
    } catch (error) {
      this.#warn('A shared value could not be written: the last known one holds', error);
    }
    return this.#value;
  }

  /** Changes the value: for this worker at once, then for everybody. When that cannot be written, this worker goes by it. */
  async change(transition: (current: T) => T): Promise<T> {
    this.#value = transition(this.#value);
    try {
      await this.#write(transition);
    } catch (error) {
      this.#warn('A shared value could not be written: this worker alone goes by it', error);
    }
    return this.#value;
  }

  async #write(transition: (current: T) => T): Promise<void> {
    this.#value = await this.#shared.change(this.#marketplace, transition);
    this.#changes += 1;
    this.#readAt = this.#ports.clock.now().getTime();
  }

  #isStale(): boolean {
    return this.#ports.clock.now().getTime() - this.#readAt >= this.#freshMs;
  }

  #read(): Promise<void> {
    const changes = this.#changes;
    this.#reading ??= this.#shared
      .read(this.#marketplace)
      .then((value) => {
        if (changes === this.#changes) this.#value = value;
      })
      .catch((error: unknown) =>
        this.#warn('A shared value could not be read: the last known one holds', error),
      )
      .finally(() => {
        // After a failure, too: a table that is down is not asked before every request.
        this.#readAt = this.#ports.clock.now().getTime();
        this.#reading = null;
      });
    return this.#reading;
  }

  #warn(message: string, error: unknown): void {
    this.#ports.log.warn(message, { marketplace: this.#marketplace, error });
  }
}
