import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LineWriter, linesOf } from './lines.ts';

/** Characters that are sorted in memory at a time. */
const runCharacters = 48 * 1024 * 1024;

/** Sorts more lines than memory holds, by their UTF-16 code units: sorted runs in files, merged at the end. */
export class LineSorter {
  readonly #folder: string;
  readonly #limit: number;
  readonly #runs: string[] = [];
  #lines: string[] = [];
  #characters = 0;

  /** `folder` is the sorter's own: it is emptied now, and gone after `dispose`. */
  static async create(folder: string, limit = runCharacters): Promise<LineSorter> {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    return new LineSorter(folder, limit);
  }

  private constructor(folder: string, limit: number) {
    this.#folder = folder;
    this.#limit = limit;
  }

  async add(line: string): Promise<void> {
    this.#lines.push(line);
    this.#characters += line.length;
    if (this.#characters >= this.#limit) await this.#endRun();
  }

  async *sorted(): AsyncGenerator<string> {
    if (this.#lines.length > 0) await this.#endRun();
    const heads: Head[] = [];
    for (const run of this.#runs) {
      const lines = linesOf(run);
      const first = await lines.next();
      if (!first.done) push(heads, { text: first.value.text, lines });
    }
    for (let head = heads[0]; head !== undefined; head = heads[0]) {
      yield head.text;
      const next = await head.lines.next();
      if (next.done) {
        const last = heads.pop();
        if (last === undefined || last === head) continue;
        heads[0] = last;
      } else head.text = next.value.text;
      sink(heads);
    }
  }

  async dispose(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #endRun(): Promise<void> {
    const path = join(this.#folder, `run-${this.#runs.length}`);
    await LineWriter.fill(path, async (writer) => {
      for (const line of this.#lines.sort()) await writer.add(line);
    });
    this.#runs.push(path);
    this.#lines = [];
    this.#characters = 0;
  }
}

/** The next line of a run. Heads are kept as a heap, the least first. */
interface Head {
  text: string;
  readonly lines: AsyncGenerator<{ text: string }>;
}

function push(heads: Head[], head: Head): void {
  let place = heads.push(head) - 1;
  while (place > 0) {
    const above = (place - 1) >> 1;
    if (!swapIfLess(heads, place, above)) return;
    place = above;
  }
}

function sink(heads: Head[]): void {
  for (let place = 0; ; ) {
    const left = 2 * place + 1;
    if (left >= heads.length) return;
    const least = isLess(heads, left + 1, left) ? left + 1 : left;
    if (!swapIfLess(heads, least, place)) return;
    place = least;
  }
}

function isLess(heads: readonly Head[], a: number, b: number): boolean {
  const [one, other] = [heads[a], heads[b]];
  return one !== undefined && other !== undefined && one.text < other.text;
}

function swapIfLess(heads: Head[], a: number, b: number): boolean {
  const [one, other] = [heads[a], heads[b]];
  if (one === undefined || other === undefined || one.text >= other.text) return false;
  heads[a] = other;
  heads[b] = one;
  return true;
}
