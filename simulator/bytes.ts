const START = 64 * 1024;

/**
 * Assembles a body from ready-made parts and short texts. Most of a body is the same for many products, and copying
 * bytes is several times cheaper than encoding a long string for every request.
 */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(START);
  #length = 0;

  /** Bytes that are already encoded. */
  raw(part: Buffer): this {
    this.#reserve(part.length);
    part.copy(this.#bytes, this.#length);
    this.#length += part.length;
    return this;
  }

  /** Text that has no character beyond ASCII. */
  ascii(text: string): this {
    this.#reserve(text.length);
    this.#length += this.#bytes.write(text, this.#length, 'latin1');
    return this;
  }

  /** Any text. */
  text(text: string): this {
    this.#reserve(text.length * 3);
    this.#length += this.#bytes.write(text, this.#length, 'utf8');
    return this;
  }

  /** The body so far, as a copy of its own; the writer starts anew. */
  take(): Buffer {
    const body = Buffer.allocUnsafeSlow(this.#length);
    this.#bytes.copy(body, 0, 0, this.#length);
    this.#length = 0;
    return body;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + more));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
