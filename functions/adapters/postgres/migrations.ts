import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { ConfigurationError } from '../../core/model/errors.ts';

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly statements: string;
  /** SHA-256 of the text, so that a migration that was changed after it was applied is noticed. */
  readonly checksum: string;
}

/** Where `db/` lies: beside the bundle when deployed, at the top of the repository otherwise. `base` is the importer. */
export function migrationsFolder(schema: string, base: string): string {
  const places = [`./db/${schema}/migrations/`, `../db/${schema}/migrations/`];
  const folder = places.map((place) => fileURLToPath(new URL(place, base))).find((path) => existsSync(path));
  if (folder === undefined)
    throw new ConfigurationError([`There are no migrations for the storage schema ${schema}.`]);
  return folder;
}

/**
 * Reads `NNNN-name.sql` files, numbered 1, 2, 3 … without a gap. A line `\ir <file>` stands for that file, relative to the
 * one it is in, as in psql: storage schemas share text and keep numbers of their own.
 */
export function readMigrations(folder: string): Migration[] {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort();
  return files.map((file, index) => {
    const match = /^(\d{4})-[a-z0-9-]+\.sql$/.exec(file);
    if (match === null || Number(match[1]) !== index + 1) {
      throw new ConfigurationError([
        `Migration ${file} should be named ${String(index + 1).padStart(4, '0')}-<words>.sql.`,
      ]);
    }
    const statements = readSql(path.join(folder, file));
    return {
      number: index + 1,
      name: file,
      statements,
      checksum: createHash('sha256').update(statements).digest('hex'),
    };
  });
}

function readSql(file: string): string {
  const text = readFileSync(file, 'utf8').replaceAll('\r\n', '\n');
  return text.replaceAll(/^\\ir (\S+)\n/gm, (_, included: string) =>
    readSql(path.join(path.dirname(file), included)),
  );
}

/** Any number will do, as long as every version of this code uses the same one. */
const LOCK = 7_214_601;

/** Roles belong to the server: a migration that meets that of another database on it is tried this often. */
const attempts = 8;
const firstPauseMs = 10;

/**
 * Brings a database up to date: applies, each in a transaction of its own, the migrations that it lacks, then creates the
 * partitions that `now` needs. Needs the owner's direct connection. Safe to repeat, to run twice at once (the second
 * waits) and to run for several databases of one server at once. Throws ConfigurationError, without touching anything, when an applied migration differs from its file or has none.
 */
export async function migrate(
  client: pg.Client,
  migrations: readonly Migration[],
  now: Date,
): Promise<{ applied: string[]; partitions: string[] }> {
  await client.query('select pg_advisory_lock($1)', [LOCK]);
  try {
    await client.query(`create table if not exists schema_migration (
      number int primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`);
    const done = await client.query<{ number: number; name: string; checksum: string }>(
      'select number, name, checksum from schema_migration order by number',
    );
    const faults = done.rows.flatMap((row) => {
      const file = migrations[row.number - 1];
      if (file === undefined) return [`The database has migration ${row.name}, which this version lacks.`];
      return file.checksum === row.checksum
        ? []
        : [`Migration ${row.name} was changed after it had been applied; add a new one instead.`];
    });
    if (faults.length > 0) throw new ConfigurationError(faults);
    const applied: string[] = [];
    for (const migration of migrations.slice(done.rows.length)) {
      await apply(client, migration);
      applied.push(migration.name);
    }
    const partitions = await client.query<{ name: string }>(
      'select create_partitions as name from create_partitions($1)',
      [now.toISOString()],
    );
    return { applied, partitions: partitions.rows.map((row) => row.name) };
  } finally {
    await client.query('select pg_advisory_unlock($1)', [LOCK]).catch(() => undefined);
  }
}

/** A transaction: nothing of a failed attempt is left, so that it can be repeated. */
async function apply(client: pg.Client, migration: Migration): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    await client.query('begin');
    try {
      await client.query(migration.statements);
      await client.query('insert into schema_migration (number, name, checksum) values ($1, $2, $3)', [
        migration.number,
        migration.name,
        migration.checksum,
      ]);
      await client.query('commit');
      return;
    } catch (error) {
      await client.query('rollback').catch(() => undefined);
      if (attempt === attempts || !metAnotherDatabase(error)) throw error;
      await pause(Math.random() * firstPauseMs * 2 ** attempt);
    }
  }
}

const sharedCatalogs = ['pg_authid', 'pg_auth_members', 'pg_db_role_setting'];

/**
 * Whether a concurrent change of the same role got in the way. PostgreSQL does not wait for it: changing a row of a shared
 * catalog fails with `tuple concurrently updated`, an internal error, and creating it twice with a duplicate key.
 */
function metAnotherDatabase(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false;
  if (error.code === 'XX000') return /^tuple concurrently (updated|deleted)$/.test(error.message);
  return error.code === '23505' && sharedCatalogs.includes(error.table ?? '');
}
