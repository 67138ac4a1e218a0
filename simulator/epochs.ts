/** One stretch of the marketplaces' time in which nothing changes. */
export interface Epoch {
  readonly epoch: number;
  readonly startedAt: Date;
}

/** The virtual time of all marketplaces: it stands still until someone advances it. */
export class Epochs {
  readonly #started: Epoch[];
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
    this.#started = [{ epoch: 0, startedAt: now() }];
  }

  get current(): number {
    return this.#started.length - 1;
  }

  /** Starts the next epoch: what was promised of it becomes what the marketplaces say. */
  advance(): Epoch {
    const next = { epoch: this.#started.length, startedAt: this.#now() };
    this.#started.push(next);
    return next;
  }

  all(): readonly Epoch[] {
    return this.#started;
  }
}
