/** Numbers from 0 up to, not including, 1: the same ones for the same seed (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** The element of a list that is not empty on which such a number falls. */
export function pick<T>(list: readonly T[], drawn: number): T {
  return list[Math.floor(drawn * list.length)] as T;
}
