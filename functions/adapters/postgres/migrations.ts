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
  /**
   * Code that lacks this migration works with it all the same when it knows so many: 0 for one that only adds (expand). One
   * that takes away (contract) says it in a line `-- contract: NNNN`: what it removes is not used from migration NNNN on.
   */
  readonly oldestCode: number;
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
      oldestCode: oldestCodeFor(file, index + 1, statements),
    };
  });
}

function oldestCodeFor(file: string, number: number, statements: string): number {
  const marks = [...statements.matchAll(/^-- contract:(.*)$/gm)].map(([, mark = '']) => mark.trim());
  const [mark = '0'] = marks;
  // What a migration removes, code that has this migration does not use, and no other code is known.
  if (marks.length > 1 || !/^\d+$/.test(mark) || Number(mark) >= number)
    throw new ConfigurationError([
      `Migration ${file} should say once, as "-- contract: NNNN", from which earlier migration on nobody uses what it removes.`,
    ]);
  return Number(mark);
}

function readSql(file: string): string {
  const text = readFileSync(file, 'utf8').replaceAll('\r\n', '\n');
  return text.replaceAll(/^\\ir (\S+)\n/gm, (_, included: string) =>
    readSql(path.join(path.dirname(file), included)),
  );
}

interface Applied {
  number: number;
  name: string;
  checksum: string;
  oldest_code: number;
}

/** Any number will do, as long as every version of this code uses the same one. */
const LOCK = 7_214_601;

/** Roles belong to the server: a migration that meets that of another database on it is tried this often. */
const attempts = 8;
const firstPauseMs = 10;

/** Whoever waits for a table's lock makes everybody else wait behind it: a migration gives way this soon, and tries again. */
const lockTimeout = '4s';

/**
 * Brings a database up to date: applies, each in a transaction of its own, the migrations that it lacks, then creates the
 * partitions that `now` needs. Needs the owner's direct connection. Safe to repeat, to run twice at once (the second
 * waits) and to run for several databases of one server at once. A database that is `ahead`, because a deployment was rolled back,
 * is left as it is when its migrations say that this code works with them. Throws ConfigurationError, without touching anything, when
 * it does not, when an applied migration differs from its file, and when a migration would take away what running code uses.
 */
export async function migrate(
  client: pg.Client,
  migrations: readonly Migration[],
  now: Date,
): Promise<{ applied: string[]; ahead: string[]; partitions: string[] }> {
  await client.query('select pg_advisory_lock($1)', [LOCK]);
  try {
    await client.query(`create table if not exists schema_migration (
      number int primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`);
    await client.query(
      'alter table schema_migration add column if not exists oldest_code int not null default 0',
    );
    const { rows } = await client.query<Applied>(
      'select number, name, checksum, oldest_code from schema_migration order by number',
    );
    const faults = faultsOf(rows, migrations);
    if (faults.length > 0) throw new ConfigurationError(faults);
    const applied: string[] = [];
    for (const migration of migrations.slice(rows.length)) {
      await apply(client, migration);
      applied.push(migration.name);
    }
    const partitions = await client.query<{ name: string }>(
      'select create_partitions as name from create_partitions($1)',
      [now.toISOString()],
    );
    return {
      applied,
      ahead: rows.slice(migrations.length).map(({ name }) => name),
      partitions: partitions.rows.map((row) => row.name),
    };
  } finally {
    await client.query('select pg_advisory_unlock($1)', [LOCK]).catch(() => undefined);
  }
}

/** Why this code must not work with this database, or must not change it. */
function faultsOf(done: readonly Applied[], migrations: readonly Migration[]): string[] {
  const known = migrations.length;
  const differing = done.flatMap((row, index) => {
    const file = migrations[index];
    if (file === undefined)
      return row.oldest_code > known
        ? [`The database has migration ${row.name}, and this version is too old to work with it.`]
        : [];
    return file.checksum === row.checksum
      ? []
      : [`Migration ${row.name} was changed after it had been applied; add a new one instead.`];
  });
  // An empty database has no code that is running.
  if (done.length === 0) return differing;
  // The code that runs knows what is applied, no more. It has to work until the new code is there, and after a rollback.
  const early = migrations.slice(done.length).filter(({ oldestCode }) => oldestCode > done.length);
  return [
    ...differing,
    ...early.map(
      ({ name, oldestCode }) =>
        `Migration ${name} takes away what the code that is running uses; first deploy a version that ends with ${migrations[oldestCode - 1]?.name}.`,
    ),
  ];
}

/** A transaction: nothing of a failed attempt is left, so that it can be repeated. */
async function apply(client: pg.Client, migration: Migration): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    await client.query('begin');
    try {
      await client.query(`set local lock_timeout = '${lockTimeout}'`);
      await client.query(migration.statements);
      await client.query(
        'insert into schema_migration (number, name, checksum, oldest_code) values ($1, $2, $3, $4)',
        [migration.number, migration.name, migration.checksum, migration.oldestCode],
      );
      await client.query('commit');
      return;
    } catch (error) {
      await client.query('rollback').catch(() => undefined);
      if (attempt === attempts || !(metAnotherDatabase(error) || gaveWay(error))) throw error;
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

/** Somebody held a lock for longer than others can be kept waiting. */
function gaveWay(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '55P03';
}
