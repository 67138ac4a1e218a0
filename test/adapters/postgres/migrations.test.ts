import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Migration, migrate, readMigrations } from '../../../functions/adapters/postgres/migrations.ts';
import { dropRawPages } from '../../../functions/adapters/postgres/raw-pages.ts';
import {
  type DatabaseAddress,
  startTestPostgres,
  type TestPostgres,
} from '../../../local/postgres/for-tests.ts';
import { storageSchemas } from '../../db/storage-schemas.ts';
import { migrationsOf, now, retailMigrations, withClient } from './retail-database.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(async () => await server.stop());

const run = async (address: DatabaseAddress, migrations: readonly Migration[], at = now) =>
  await withClient(address, async (client) => await migrate(client, migrations, at));

const partitions = async (address: DatabaseAddress): Promise<string[]> =>
  await withClient(address, async (client) =>
    (
      await client.query<{ line: string }>(
        `select relname || ' ' || pg_get_expr(relpartbound, oid) as line from pg_class
         where relispartition and relkind = 'r' order by relname`,
      )
    ).rows.map((row) => row.line),
  );

/** The next migration after one, as a later version has it. */
const following = (last: Migration, statements: string, oldestCode: number): Migration => ({
  number: last.number + 1,
  name: `${String(last.number + 1).padStart(4, '0')}-later.sql`,
  statements,
  checksum: statements,
  oldestCode,
});
const adding = following(retailMigrations.at(-1) as Migration, 'alter table sku add column colour text;', 0);

