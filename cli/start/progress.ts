import type { Books } from '../../functions/core/model/outcome.ts';
import { cut } from '../table.ts';

/**
 * Tells what is going on: one line that is rewritten on a terminal, a plain line every few seconds otherwise.
 * Everything goes to stderr; stdout belongs to the report.
 */
export class Progress {
  readonly #terminal: boolean;
  readonly #columns: () => number;
  #lastPlain = 0;
  #live = false;

  constructor(stream: { isTTY?: boolean; columns?: number } = process.stderr) {
    this.#terminal = stream.isTTY === true;
    this.#columns = () => stream.columns ?? 80;
  }

  /** A finished step. */
  step(text: string): void {
    this.#clear();
    process.stderr.write(`${text}\n`);
  }

  /** The state of a sweep; may be called as often as one likes. */
  books(label: string, books: Books, elapsedMs: number): void {
    const done = books.dispatched - books.inFlight;
    const rate = elapsedMs > 0 ? Math.round((done / elapsedMs) * 1000) : 0;
    const text = `  ${label}: ${done} of ${books.dispatched} accounted for (${books.stored} stored, ${books.unchanged} unchanged, ${books.gone} gone), ${rate}/s`;
    if (this.#terminal) {
      // A line that wraps cannot be rewritten.
      process.stderr.write(`\r\x1b[2K${cut(text, this.#columns() - 1)}`);
      this.#live = true;
      return;
    }
    const now = Date.now();
    if (now - this.#lastPlain < 2000) return;
    this.#lastPlain = now;
    process.stderr.write(`${text}\n`);
  }

  #clear(): void {
    if (this.#live) process.stderr.write('\r\x1b[2K');
    this.#live = false;
  }
}
