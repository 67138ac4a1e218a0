import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { type PostgresServer, startPostgres, superuser } from './server.ts';

/** What `pg.Client` and `pg.Pool` take; the user is the superuser and needs no password. */
export interface DatabaseAddress {
  host: string;
  port: number;
  database: string;
  user: string;
}

export interface TestPostgres {
  readonly server: PostgresServer;
  /** A database of its own, with everything that `prepare` has put into the template; takes some 30 ms. */
  createDatabase(): Promise<DatabaseAddress>;
  /** Stops the server and deletes its files. */
  stop(): Promise<void>;
}

/**
 * Starts a real PostgreSQL 18 for one test file (about half a second) in a temporary folder and runs `prepare`, the
 * migrations usually, once on a template database. Not durable unless `settings` say so. Use it in `beforeAll`.
 */
export async function startTestPostgres(
  prepare: (template: DatabaseAddress) => Promise<void> = async () => undefined,
  settings: Record<string, string> = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
): Promise<TestPostgres> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'narx-postgres-'));
  const server = await startPostgres({ dataDir, settings });
  const address = (database: string): DatabaseAddress => ({
    host: '127.0.0.1',
    port: server.port,
    database,
    user: superuser,
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  const run = async (statement: string): Promise<void> => {
    const client = new pg.Client(address('postgres'));
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  try {
    await run('CREATE DATABASE template_narx');
    await prepare(address('template_narx'));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    server,
    createDatabase: async () => {
      const name = `test_${randomUUID().replaceAll('-', '')}`;
      await run(`CREATE DATABASE ${name} TEMPLATE template_narx`);
      return address(name);
    },
    stop,
  };
}
