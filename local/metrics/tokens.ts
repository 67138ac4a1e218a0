/** Reads an expression token by token. Every fault is an Error that quotes the expression. */
export class Tokens {
  readonly #text: string;
  readonly #tokens: string[];
  #position = 0;

  /** `pattern` (sticky, no groups) matches one token; white space between tokens is skipped. */
  constructor(text: string, pattern: RegExp) {
    this.#text = text;
    this.#tokens = [];
    let at = 0;
    while (at < text.length) {
      if (/\s/.test(text.charAt(at))) {
        at++;
        continue;
      }
      pattern.lastIndex = at;
      const token = pattern.exec(text)?.[0];
      if (!token) throw new Error(`cannot read "${text}" at "${text.slice(at, at + 20)}"`);
      this.#tokens.push(token);
      at += token.length;
    }
  }

  /** The next token without taking it; empty at the end. */
  peek(): string {
    return this.#tokens[this.#position] ?? '';
  }

  next(): string {
    const token = this.peek();
    if (token === '') throw this.fault('it ends too early');
    this.#position++;
    return token;
  }

  /** Takes the next token if it is one of these. */
  take(...wanted: string[]): string | null {
    return wanted.includes(this.peek()) ? this.next() : null;
  }

  expect(wanted: string): void {
    if (this.take(wanted) === null) {
      throw this.fault(
        `${wanted} is expected ${this.peek() === '' ? 'at its end' : `before ${this.peek()}`}`,
      );
    }
  }

  end(): void {
    if (this.peek() !== '') throw this.fault(`${this.peek()} is not expected`);
  }

  fault(reason: string): Error {
    return new Error(`"${this.#text}": ${reason}`);
  }
}
