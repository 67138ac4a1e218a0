/**
 * Chance that can be repeated: what is drawn follows from the seed and from what it is drawn for, never from how much was
 * drawn before. So a schedule with one fault fewer meets the same latencies, orders and prices everywhere else.
 */
export class Chance {
  readonly #seed: number;
  readonly #topics = new Map<string, number>();

  constructor(seed: number) {
    this.#seed = mix(seed ^ 0x5bd1e995);
  }

  /** Uniform in [0, 1) for the n-th draw of a topic; `about` tells several draws of one occasion apart. */
  draw(topic: string, n: number, about = 0): number {
    const hash = this.#topic(topic) ^ Math.imul(n + 1, 0x9e3779b1) ^ Math.imul(about, 0x85ebca77);
    return mix(hash) / 2 ** 32;
  }

  /** A whole number from 0 to `below` - 1. */
  pick(topic: string, n: number, below: number, about = 0): number {
    return Math.floor(this.draw(topic, n, about) * below);
  }

  happens(topic: string, n: number, probability: number, about = 0): boolean {
    return this.draw(topic, n, about) < probability;
  }

  #topic(topic: string): number {
    let hash = this.#topics.get(topic);
    if (hash === undefined) {
      hash = this.#seed;
      for (let i = 0; i < topic.length; i += 1) hash = Math.imul(hash ^ topic.charCodeAt(i), 0x01000193);
      this.#topics.set(topic, hash);
    }
    return hash;
  }
}

/** The finalizer of MurmurHash3, 32 bits. */
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