describe('migrate', () => {
  it('applies all migrations in order, and nothing when run again', async () => {
    const address = await server.createDatabase();
    expect((await run(address, retailMigrations)).applied).toEqual(retailMigrations.map((m) => m.name));
    expect(await run(address, retailMigrations)).toEqual({ applied: [], ahead: [], partitions: [] });
  });

  it('applies once when it runs twice at the same time', async () => {
    const address = await server.createDatabase();
    const both = await Promise.all([run(address, retailMigrations), run(address, retailMigrations)]);
    expect(both.map((result) => result.applied.length).sort()).toEqual([0, retailMigrations.length]);
  });

  it('brings the databases of several storage domains on one server up to date at once', async () => {
    const schemas = [...storageSchemas, ...storageSchemas, ...storageSchemas];
    const addresses: DatabaseAddress[] = [];
    for (const _ of schemas) addresses.push(await server.createDatabase());
    const all = await Promise.all(
      schemas.map((schema, at) => run(addresses[at] as DatabaseAddress, migrationsOf(schema))),
    );
    expect(all.map(({ applied }) => applied)).toEqual(
      schemas.map((schema) => migrationsOf(schema).map((migration) => migration.name)),
    );
  });

  it('goes on after a migration that failed half way, which leaves nothing behind', async () => {
    const address = await server.createDatabase();
    const broken = [...retailMigrations];
    broken[1] = { ...(broken[1] as Migration), statements: 'create table half (n int); select 1/0;' };
    await expect(run(address, broken)).rejects.toMatchObject({ code: '22012' });
    expect((await run(address, retailMigrations)).applied).toEqual(
      retailMigrations.slice(1).map((m) => m.name),
    );
    const half = await withClient(
      address,
      async (client) => await client.query("select to_regclass('half') as t"),
    );
    expect(half.rows).toEqual([{ t: null }]);
  });

  it('refuses to run when an applied migration was changed, naming it', async () => {
    const address = await server.createDatabase();
    await run(address, retailMigrations);
    const changed = retailMigrations.map((m) => (m.number === 2 ? { ...m, checksum: 'other' } : m));
    await expect(run(address, changed)).rejects.toThrow(/0002-history.sql was changed/);
  });

  it('of an earlier version leaves a database that is ahead as it is, partitions excepted', async () => {
    const address = await server.createDatabase();
    await run(address, [...retailMigrations, adding]);
    const later = new Date(now.getTime() + 40 * 86_400_000);
    expect(await run(address, retailMigrations, later)).toEqual({
      applied: [],
      ahead: [adding.name],
      partitions: ['price_point_2027_01'],
    });
    expect((await run(address, [...retailMigrations, adding])).applied).toEqual([]);
  });

  it('takes away only what the code that is running does not use', async () => {
    const address = await server.createDatabase();
    const removing = following(adding, 'alter table sku drop column colour;', adding.number);
    await run(address, retailMigrations);
    await expect(run(address, [...retailMigrations, adding, removing])).rejects.toThrow(
      `${removing.name} takes away what the code that is running uses; first deploy a version that ends with ${adding.name}.`,
    );
    // Nothing was touched: not even the first of the two.
    expect((await run(address, [...retailMigrations, adding])).applied).toEqual([adding.name]);
    expect((await run(address, [...retailMigrations, adding, removing])).applied).toEqual([removing.name]);
    // Back by one version, to code that does not use it; two are too many.
    expect((await run(address, [...retailMigrations, adding])).ahead).toEqual([removing.name]);
    await expect(run(address, retailMigrations)).rejects.toThrow(/this version is too old to work with it/);
    // An empty database has nobody who uses anything.
    const empty = await server.createDatabase();
    expect((await run(empty, [...retailMigrations, adding, removing])).applied).toHaveLength(
      retailMigrations.length + 2,
    );
  });

  it('brings a database up to date whose record of migrations does not know yet who works with them', async () => {
    const address = await server.createDatabase();
    await run(address, retailMigrations);
    await withClient(
      address,
      async (client) => await client.query('alter table schema_migration drop column oldest_code'),
    );
    expect((await run(address, [...retailMigrations, adding])).applied).toEqual([adding.name]);
  });

  it('gives way when a table is in use, so that nobody queues behind it, and fails when it stays so', async () => {
    const address = await server.createDatabase();
    await run(address, retailMigrations);
    const patience = 'create table patience as select current_setting($$lock_timeout$$) as ms;';
    const impatient = {
      ...adding,
      statements: `${patience} set local lock_timeout = '20ms'; ${adding.statements}`,
    };
    await withClient(address, async (client) => {
      await client.query('begin');
      await client.query('lock table sku in access share mode');
      await expect(run(address, [...retailMigrations, impatient])).rejects.toMatchObject({ code: '55P03' });
      await client.query('commit');
      expect((await run(address, [...retailMigrations, impatient])).applied).toEqual([adding.name]);
      expect((await client.query('select ms from patience')).rows).toEqual([{ ms: '4s' }]);
    });
  });

  it('leaves temporary tables to the owner: they would pin a session of the proxy', async () => {
    const address = await server.createDatabase();
    await run(address, retailMigrations);
    const allowed = await withClient(
      address,
      async (client) =>
        await client.query("select has_database_privilege('narx_store', current_database(), 'TEMP') as temp"),
    );
    expect(allowed.rows).toEqual([{ temp: false }]);
  });

  it('creates partitions from the month before to the third month after, by UTC months', async () => {
    const address = await server.createDatabase();
    await run(address, retailMigrations, new Date('2026-11-30T23:59:00.000Z'));
    await withClient(
      address,
      async (client) => await client.query("alter database postgres set timezone = 'Pacific/Chatham'"),
    );
    const names = (await partitions(address)).map((line) => line.split(' ')[0]);
    expect(names).toEqual([
      'price_point_2026_10',
      'price_point_2026_11',
      'price_point_2026_12',
      'price_point_2027_01',
      'price_point_2027_02',
      'price_point_before',
    ]);
    const first = await run(address, retailMigrations, new Date('2026-12-01T00:01:00.000Z'));
    expect(first.partitions).toEqual(['price_point_2027_03']);
  });

  it('makes a month again that somebody dropped, and not those that were archived, are being archived, or were detached', async () => {
    const address = await server.createDatabase();
    await run(address, retailMigrations, now);
    const months = (await partitions(address)).map((line) => line.split(' ')[0] as string);
    const [august, september, october] = months as [string, string, string];
    const made = async (statements: string): Promise<string[]> =>
      await withClient(address, async (client) => {
        await client.query(statements);
        return (await migrate(client, retailMigrations, now)).partitions;
      });
    expect(await made(`drop table ${september}, ${october}`)).toEqual([september, october]);
    expect((await partitions(address)).map((line) => line.split(' ')[0])).toEqual(months);
    expect(await made(`alter table price_point detach partition ${october}`)).toEqual([]);
    expect(await made(`drop table ${october}, price_point_before`)).toEqual(['price_point_before', october]);
    const frozen = `update price_horizon set archived_until = '2026-10-01 00:00:00+00'`;
    expect(await made(`${frozen}; drop table ${august}, ${september}, ${october}`)).toEqual([october]);
  });

  it('leaves no gap when it has not run for months', async () => {
    const address = await server.createDatabase();
    await run(address, retailMigrations, now);
    const late = await run(address, retailMigrations, new Date('2027-05-10T00:00:00.000Z'));
    expect(late.partitions).toEqual(
      ['01', '02', '03', '04', '05', '06', '07', '08'].map((month) => `price_point_2027_${month}`),
    );
  });
});

