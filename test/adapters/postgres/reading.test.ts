import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatabaseAddress, TestPostgres } from '../../../local/postgres/for-tests.ts';
import { databaseFor, startRetailPostgres } from './retail-database.ts';
import { storeUnderTest } from './store-under-test.ts';
import { gone, message, offer, ok, snapshot, snapshots } from './visits.ts';

let server: TestPostgres;
let address: DatabaseAddress;
const at = (day: string) => `2026-09-${day}T10:00:00.000Z`;
const instant = (day: string) => Date.parse(at(day));

beforeAll(async () => {
  server = await startRetailPostgres();
  address = await server.createDatabase();
  const storing = databaseFor(address, 'narx_store');
  const { store } = storeUnderTest(storing);
  const seen = (day: string, price: string, ...more: string[]) =>
    store.store([
      snapshots(snapshot('1', at(day), [offer('red', price), ...more.map((sku) => offer(sku, '50'))])),
    ]);
  await seen('01', '100', 'blue');
  await seen('03', '100', 'blue');
  await seen('05', '80');
  await seen('07', '90');
  await store.store([snapshots(snapshot('2', at('01'), [offer('1', '7')]))]);
  for (const day of ['02', '03', '04']) await store.store([message([gone(0, '2', at(day))])]);
  // Late: proves that the price was 85 in between, which is a smaller drop than the one that was thought of.
  await store.store([message([ok(0, snapshot('1', at('04'), [offer('red', '85')]))])]);
  await storing.close();
});
afterAll(async () => await server.stop());

/** As an analyst sees it, in the order of the select list. */
async function read(statement: string): Promise<unknown[][]> {
  const reader = databaseFor(address, 'narx_reader');
  try {
    return await reader.rows(statement, []);
  } finally {
    await reader.close();
  }
}

describe('an analyst', () => {
  it('sees the current price of every SKU, when it was last confirmed, and what is delisted or gone', async () => {
    expect(
      await read(`select product, sku, price, listed, since, last_confirmed_at, gone_since
                  from current_prices where marketplace = 'uzum' order by product, sku`),
    ).toEqual([
      ['1', 'blue', '50', false, instant('01'), instant('03'), null],
      ['1', 'red', '90', true, instant('07'), instant('07'), null],
      ['2', '1', '7', true, instant('01'), instant('01'), instant('02')],
    ]);
  });

  it('sees each change with the stretch in which nobody knows when it happened', async () => {
    expect(
      await read(`select sku, price_before, confirmed_until, seen_at, price, round(relative, 3)
                  from price_changes order by seen_at`),
    ).toEqual([
      ['red', '100', instant('03'), instant('04'), '85', '-0.150'],
      ['red', '85', instant('04'), instant('05'), '80', '-0.059'],
      ['red', '80', instant('05'), instant('07'), '90', '0.125'],
    ]);
  });

  it('asks what everything cost at an instant, and whether that was confirmed', async () => {
    expect(
      await read(`select product, sku, price, confirmed from price_at('2026-09-03T22:00:00Z'::timestamptz)
                  order by product, sku`),
    ).toEqual([
      ['1', 'blue', '50', false],
      ['1', 'red', '100', false],
      ['2', '1', '7', false],
    ]);
    expect(
      await read("select price, confirmed from price_at('2026-09-02T10:00:00Z') where sku = 'red'"),
    ).toEqual([['100', true]]);
    expect(await read("select * from price_at('2026-08-01'::timestamptz)")).toEqual([]);
  });

  it('sees how fresh a marketplace is', async () => {
    expect(
      await read(
        `select products_seen, products_gone, newest_observation, oldest_confirmation from freshness`,
      ),
    ).toEqual([['2', '1', instant('07'), instant('07')]]);
  });

  it.each([
    "insert into marketplace (code) values ('x')",
    'update sku set price = 1',
    'delete from price_point',
    'create table mine (n int)',
    'select * from schema_migration',
  ])('may not %s, even with the read-only default of the role switched off', async (statement) => {
    const reader = databaseFor(address, 'narx_reader');
    await reader.rows('set default_transaction_read_only = off', []);
    await expect(reader.rows(statement, [])).rejects.toMatchObject({ code: '42501' });
    await reader.close();
  });
});

describe('a title', () => {
  it.each([
    ['Чехол A55/128GB', ['128gb', 'a55', 'чехол']],
    ["O'zbekiston gʻishti", ['gishti', 'ozbekiston']],
    ['«Смартфон», 15-Pro (1.5 м)', ['1', '15', '5', 'pro', 'м', 'смартфон']],
    ['ООО «РОМАШКА» №7', ['7', 'ооо', 'ромашка']],
  ])('%s is found by its words', async (title, words) => {
    const [row] = await read(
      `select array_to_json(tsvector_to_array(product_words('${title.replaceAll("'", "''")}')))`,
    );
    expect(row).toEqual([words]);
  });
});
