import pg from 'pg';
import { DatabaseUnavailable, RetryLater } from '../../core/model/errors.ts';
import { timeStatement } from '../vitals.ts';
import { remedyFor, saysUnavailable } from './errors.ts';
import { typeParsers } from './values.ts';

/** Runs statements within one transaction or connection. Rows come back as arrays, in the order of the select list. */
export interface Session {
  rows<Row extends unknown[]>(statement: string, parameters: readonly (string | number)[]): Promise<Row[]>;
}

/** Where and as whom to connect; asked at each connect, so that a token is always fresh. */
export type ConnectionSettings = () => pg.ClientConfig;

/**
 * One connection per environment, opened when it is first needed and discarded as soon as it is in doubt. Nothing that
 * RDS Proxy would pin a session for: unnamed statements of constant text, no startup parameters, no SET.
 */
export class Database {
  readonly #settings: ConnectionSettings;
  #client: pg.Client | null = null;
  #abandoned = false;
  #underWay = 0;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
  }

  /**
   * Runs `work` in one transaction and commits it. On any error the transaction is rolled back (or its connection
   * closed, which does the same) and the error is thrown again. A failure that passes is a RetryLater, one that everybody
   * else meets too a DatabaseUnavailable.
   */
  async inTransaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    this.#underWay += 1;
    try {
      return await this.#transaction(work);
    } finally {
      this.#underWay -= 1;
    }
  }

  async #transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const client = await this.#connected();
    try {
      await send(client, 'begin', []);
      const result = await work(sessionOn(client));
      const { command } = await send(client, 'commit', []);
      // PostgreSQL answers a commit of an aborted transaction with ROLLBACK, and no error (F03).
      if (command !== 'COMMIT')
        throw new RetryLater(`the transaction was not committed but ended by ${command}`);
      return result;
    } catch (error) {
      await this.#abandon(client, error);
      throw asRetryLater(error);
    }
  }

  /** One statement in a transaction of its own. */
  async rows<Row extends unknown[]>(
    statement: string,
    parameters: readonly (string | number)[],
  ): Promise<Row[]> {
    this.#underWay += 1;
    try {
      return await this.#statement<Row>(statement, parameters);
    } finally {
      this.#underWay -= 1;
    }
  }

  async #statement<Row extends unknown[]>(
    statement: string,
    parameters: readonly (string | number)[],
  ): Promise<Row[]> {
    const client = await this.#connected();
    try {
      return await sessionOn(client).rows<Row>(statement, parameters);
    } catch (error) {
      // Outside of a transaction an error that the server answered leaves nothing behind.
      if (!(error instanceof pg.DatabaseError)) this.#discard(client);
      throw asRetryLater(error);
    }
  }

  /**
   * Ends whatever is under way, at once and for good: its caller gets an error, and nothing more is sent. Whoever gave up
   * on a silent server cannot have the same work go on behind the back of the next invocation. True when the server was
   * being waited for.
   */
  abandon(): boolean {
    this.#abandoned = true;
    if (this.#client !== null) this.#discard(this.#client);
    return this.#underWay > 0;
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.end();
  }

  async #connected(): Promise<pg.Client> {
    if (this.#abandoned) throw new DatabaseUnavailable('the connection was given up');
    if (this.#client !== null) return this.#client;
    const client = new pg.Client({ ...this.#settings(), types: typeParsers });
    // Without a listener a connection that is lost while idle would end the process.
    client.on('error', () => this.#discard(client));
    try {
      await client.connect();
    } catch (error) {
      this.#discard(client);
      throw new DatabaseUnavailable(`cannot connect to the database: ${message(error)}`, { cause: error });
    }
    if (this.#abandoned) {
      this.#discard(client);
      throw new DatabaseUnavailable('the connection was given up');
    }
    this.#client = client;
    return client;
  }

  /** A connection on which the server answered the rollback is as good as new; any other is closed. */
  async #abandon(client: pg.Client, error: unknown): Promise<void> {
    if (error instanceof ConnectionInDoubt) return this.#discard(client);
    try {
      await send(client, 'rollback', []);
    } catch {
      this.#discard(client);
    }
  }

  #discard(client: pg.Client): void {
    if (this.#client === client) this.#client = null;
    // Nothing waits for the farewell of a connection that is lost; the error that matters is already on its way.
    client.end().catch(() => undefined);
  }
}

/** The server did not answer: what it did with the statement, and whether it still runs, is unknown. */
class ConnectionInDoubt extends DatabaseUnavailable {}

function sessionOn(client: pg.Client): Session {
  return {
    rows: async <Row extends unknown[]>(statement: string, parameters: readonly (string | number)[]) =>
      (await send<Row>(client, statement, parameters)).rows,
  };
}

async function send<Row extends unknown[]>(
  client: pg.Client,
  text: string,
  parameters: readonly (string | number)[],
): Promise<pg.QueryArrayResult<Row>> {
  try {
    return await timeStatement(client.query<Row>({ text, values: [...parameters], rowMode: 'array' }));
  } catch (error) {
    if (error instanceof pg.DatabaseError) throw error;
    throw new ConnectionInDoubt(`the database did not answer: ${message(error)}`, { cause: error });
  }
}

function asRetryLater(error: unknown): unknown {
  if (remedyFor(error) !== 'retry-later') return error;
  const text = `the database cannot serve now: ${message(error)}`;
  return saysUnavailable(error)
    ? new DatabaseUnavailable(text, { cause: error })
    : new RetryLater(text, { cause: error });
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
