import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { namesOf } from '../../../cli/export/points.ts';
import { ReportDatabase } from '../../../cli/report/database.ts';
import { PostgresAudit } from '../../../functions/adapters/postgres/audit.ts';
import { PostgresDueReferences } from '../../../functions/adapters/postgres/due-references.ts';
import { migrate } from '../../../functions/adapters/postgres/migrations.ts';
import { PostgresPriceReader } from '../../../functions/adapters/postgres/price-reader.ts';
import { PostgresStoredReferences } from '../../../functions/adapters/postgres/stored-references.ts';
import type { VisitsMessage } from '../../../functions/contract/messages.ts';
import type { PointBatch } from '../../../functions/core/archive/points.ts';
import type { Snapshot } from '../../../functions/core/model/snapshot.ts';
import {
  type DatabaseAddress,
  startTestPostgres,
  type TestPostgres,
} from '../../../local/postgres/for-tests.ts';
import { storageSchemas } from '../../db/storage-schemas.ts';
import { dealItems, dealRow, item } from './lots.ts';
import { ExplainedDatabase, wholeScans } from './plans.ts';
import { migrationsOf, now, withClient } from './retail-database.ts';
import { seed, seeded } from './seed.ts';
import { storeUnderTest } from './store-under-test.ts';
import { message, offer, ok, snapshot } from './visits.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(async () => await server.stop());

const early = '2026-09-07T10:00:00.000Z';
const recent = '2026-09-14T10:00:00.000Z';
const ids = (first: number, count: number) => Array.from({ length: count }, (_, at) => String(first + at));
const skus = ids(1, seeded.skusPerProduct);

/** What a visit of a seeded product shows when every price is `price`. */
const visits = {
  retail: (id: string, at: string, price: string): Snapshot =>
    snapshot(
      id,
      at,
      skus.map((sku) => offer(sku, price, { title: 'New' })),
      {
        seller: { externalId: id, title: 'New name' },
        category: [{ externalId: id, title: 'New name' }],
      },
    ),
  procurement: (id: string, at: string, price: string): Snapshot =>
    dealItems(
      id,
      at,
      skus.map((sku) => item(sku, price, '7')),
    ),
};
const marketplaces = { retail: 'uzum', procurement: 'uzex' };
const kinds = { retail: 'product', procurement: 'lot' } as const;

/** Statements that must have been among those that ran, by how they begin or what they write. */
const written = {
  retail: [
    'for update of s',
    'insert into product ',
    'insert into product_schedule',
    'update product p',
    'update product_schedule s set last_seen_at',
    'insert into seller',
    'update seller',
    'insert into category',
    'update category',
    'insert into sku',
    'update sku',
    'from price_point p\njoin sku',
    'insert into price_point',
    'insert into price_drop',
    'update price_point',
    'delete from price_point',
    'where product_id = any',
  ],
  procurement: [
    'insert into organisation',
    'insert into lot_page',
    'insert into lot_item',
    'insert into raw_page',
  ],
};

