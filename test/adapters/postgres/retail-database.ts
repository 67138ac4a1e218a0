import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { Database } from '../../../functions/adapters/postgres/database.ts';
import { type Migration, migrate, readMigrations } from '../../../functions/adapters/postgres/migrations.ts';
import type { StorageSchema } from '../../../functions/contract/manifest.ts';
import {
  type DatabaseAddress,
  startTestPostgres,
  type TestPostgres,
} from '../../../local/postgres/for-tests.ts';

/** The instant that all tests agree to call now. */
export const now = new Date('2026-09-14T12:00:00.000Z');

export function migrationsOf(schema: StorageSchema): Migration[] {
  return readMigrations(fileURLToPath(new URL(`../../../db/${schema}/migrations/`, import.meta.url)));
}

export const retailMigrations = migrationsOf('retail');

/** A server whose databases have the storage schema, with partitions around `now`. */
export async function startStoragePostgres(schema: StorageSchema): Promise<TestPostgres> {
  const migrations = migrationsOf(schema);
  return await startTestPostgres(async (template) => {
    await withClient(template, async (client) => await migrate(client, migrations, now));
  });
}

export async function startRetailPostgres(): Promise<TestPostgres> {
  return await startStoragePostgres('retail');
}

export async function withClient<T>(
  address: DatabaseAddress,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ ...address });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** As one of the functions' own users, with exactly its grants. */
export function databaseFor(address: DatabaseAddress, user: string): Database {
  return new Database(() => ({ ...address, user, query_timeout: 10_000, connectionTimeoutMillis: 5_000 }));
}
