import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestPostgres } from '../../local/postgres/for-tests.ts';
import { migrationsOf, startStoragePostgres, withClient } from '../adapters/postgres/retail-database.ts';
import { narrowed } from './narrowing.ts';
import { readRelease, refused } from './released.ts';
import { storageSchemas } from './storage-schemas.ts';

describe.each(storageSchemas)('the last release on today’s %s schema', (schema) => {
  const release = readRelease(schema);
  const later = migrationsOf(schema).slice(release.migrations);
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startStoragePostgres(schema);
  });
  afterAll(async () => await server.stop());

  it('finds everything that its statements use, with the rights of their users', async () => {
    expect(new Set(release.statements.map(({ user }) => user))).toEqual(
      new Set(['narx_store', 'narx_due', 'narx_audit', 'narx_api', 'narx_archive']),
    );
    expect(release.statements.length).toBeGreaterThan(50);
    expect(await refused(await server.createDatabase(), release.statements)).toEqual([]);
  });

  it.each([
    [
      'alter table sku rename column old_price to price_before',
      /narx_store: column .*old_price.* does not exist/,
    ],
    [
      'revoke update on product_schedule from narx_store',
      /narx_store: permission denied for table product_schedule/,
    ],
    ['drop function archive_begin', /narx_archive: function archive_begin.* does not exist/],
  ])('does not survive %s', async (statement, reason) => {
    const address = await server.createDatabase();
    await withClient(address, async (client) => await client.query(statement));
    expect((await refused(address, release.statements)).join('\n')).toMatch(reason);
  });

  it('loses nothing by a migration that does not say so', () => {
    for (const { name, statements, oldestCode } of later)
      expect(oldestCode > 0 ? [] : narrowed(statements), name).toEqual([]);
  });
});

describe('a migration', () => {
  it.each([
    'alter table sku drop column old_price;',
    'ALTER TABLE sku\n  RENAME COLUMN price TO amount;',
    'alter table sku alter column price type numeric(12, 2);',
    'alter table sku alter price set not null;',
    'alter table sku add column colour text not null;',
    "alter table sku add constraint positive check (price > 0); -- default 'x'",
    'create unique index sku_title on sku (title);',
    'drop view price_history;',
    'revoke update on sku from narx_store;',
    'delete from price_point where price = 0;',
  ])('that says %s has to say that it removes something', (statements) => {
    expect(narrowed(statements)).toHaveLength(1);
  });

  it.each([
    'alter table sku add column colour text;',
    "alter table sku add column colour text not null default 'none';",
    'alter table sku alter column title drop not null;',
    'alter table sku drop constraint positive;',
    'create index sku_colour on sku (colour);',
    'drop index sku_price;',
    'create table shelf (n int); create unique index shelf_n on shelf (n); revoke all on shelf from narx_api;',
    'create function f() returns void language sql as $$ delete from sku $$; revoke execute on function f from public;',
    '-- drop table sku;\ngrant select on sku to narx_api;',
  ])('that says %s only adds', (statements) => {
    expect(narrowed(statements)).toEqual([]);
  });
});