describe('raw pages of procurement', () => {
  const months = async (address: DatabaseAddress) =>
    (await partitions(address)).map((line) => line.split(' ')[0]).filter((name) => name?.startsWith('raw_'));

  it('have the months of price points, whose bounds are the same', async () => {
    const address = await server.createDatabase();
    const { partitions: created } = await run(address, migrationsOf('procurement'));
    const bounds = (of: string) =>
      created
        .filter((name) => name.startsWith(of))
        .map((name) => name.slice(of.length))
        .sort();
    expect(bounds('raw_page')).toEqual(bounds('price_point'));
    const lines = (await partitions(address)).map((line) => line.replace(/^(raw_page|price_point)/, ''));
    expect(new Set(lines).size).toBe(lines.length / 2);
  });

  it('are made again when somebody dropped a month of them, or of price points', async () => {
    const address = await server.createDatabase();
    const migrations = migrationsOf('procurement');
    await run(address, migrations);
    const names = (await partitions(address)).map((line) => line.split(' ')[0]);
    const dropped = ['price_point_2026_10', 'raw_page_2026_09'];
    await withClient(address, async (client) => await client.query(`drop table ${dropped.join(', ')}`));
    expect((await run(address, migrations)).partitions).toEqual(dropped);
    expect((await partitions(address)).map((line) => line.split(' ')[0])).toEqual(names);
  });

  it('go with their pages, month by month, and what was dropped is not made again', async () => {
    const address = await server.createDatabase();
    const migrations = migrationsOf('procurement');
    await run(address, migrations);
    const drop = async (at: string) =>
      await withClient(address, async (client) => await dropRawPages(client, new Date(at), 90));
    expect(await drop('2026-11-28T23:59:00.000Z')).toEqual([]);
    expect(await drop('2026-11-30T00:00:00.000Z')).toEqual(['raw_page_2026_08', 'raw_page_before']);
    expect(await drop('2026-11-30T00:00:00.000Z')).toEqual([]);
    const later = await run(address, migrations, new Date('2026-11-30T00:00:00.000Z'));
    expect(later.partitions).toEqual([
      'price_point_2027_01',
      'price_point_2027_02',
      'raw_page_2027_01',
      'raw_page_2027_02',
    ]);
    expect((await months(address))[0]).toBe('raw_page_2026_09');
  });
});

describe('migration files', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });
  const folderWith = (...names: string[]): string => {
    const folder = mkdtempSync(path.join(tmpdir(), 'narx-migrations-'));
    folders.push(folder);
    for (const name of names) writeFileSync(path.join(folder, name), 'select 1;\r\n');
    return folder;
  };

  it('are numbered without a gap', () => {
    expect(readMigrations(folderWith('0001-a.sql', '0002-b.sql', 'README.md')).map((m) => m.number)).toEqual([
      1, 2,
    ]);
    expect(() => readMigrations(folderWith('0001-a.sql', '0003-b.sql'))).toThrow(/should be named 0002/);
    expect(() => readMigrations(folderWith('1-a.sql'))).toThrow(/should be named 0001/);
  });

  it('say from which migration on nobody uses what they remove, and only of earlier ones', () => {
    const folder = folderWith('0001-a.sql', '0002-b.sql', '0003-c.sql');
    const marked = (mark: string) => {
      writeFileSync(path.join(folder, '0003-c.sql'), `${mark}drop table t;\n`);
      return readMigrations(folder).map(({ oldestCode }) => oldestCode);
    };
    expect(marked('')).toEqual([0, 0, 0]);
    expect(marked('-- contract: 0002\n')).toEqual([0, 0, 2]);
    for (const mark of ['-- contract: 0003\n', '-- contract: soon\n', '-- contract:\n'])
      expect(() => marked(mark), mark).toThrow(/0003-c.sql should say once/);
  });

  it('share text by naming the file that it is in, and notice when that changes', () => {
    const shared = folderWith('tables.sql');
    const folder = folderWith('0001-a.sql');
    writeFileSync(
      path.join(folder, '0001-a.sql'),
      `-- first\n\\ir ${path.relative(folder, shared)}/tables.sql\n-- last\n`,
    );
    const [before] = readMigrations(folder);
    expect(before?.statements).toBe('-- first\nselect 1;\n-- last\n');
    writeFileSync(path.join(shared, 'tables.sql'), 'select 2;\n');
    expect(readMigrations(folder)[0]?.checksum).not.toBe(before?.checksum);
  });

  it('have the same checksum whatever the line ends of the checkout', () => {
    const [windows] = readMigrations(folderWith('0001-a.sql'));
    const folder = folderWith();
    writeFileSync(path.join(folder, '0001-a.sql'), 'select 1;\n');
    expect(readMigrations(folder)[0]?.checksum).toBe(windows?.checksum);
  });
});