/** Every query that the product runs, on tables in which reading all rows would show in the plan (F06). */
describe.each(storageSchemas)('the queries of the %s schema', (schema) => {
  let address: DatabaseAddress;
  /** Rows by table and partition, from the statistics. */
  let rows: ReadonlyMap<string, number>;
  let database: ExplainedDatabase;
  const connected = (user: string) => new ExplainedDatabase(() => ({ ...address, user }));
  beforeAll(async () => {
    address = await server.createDatabase();
    rows = await withClient(address, async (client) => {
      await migrate(client, migrationsOf(schema), now);
      await seed(client, schema);
      const counted = await client.query<{ relname: string; rows: number }>(
        "select relname, reltuples::int as rows from pg_class where relkind = 'r'",
      );
      return new Map(counted.rows.map((row) => [row.relname, row.rows]));
    });
  });
  const wholeTables = () => database.plans.flatMap((plan) => wholeScans(plan, rows, seeded.products));
  const visit = visits[schema];
  const kind = kinds[schema];
  const batch = (...of: Snapshot[]): VisitsMessage =>
    message(
      of.map((one, index) => ({ ...ok(index, one), rawKey: 'raw/key' })),
      { marketplace: marketplaces[schema] },
    );

  it('are run against tables that are large', () => {
    for (const table of ['product', 'product_schedule', 'sku', 'price_point_2026_08', 'price_point_2026_09'])
      expect(rows.get(table)).toBeGreaterThanOrEqual(seeded.products);
  });

  it('store visits without reading a table whole: unchanged, changed, late, new, gone, listed and discovered', async () => {
    database = connected('narx_store');
    const { store, quarantined } = storeUnderTest(database, schema);
    const known = ids(101, 200);
    await store.store([batch(...known.map((id) => visit(id, recent, '5')))]);
    await store.store([batch(...known.map((id) => visit(id, recent, '5')))]);
    // Late: two observations that contradict the newest run, of which the second joins the first.
    await store.store([batch(...known.map((id) => visit(id, early, '6')))]);
    await store.store([batch(...known.map((id) => visit(id, '2026-09-06T10:00:00.000Z', '6')))]);
    await store.store([
      batch(...ids(1_000_000, 100).map((id) => visit(id, recent, '5'))),
      message(
        ids(301, 100).map((externalId, index) => ({
          outcome: 'gone',
          index,
          reference: { kind, externalId },
          observedAt: recent,
        })),
        {
          marketplace: marketplaces[schema],
          discovered: [
            ...ids(401, 100).map((externalId) => ({ kind, externalId })),
            { kind: 'listing', externalId: 'page' },
          ],
        },
      ),
      ...(schema === 'procurement' ? [batch(...ids(501, 100).map((id) => dealRow(id, recent)))] : []),
    ]);
    expect(quarantined).toEqual([]);
    await database.close();
    const ran = database.plans.map(({ statement }) => statement).join('\n');
    const expected =
      schema === 'retail' ? written.retail : [...written.retail.slice(0, 4), ...written.procurement];
    expect(expected.filter((text) => !ran.includes(text))).toEqual([]);
    expect(wholeTables()).toEqual([]);
  });

  it('claim due references by the index of the schedule', async () => {
    database = connected('narx_due');
    // The share of the table that a claim of 20,000 has of three million.
    const claimed = await new PostgresDueReferences(database).claim(marketplaces[schema], 270);
    expect(claimed).toHaveLength(270);
    await database.close();
    expect(wholeTables()).toEqual([]);
  });

  it('audit a part of the products at a time', async () => {
    database = connected('narx_audit');
    expect(await new PostgresAudit(database).duplicateRows(now)).toBe(0);
    await new PostgresAudit(database).priceChangesLastDay(now);
    await database.close();
    expect(wholeTables()).toEqual([]);
  });

  it('are compared with the books without being read whole', async () => {
    database = connected('narx_audit');
    const kind = schema === 'retail' ? ('product' as const) : ('lot' as const);
    const references = ids(1, 2_000).map((externalId) => ({ kind, externalId }));
    const found = await new PostgresStoredReferences(database).find(marketplaces[schema], references);
    expect(found.filter((row) => row !== null)).toHaveLength(2_000);
    await database.close();
    expect(wholeTables()).toEqual([]);
  });

  it('answer what a SKU cost, and give its history, by its id', async () => {
    database = connected('narx_api');
    const [[price] = []] = await database.rows(
      "select price from price_at(70001, '2026-08-20T00:00:00.000Z')",
      [],
    );
    expect(price).toBe('999');
    expect(await database.rows('select * from price_history where sku_id = $1', [70_001])).toHaveLength(2);
    if (schema === 'procurement') await database.rows('select * from lot where product_id = $1', [70]);
    await database.close();
    expect(wholeTables()).toEqual([]);
  });

  it('answer every request of the read API', async () => {
    database = connected('narx_api');
    const reader = new PostgresPriceReader(database);
    const marketplace = marketplaces[schema];
    const found = [
      await reader.products({ by: 'words', words: 'product 150', marketplace: null }, null, 20),
      // In every title.
      await reader.products({ by: 'words', words: 'prod', marketplace }, ['500'], 20),
      await reader.products({ by: 'seller', marketplace, externalId: '77' }, ['1000'], 20),
      await reader.products({ by: 'category', marketplace, externalId: '77' }, null, 20),
      await reader.products({ by: 'marketplace', marketplace }, null, 20),
      await reader.products({ by: 'marketplace', marketplace: null }, [1, kind[0] ?? '', '3000'], 20),
    ];
    expect(found.map(({ rows }) => rows.length)).toEqual([20, 20, 19, 20, 20, 20]);
    const product = await reader.product({ marketplace, kind, externalId: '20001' });
    expect(product).not.toBeNull();
    const id = product?.id ?? '';
    expect(await reader.offers(id)).toHaveLength(seeded.skusPerProduct);
    expect(await reader.history(id, {}, null, 100)).toHaveLength(2 * seeded.skusPerProduct);
    expect((await reader.pricesAt(id, new Date('2026-08-20'))).prices).toHaveLength(seeded.skusPerProduct);
    expect(await reader.archivedMonths()).toEqual([]);
    const window = { since: new Date('2026-08-20'), until: now };
    expect(await reader.drops({ marketplace: null, ...window }, null, 20)).toHaveLength(20);
    expect(await reader.drops({ marketplace, ...window }, [0.49, '9999', early], 20)).toHaveLength(20);
    await database.close();
    expect(wholeTables()).toEqual([]);
  });

  it('answer an analyst by product and by time', async () => {
    database = connected('narx_reader');
    expect(await database.rows('select * from current_prices where product_id = $1', [77])).toHaveLength(4);
    expect(
      await database.rows('select * from price_at($1::timestamptz) where sku_id = $2', [recent, 7]),
    ).toHaveLength(1);
    await database.rows('select * from price_changes where sku_id = $1', [77]);
    const [[changed] = []] = await database.rows(
      'select count(*)::int from price_changes where seen_at >= $1',
      [early],
    );
    expect(changed).toBeGreaterThan(0);
    const exported = { skuId: ids(1, 5_000) } as unknown as PointBatch;
    expect((await namesOf(database, exported)).size).toBe(5_000);
    await database.close();
    expect(wholeTables()).toEqual([]);
  });

  it('report the products in pages, with the history of each of their SKUs', async () => {
    database = connected('narx_api');
    const report = await ReportDatabase.open(address);
    const query = vi.spyOn(Client.prototype, 'query');
    const products = report.products(marketplaces[schema]);
    expect((await products.next()).value).toMatchObject({ externalId: '1' });
    const [text, parameters] = query.mock.calls[0] as unknown as [string, string[]];
    query.mockRestore();
    await database.rows(text, parameters);
    await Promise.all([report.close(), database.close()]);
    expect(wholeTables()).toEqual([]);
  });

  it('would be found if they read a table whole', async () => {
    database = connected('narx_api');
    await database.rows('select count(*) from sku where price = 5', []);
    await database.rows('select max(length(title)) from product', []);
    await database.rows('select external_id from product order by id', []);
    await database.close();
    expect(wholeTables()).toEqual(['Seq Scan on sku', 'Seq Scan on product', 'Index Scan on product']);
  });
});
