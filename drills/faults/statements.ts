import { pinnedByStart, pinnedByStatement } from './pinning.ts';

/** Reads what a Postgres client sends, as far as needed to tell the user, the statements, and what RDS Proxy would pin. */
export class ClientMessages {
  /** From the start-up message; null before it. */
  user: string | null = null;
  /** Reasons for which RDS Proxy would keep this session for this client. */
  readonly pinning = new Set<string>();
  #rest: Buffer = Buffer.alloc(0);
  #started = false;

  /** The statements that end in this chunk: texts of Query and Parse messages, in order. */
  read(chunk: Buffer): string[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const statements: string[] = [];
    for (;;) {
      const header = this.#started ? 5 : 4;
      if (this.#rest.length < header) return statements;
      const length = this.#rest.readInt32BE(header - 4) + header - 4;
      if (this.#rest.length < length) return statements;
      const message = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      if (this.#started) {
        const type = String.fromCharCode(message[0] ?? 0);
        const texts = message.subarray(5).toString('utf8').split('\0');
        if (type !== 'Q' && type !== 'P') continue;
        const [name = '', text = ''] = type === 'P' ? texts : ['', ...texts];
        statements.push(text);
        this.#note(pinnedByStatement(name, text));
      } else if (message.readInt32BE(4) === 196_608) {
        // Protocol 3.0; anything before it (a wish for encryption) is another message of this form.
        this.#started = true;
        const words = message.subarray(8).toString('utf8').split('\0');
        const parameters = new Map<string, string>();
        for (let at = 0; words[at]; at += 2) parameters.set(words[at] ?? '', words[at + 1] ?? '');
        this.user = parameters.get('user') ?? null;
        this.#note(pinnedByStart(parameters));
      }
    }
  }

  #note(reason: string | null): void {
    if (reason !== null) this.pinning.add(reason);
  }
}
