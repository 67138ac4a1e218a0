/** A body that is being read and can wait. */
export interface Reading {
  pause(): void;
  resume(): void;
}

/**
 * Bounds what all bodies that are being read hold at once: many connections times the largest body would be more than the
 * function's memory. Above the bound only the oldest body is read on, so that one always gets to its end; the others leave
 * their bytes in the socket, where TCP holds the server back.
 */
export class BodyMemory {
  readonly #maxBytes: number;
  /** Bytes of each, oldest first: a Map keeps the order in which they came. */
  readonly #held = new Map<Reading, number>();
  /** Those of them that wait; mostly none. */
  readonly #paused = new Set<Reading>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** A body has grown by so many bytes. May pause it. */
  grew(reading: Reading, bytes: number): void {
    this.#held.set(reading, (this.#held.get(reading) ?? 0) + bytes);
    this.#bytes += bytes;
    if (this.#bytes <= this.#maxBytes || reading === this.#oldest()) return;
    this.#paused.add(reading);
    reading.pause();
  }

  /** A body is whole or given up. Resumes those that its bytes kept waiting. */
  left(reading: Reading): void {
    const bytes = this.#held.get(reading);
    if (bytes === undefined) return;
    this.#held.delete(reading);
    this.#paused.delete(reading);
    this.#bytes -= bytes;
    if (this.#paused.size === 0) return;
    const oldest = this.#oldest();
    for (const each of this.#held.keys()) {
      if (each !== oldest && this.#bytes > this.#maxBytes) return;
      if (this.#paused.delete(each)) each.resume();
    }
  }

  #oldest(): Reading | undefined {
    return this.#held.keys().next().value;
  }
}
