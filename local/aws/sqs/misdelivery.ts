/**
 * How a standard queue may deliver, made frequent: `again` is the share of messages that a second receiver gets as soon as
 * the first has them, `afterDelete` the share that comes once more though it was deleted (a server that was not reached kept
 * it), `disorder` by how many places a message may be overtaken. Developer guide, "Amazon SQS at-least-once delivery".
 */
export interface MisdeliverySettings {
  again?: number;
  afterDelete?: number;
  disorder?: number;
  seed?: number;
}

/** Decides for each message of one queue; the same seed and order of messages decide the same. */
export class Misdelivery {
  readonly #settings: MisdeliverySettings;
  readonly #repeated = new Set<number>();
  readonly #returned = new Set<number>();
  #state: number;

  constructor(settings: MisdeliverySettings) {
    this.#settings = settings;
    this.#state = settings.seed ?? 1;
  }

  /** Whether the message stays visible though it was received; true once a message. */
  staysVisible(number: number): boolean {
    return this.#once(this.#repeated, number, this.#settings.again ?? 0);
  }

  /** Whether the message is still there though it was deleted; true once a message. */
  survivesDelete(number: number): boolean {
    return this.#once(this.#returned, number, this.#settings.afterDelete ?? 0);
  }

  /** Places that a message falls behind when it becomes visible. */
  placesBehind(): number {
    return Math.floor(this.#random() * (this.#settings.disorder ?? 0));
  }

  #once(done: Set<number>, number: number, share: number): boolean {
    if (done.has(number)) return false;
    // Drawn once a message: asking again does not raise its chances.
    done.add(number);
    return this.#random() < share;
  }

  /** Mulberry32. */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
}
