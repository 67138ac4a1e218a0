import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import type { Ends } from './socket-owner.ts';
import { ClientMessages } from './statements.ts';

/** What happens when a client sends a statement. */
export interface StatementRule {
  statement: RegExp;
  /** Database user that sends it: `narx_store`. */
  user?: RegExp;
  /** Statements to let pass first. */
  after?: number;
  /**
   * `before`: it never reaches the server, and `act` is called. `after`: it does, and `act` is called when the server has
   * answered; the answer never reaches the client. `act` gets the ports of the client's connection; false when it could do
   * nothing: the statement, or its answer, goes on its way, and the rule is for the next one that fits; so it is when nobody
   * waits for the answer any more.
   */
  when: 'before' | 'after';
  act(client: Ends): boolean;
}

interface WaitingRule extends StatementRule {
  seen: number;
}

interface Link {
  client: Socket;
  server: Socket;
}

/** What becomes of new connections: `hang` takes them and answers nothing, `refuse` resets them. */
type Mode = 'pass' | 'hang' | 'refuse';

/**
 * Between the functions and one storage domain's Postgres. The harness and the operator's commands go to Postgres directly.
 */
export class PostgresProxy {
  readonly #target: { host: string; port: number };
  readonly #server: Server;
  readonly #links = new Set<Link>();
  /** Connections that were taken while it hangs. */
  readonly #held = new Set<Socket>();
  readonly #rules: WaitingRule[] = [];
  readonly #pinning = new Set<string>();
  #mode: Mode = 'pass';
  #latencyMs = 0;
  #byteLimit: number | null = null;

  constructor(target: { host: string; port: number }) {
    this.#target = target;
    this.#server = createServer({ pauseOnConnect: true }, (client) => this.#accept(client));
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Open connections of clients. */
  get connections(): number {
    return this.#links.size;
  }

  /** What RDS Proxy would have kept sessions for: who, and why. */
  get pinning(): string[] {
    return [...this.#pinning];
  }

  /** `act` is done once, for the first statement that fits (after those to let pass). */
  on(rule: StatementRule): void {
    this.#rules.push({ ...rule, seen: 0 });
  }

  /** Nothing is answered any more, on connections of now and on new ones; nothing is closed either. */
  hang(): void {
    this.#mode = 'hang';
    for (const link of this.#links) freeze(link);
  }

  /** The connections of now fall silent, as after a failover that nobody announced; new ones work. */
  halfOpen(): void {
    for (const link of this.#links) freeze(link);
  }

  /** The connections of now are reset; new ones work. */
  reset(): void {
    for (const { client, server } of this.#links) {
      client.resetAndDestroy();
      server.destroy();
    }
  }

  /** Every connection is reset, new ones at once. */
  refuse(): void {
    this.#mode = 'refuse';
    this.reset();
  }

  /** Each chunk from the server comes so much later. */
  delay(milliseconds: number): void {
    this.#latencyMs = milliseconds;
  }

  /** New connections are reset after the server has sent so many bytes; null: never. */
  limit(bytes: number | null): void {
    this.#byteLimit = bytes;
  }

  /** New connections work; those that hang or are half-open are reset. */
  restore(): void {
    this.#mode = 'pass';
    this.#latencyMs = 0;
    this.#byteLimit = null;
    this.#rules.length = 0;
    for (const client of this.#held) client.resetAndDestroy();
    this.#held.clear();
    for (const link of this.#links) if (link.client.isPaused()) link.client.resetAndDestroy();
  }

  async close(): Promise<void> {
    for (const { client, server } of this.#links) {
      client.destroy();
      server.destroy();
    }
    for (const client of this.#held) client.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(client: Socket): void {
    client.on('error', () => client.destroy());
    if (this.#mode === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    if (this.#mode === 'hang') {
      this.#held.add(client);
      client.once('close', () => this.#held.delete(client));
      return;
    }
    const server = dial(this.#target);
    const link: Link = { client, server };
    this.#links.add(link);
    server.on('error', () => client.resetAndDestroy());
    server.once('close', () => client.destroy());
    client.once('close', () => {
      this.#links.delete(link);
      server.destroy();
    });
    this.#relay(link, { own: client.remotePort ?? 0, other: client.localPort ?? 0 });
    client.resume();
  }

  #relay({ client, server }: Link, ends: Ends): void {
    const messages = new ClientMessages();
    const limit = this.#byteLimit;
    let answered = 0;
    let onAnswer: WaitingRule | null = null;
    client.on('data', (chunk: Buffer) => {
      const rule = this.#ruleFor(messages.read(chunk), messages.user);
      this.#notePinning(messages);
      if (rule?.when === 'before' && this.#done(rule, ends)) {
        client.resetAndDestroy();
        return;
      }
      if (rule?.when === 'after') onAnswer = rule;
      server.write(chunk);
    });
    // Somebody else has killed it, or it has given up, before the answer came.
    client.once('close', () => {
      if (onAnswer) this.#rules.push(onAnswer);
    });
    server.on('data', (chunk: Buffer) => {
      const rule = onAnswer;
      onAnswer = null;
      if (rule && this.#done(rule, ends)) {
        client.resetAndDestroy();
        return;
      }
      answered += chunk.length;
      if (limit !== null && answered > limit) client.resetAndDestroy();
      else if (this.#latencyMs > 0) setTimeout(() => client.write(chunk), this.#latencyMs);
      else client.write(chunk);
    });
  }

  /** Of the functions that log in through RDS Proxy: migrate goes past it, because it takes a lock that pins. */
  #notePinning({ pinning, user }: ClientMessages): void {
    if (!/^narx_(?!master$)/.test(user ?? '')) return;
    for (const reason of pinning) this.#pinning.add(`${user}: ${reason}`);
  }

  /** Takes the rule out of those that wait. */
  #ruleFor(statements: readonly string[], user: string | null): WaitingRule | undefined {
    for (const statement of statements) {
      for (const [index, rule] of this.#rules.entries()) {
        if (!rule.statement.test(statement) || !(rule.user?.test(user ?? '') ?? true)) continue;
        rule.seen += 1;
        if (rule.seen <= (rule.after ?? 0)) continue;
        this.#rules.splice(index, 1);
        return rule;
      }
    }
    return undefined;
  }

  #done(rule: WaitingRule, ends: Ends): boolean {
    const done = rule.act(ends);
    if (!done) this.#rules.push(rule);
    return done;
  }
}

/** Neither end hears of the other any more; the kernel goes on acknowledging. */
function freeze({ client, server }: Link): void {
  client.pause();
  server.pause();
}
