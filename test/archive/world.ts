import type pg from 'pg';
import { parquetPointFiles } from '../../functions/adapters/parquet/point-files.ts';
import { PostgresArchiveMonths } from '../../functions/adapters/postgres/archive-months.ts';
import type { Database } from '../../functions/adapters/postgres/database.ts';
import { migrate } from '../../functions/adapters/postgres/migrations.ts';
import type { StorageSchema } from '../../functions/contract/manifest.ts';
import { sha256Of } from '../../functions/core/archive/part.ts';
import type { ArchiveObjects } from '../../functions/core/archive/ports.ts';
import type { ArchiveWorld } from '../../functions/core/archive/world.ts';
import { startTestPostgres, type TestPostgres } from '../../local/postgres/for-tests.ts';
import { migrationsOf, withClient } from '../adapters/postgres/retail-database.ts';
import { silentLog } from '../adapters/postgres/store-under-test.ts';

/** Months of these tests lie far enough back to have ended by any clock. */
export const installedAt = new Date('2024-05-10T12:00:00.000Z');
/** The end of the second month there is: April and May have ended. */
export const retention = new Date('2024-06-01T00:00:00.000Z');

/** Databases with partitions from April to August 2024, and what is older in price_point_before. */
export async function startArchivePostgres(
  schema: StorageSchema,
  fill: (client: pg.Client) => Promise<void>,
): Promise<TestPostgres> {
  return await startTestPostgres(async (template) => {
    await withClient(template, async (client) => {
      await migrate(client, migrationsOf(schema), installedAt);
      await fill(client);
    });
  });
}

const productsAndSkus = `
insert into marketplace (code) values ('uzum');
insert into product (marketplace_id, kind, external_id, title) select 1, 'p', p, 'Product ' || p from generate_series(1, $1::int / 4 + 1) p;
insert into product_schedule (product_id, next_due, last_seen_at, last_outcome, marketplace_id)
  select id, 0, '2024-08-30 12:00:00.123+00', 's', 1 from product;
insert into sku (product_id, point_started_at, listed, availability, currency, external_id, price)
  select 1 + s / 4, '2024-04-01', true, 'i', 'UZS', s, 1 from generate_series(1, $1::int) s;`;

/**
 * Histories of `skus` SKUs with points at all ages from February to August 2024: some SKUs never changed, some are gone,
 * prices with decimals, without, missing. The same for the same numbers.
 */
export async function seedHistories(client: pg.Client, skus: number, pointsPerSku: number): Promise<void> {
  await client.query('select setseed(0.42)');
  for (const statement of productsAndSkus.split(';').slice(0, -1))
    await client.query(statement.replaceAll('$1', String(skus)));
  await client.query(`
    insert into price_point
    select sku_id, first, case when upto is null and sku_id % 5 <> 0 then null else first + (coalesce(upto, '2024-08-30 12:00+00') - first) * random() end,
      (array['i', 'o', 'u'])[1 + (random() * 2)::int]::"char", (array['n', 'e', 'l', 'a'])[1 + (random() * 3)::int]::"char",
      random() < 0.01, (array['UZS', 'USD'])[1 + (random() * 0.6)::int],
      trim_scale(case when random() < 0.05 then null when random() < 0.2 then round((random() * 1e6)::numeric, 4) else round((random() * 1e9)::numeric) end),
      trim_scale(case when random() < 0.7 then null else round((random() * 1e9)::numeric, 2) end)
    from (
      select sku_id, first, lead(first) over (partition by sku_id order by first) as upto
      from (select s as sku_id,
              date_trunc('milliseconds', '2024-02-10'::timestamptz + random() * random() * interval '200 days') as first
            from generate_series(1, ${skus}) s, generate_series(1, ${pointsPerSku}) n
            where n = 1 or random() < 0.7) p
      group by sku_id, first) q`);
}

/** Everything that readers are told, as lines. */
export async function everything(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(`
    select concat_ws('|', sku_id, first_observed_at, coalesce(last_confirmed_at::text, '-'), listed, coalesce(price::text, '-'),
      coalesce(old_price::text, '-'), currency, availability, suspect, gap_before) as line
    from price_history order by sku_id, first_observed_at`);
  return rows.map((row) => row.line);
}

export interface StoredObjects extends ArchiveObjects {
  readonly stored: Map<string, { bytes: Uint8Array; etag: string }>;
}

/** A bucket in memory with the conditions of S3. */
export function objectsInMemory(): StoredObjects {
  const stored: StoredObjects['stored'] = new Map();
  return {
    stored,
    put: (key, bytes, onlyIf) => {
      if ((stored.get(key)?.etag ?? null) !== onlyIf) return Promise.resolve(null);
      const object = { bytes: Uint8Array.from(bytes), etag: sha256Of(bytes) };
      stored.set(key, object);
      return Promise.resolve({ etag: object.etag });
    },
    get: (key) => Promise.resolve(stored.get(key) ?? null),
  };
}

export function archiveWorld(
  database: Database,
  objects: ArchiveObjects,
  more: Partial<ArchiveWorld> = {},
): ArchiveWorld {
  return {
    domain: 'ecommerce',
    months: new PostgresArchiveMonths(database),
    objects,
    files: parquetPointFiles,
    sizes: { group: 200, file: 500 },
    log: silentLog,
    hasTime: () => true,
    remainingMs: () => 900_000,
    ...more,
  };
}
