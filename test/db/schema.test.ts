import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatabaseAddress, TestPostgres } from '../../local/postgres/for-tests.ts';
import { databaseFor, startStoragePostgres, withClient } from '../adapters/postgres/retail-database.ts';
import { describeSchema } from './describe-schema.ts';
import { storageSchemas } from './storage-schemas.ts';

const functionUsers = ['narx_store', 'narx_due', 'narx_audit', 'narx_api', 'narx_archive'];

describe.each(storageSchemas)('the %s schema', (schema) => {
  let server: TestPostgres;
  /** For tests that leave it as it is. */
  let untouched: DatabaseAddress;
  beforeAll(async () => {
    server = await startStoragePostgres(schema);
    untouched = await server.createDatabase();
  });
  afterAll(async () => await server.stop());

  it('is what its schema.sql says (rewrite it with npm run schema)', async () => {
    const committed = readFileSync(new URL(`../../db/${schema}/schema.sql`, import.meta.url), 'utf8');
    expect(await withClient(untouched, describeSchema)).toBe(committed);
  });

  it('has a description that shows a column, an index and a grant that were added', async () => {
    const address = await server.createDatabase();
    const [before, after] = await withClient(address, async (client) => {
      const first = await describeSchema(client);
      await client.query('alter table sku add column colour text');
      await client.query('create index sku_colour on sku (colour)');
      await client.query('grant delete on sku to narx_api');
      return [first, await describeSchema(client)];
    });
    const added = after.split('\n').filter((line) => !before.includes(line));
    expect(added).toEqual([
      '  colour text',
      'CREATE INDEX sku_colour ON public.sku USING btree (colour)',
      'grant delete, select on sku to narx_api',
    ]);
  });

  it.each([
    ['narx_api', 'update sku set price = 1'],
    ['narx_api', 'delete from price_point'],
    ['narx_audit', "insert into marketplace (code) values ('x')"],
    ['narx_due', 'update product_schedule set last_seen_at = now()'],
    ['narx_due', 'delete from product_schedule'],
    ['narx_store', 'delete from product'],
    ['narx_store', 'drop table price_point'],
    ['narx_store', "select create_partitions('2030-01-01')"],
    ['narx_store', 'create table mine (n int)'],
    ['narx_archive', 'update price_point set price = 1'],
    ['narx_archive', 'delete from price_point'],
    ['narx_archive', 'truncate price_point'],
    ['narx_archive', 'drop table price_point'],
    ['narx_archive', "update price_archive set state = 'verified'"],
    ['narx_archive', 'delete from price_archive'],
    ['narx_archive', "update price_horizon set archived_until = 'infinity'"],
    ['narx_archive', 'delete from price_archive_part'],
    ['narx_archive', "select create_partitions('2030-01-01')"],
    ['narx_archive', 'update product_schedule set next_due = 0'],
    ['narx_archive', 'create table mine (n int)'],
    ['narx_reader', 'select * from price_archive_part'],
  ])('refuses %s to %s', async (user, statement) => {
    const database = databaseFor(untouched, user);
    await expect(database.rows(statement, [])).rejects.toMatchObject({ code: '42501' });
    await database.close();
  });

  it.each([...functionUsers, 'narx_reader'])('lets %s neither out of the database nor up', async (user) => {
    await withClient({ ...untouched, user }, async (client) => {
      // Whoever wants to write does not leave it at this default of narx_reader.
      await client.query('set default_transaction_read_only = off');
      for (const statement of [
        'create role accomplice superuser',
        'alter role narx_store superuser',
        'set role postgres',
        'select rolpassword from pg_authid',
        "select pg_read_file('/etc/passwd')",
        "copy (select 1) to program 'id'",
        "copy (select 1) to '/tmp/loot'",
        'create extension postgres_fdw',
        'create schema theirs',
      ])
        await expect(client.query(statement), statement).rejects.toMatchObject({ code: '42501' });
    });
  });

  it.each(functionUsers)('gives %s its timeouts and UTC by the defaults of the role', async (user) => {
    const database = databaseFor(untouched, user);
    const settings = await database.rows<[string, string]>(
      `select name, setting from pg_settings where name in ('TimeZone', 'lock_timeout', 'statement_timeout',
          'idle_in_transaction_session_timeout') order by name collate "C"`,
      [],
    );
    const value = new Map(settings);
    expect(value.get('TimeZone')).toBe('UTC');
    for (const name of ['lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout'])
      expect(Number(value.get(name))).toBeGreaterThan(0);
    await database.close();
  });
});
