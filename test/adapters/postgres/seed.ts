import type pg from 'pg';
import type { StorageSchema } from '../../../functions/contract/manifest.ts';

/** How much is in the tables after `seed`. */
export const seeded = { products: 40_000, skusPerProduct: 4 };

const tables = `
insert into marketplace (code) values ($market);
insert into schedule_clock (marketplace_id, v) values (1, 10);
insert into seller (titled_at, marketplace_id, external_id, title)
  select '2026-08-10', 1, s, 'Seller ' || s from generate_series(1, 2000) s;
insert into category (titled_at, marketplace_id, external_id, title)
  select '2026-08-10', 1, c, 'Category ' || c from generate_series(1, 500) c;
insert into product (seller_id, category_id, marketplace_id, kind, external_id, title)
  select 1 + p % 2000, 1 + p % 500, 1, $kind, p, 'Product ' || p from generate_series(1, $products) p;
insert into product_schedule (product_id, next_due, last_seen_at, last_change_at, last_outcome, marketplace_id)
  select p, p::float8 / $products * 10, '2026-09-13 10:00+00', '2026-09-05 10:00+00', 's', 1
  from generate_series(1, $products) p;
insert into sku (product_id, point_started_at, listed, availability, currency, external_id, price, title)
  select p, '2026-09-05 10:00+00', true, 'i', 'UZS', k, 1000 + p, 'SKU ' || k
  from generate_series(1, $products) p, generate_series(1, $skus) k;
insert into price_point (sku_id, first_observed_at, last_confirmed_at, availability, currency, price)
  select s, '2026-08-10 10:00+00', '2026-09-01 10:00+00', 'i', 'UZS', 999 from generate_series(1, $products * $skus) s;
insert into price_point (sku_id, first_observed_at, last_confirmed_at, availability, currency, price)
  select s, '2026-09-05 10:00+00', null, 'i', 'UZS', 1000 + (s + 3) / 4 from generate_series(1, $products * $skus) s;
insert into price_drop (marketplace_id, day, fall, sku_id, first_observed_at)
  select 1, '2026-09-05', 0.5 - s::real / 1000000, s, '2026-09-05 10:00+00' from generate_series(1, $products) s;`;

const lots = `
insert into organisation (named_at, inn, name)
  select '2026-08-10', (200000000 + o)::text, 'Organisation ' || o from generate_series(1, 5000) o;
insert into lot_page (product_id, page, observed_at, fingerprint, buyer_id, supplier_id, last_outcome, currency, listed)
  select l, 'auction-items', '2026-09-13 10:00+00', 0, 1 + l % 5000, 1 + l % 4999, 's', 'UZS', false
  from generate_series(1, $products) l;
insert into lot_item (product_id, external_id, quantity, unit)
  select l, '1', 10, 'kg' from generate_series(1, $products) l;
insert into raw_page (product_id, observed_at, key)
  select l, '2026-09-05 10:00+00', 'raw/uzex/' || l from generate_series(1, $products) l;`;

/**
 * Fills the tables with products (or lots) 1 to `seeded.products`, their SKUs 1 to `seeded.skusPerProduct` and two price points
 * each, and takes statistics. The client is the owner's.
 */
export async function seed(client: pg.Client, schema: StorageSchema): Promise<void> {
  const isLots = schema === 'procurement';
  const text = (isLots ? tables + lots : tables)
    .replaceAll('$products', String(seeded.products))
    .replaceAll('$skus', String(seeded.skusPerProduct))
    .replaceAll('$market', isLots ? "'uzex'" : "'uzum'")
    .replaceAll('$kind', isLots ? "'l'" : "'p'");
  await client.query(text);
  await client.query('analyze');
}
