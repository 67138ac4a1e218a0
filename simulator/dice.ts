/** Names a family of draws, so that two questions about the same thing get independent answers. */
export function stream(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

function mix(state: number, value: number): number {
  let hash = Math.imul(state ^ value, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * Random draws without state: the same seed, marketplace, stream and keys always give the same number, in any order
 * of asking. That is what makes the ground truth a function instead of a table.
 */
export class Dice {
  readonly #root: number;

  constructor(seed: number, marketplace: string) {
    this.#root = mix(mix(0x2545f491, seed >>> 0), stream(marketplace));
  }

  /** A whole number from 0 to 2^32 - 1. */
  draw(about: number, a = 0, b = 0, c = 0): number {
    return mix(mix(mix(mix(this.#root, about), a), b), c);
  }

  /** A number from 0 up to, not including, 1. */
  share(about: number, a = 0, b = 0, c = 0): number {
    return this.draw(about, a, b, c) / 0x1_0000_0000;
  }

  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number, about: number, a = 0, b = 0, c = 0): number {
    return Math.floor(this.share(about, a, b, c) * limit);
  }

  /** One element of a list that is not empty. */
  pick<T>(list: readonly T[], about: number, a = 0, b = 0, c = 0): T {
    return list[this.below(list.length, about, a, b, c)] as T;
  }

  /** A text of `length` characters that looks like an object key. */
  key(length: number, about: number, a = 0, b = 0): string {
    let text = '';
    for (let i = 0; text.length < length; i++) text += this.draw(about, a, b, i).toString(32);
    return text.slice(0, length);
  }
}
