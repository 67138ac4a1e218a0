import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Written at a time. */
const bufferBytes = 1 << 20;

/**
 * Lines of a UTF-8 file from a byte offset on, each with the offset after it. Only a line feed ends a line: readline also
 * takes U+2028 for an end, which titles contain. What follows the last line feed is no line.
 */
export async function* linesOf(path: string, start = 0): AsyncGenerator<{ text: string; end: number }> {
  let offset = start;
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { start }) as AsyncIterable<Buffer>) {
    const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let to = data.indexOf(10); to >= 0; to = data.indexOf(10, from)) {
      yield { text: data.toString('utf8', from, to), end: offset + to + 1 };
      from = to + 1;
    }
    offset += from;
    rest = Buffer.from(data.subarray(from));
  }
}

/** Takes lines for a file, in pieces of a megabyte. */
export class LineWriter {
  readonly #file: FileHandle;
  #lines: string[] = [];
  #waiting = 0;
  #bytes = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Makes a file of what `fill` adds; an existing one is replaced. Resolves with its size once it is on disk. */
  static async fill(path: string, fill: (writer: LineWriter) => Promise<void>): Promise<number> {
    const file = await open(path, 'w');
    try {
      const writer = new LineWriter(file);
      await fill(writer);
      await writer.#flush();
      await file.sync();
      return writer.#bytes;
    } finally {
      await file.close();
    }
  }

  async add(line: string): Promise<void> {
    this.#lines.push(line);
    this.#waiting += line.length;
    if (this.#waiting >= bufferBytes) await this.#flush();
  }

  async #flush(): Promise<void> {
    if (this.#lines.length === 0) return;
    const data = Buffer.from(`${this.#lines.join('\n')}\n`);
    this.#lines = [];
    this.#waiting = 0;
    await this.#file.writeFile(data);
    this.#bytes += data.length;
  }
}
