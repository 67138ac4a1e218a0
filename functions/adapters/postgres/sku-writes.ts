import type { PointRow, SkuChanges, SkuRow } from '../../core/history/changes.ts';
import type { Session } from './database.ts';
import { arrayOf, availabilityCode, hiddenCode, instant } from './values.ts';

export interface NewSku {
  readonly productId: string;
  readonly externalId: string;
  readonly row: SkuRow;
}

const skuColumns =
  'product_id, external_id, title, price, old_price, currency, availability, point_started_at, listed';
const GIVEN_SKUS = `
select * from unnest($1::bigint[], $2::text[], $3::text[], $4::numeric[], $5::numeric[], $6::text[], $7::"char"[],
    $8::timestamptz[], $9::boolean[])
  as g (${skuColumns}) order by product_id, external_id`;

const INSERT_SKUS = `insert into sku (${skuColumns}) ${GIVEN_SKUS} returning product_id, external_id, id`;

const INSERT_SKUS_WITH_POINT = `
with added as (
  insert into sku (${skuColumns}) ${GIVEN_SKUS}
  returning id, point_started_at, price, old_price, currency, availability)
insert into price_point (sku_id, first_observed_at, price, old_price, currency, availability)
select * from added`;

/** Adds SKUs that one observation is known of, listed, each with its open price point. */
export async function insertFirstSeen(session: Session, skus: readonly NewSku[]): Promise<void> {
  if (skus.length > 0) await session.rows(INSERT_SKUS_WITH_POINT, newSkuColumns(skus));
}

/** Adds SKUs without their price points; the ids are in the order given. */
export async function insertSkus(session: Session, skus: readonly NewSku[]): Promise<string[]> {
  if (skus.length === 0) return [];
  const rows = await session.rows<[string, string, string]>(INSERT_SKUS, newSkuColumns(skus));
  const ids = new Map(rows.map(([productId, externalId, id]) => [`${productId} ${externalId}`, id]));
  return skus.map((sku) => {
    const id = ids.get(`${sku.productId} ${sku.externalId}`);
    if (id === undefined) throw new Error(`SKU ${sku.externalId} was not inserted`);
    return id;
  });
}

function newSkuColumns(skus: readonly NewSku[]): string[] {
  return [
    arrayOf(skus.map((sku) => sku.productId)),
    arrayOf(skus.map((sku) => sku.externalId)),
    ...rowColumns(skus.map((sku) => sku.row)),
  ];
}

const UPDATE_SKUS = `
update sku k set title = g.title, price = g.price, old_price = g.old_price, currency = g.currency,
  availability = g.availability, point_started_at = g.point_started_at, listed = g.listed
from unnest($1::text[], $2::numeric[], $3::numeric[], $4::text[], $5::"char"[], $6::timestamptz[], $7::boolean[],
    $8::bigint[])
  as g (title, price, old_price, currency, availability, point_started_at, listed, id)
where k.id = g.id`;

export async function updateSkus(
  session: Session,
  skus: readonly { id: string; row: SkuRow }[],
): Promise<void> {
  if (skus.length === 0) return;
  await session.rows(UPDATE_SKUS, [
    ...rowColumns(skus.map((sku) => sku.row)),
    arrayOf(skus.map((sku) => sku.id)),
  ]);
}

function rowColumns(rows: readonly SkuRow[]): string[] {
  return [
    arrayOf(rows.map((row) => row.title)),
    arrayOf(rows.map((row) => row.value.price)),
    arrayOf(rows.map((row) => row.value.oldPrice)),
    arrayOf(rows.map((row) => row.value.currency)),
    arrayOf(rows.map((row) => availabilityCode.letter(row.value.availability))),
    arrayOf(rows.map((row) => instant(row.startedAt))),
    arrayOf(rows.map((row) => row.listed)),
  ];
}

const DELETE_POINTS = `
delete from price_point p using unnest($1::bigint[], $2::timestamptz[]) as g (sku_id, first_observed_at)
where p.sku_id = g.sku_id and p.first_observed_at = g.first_observed_at`;

const END_POINTS = `
update price_point p set last_confirmed_at = g.last_confirmed_at
from unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) as g (sku_id, first_observed_at, last_confirmed_at)
where p.sku_id = g.sku_id and p.first_observed_at = g.first_observed_at`;

const INSERT_POINTS = `
insert into price_point (sku_id, first_observed_at, last_confirmed_at, price, old_price, currency, availability,
  hidden_before, suspect)
select * from unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::numeric[], $5::numeric[], $6::text[],
  $7::"char"[], $8::"char"[], $9::boolean[])`;

/** Of the points just inserted, those that lie below the one before them. What is suspect is no bargain. */
const INSERT_DROPS = `
insert into price_drop (marketplace_id, day, fall, sku_id, first_observed_at)
select o.marketplace_id, (h.first_observed_at at time zone 'UTC')::date, (1 - h.price / b.price)::real, h.sku_id,
  h.first_observed_at
from unnest($1::bigint[], $2::timestamptz[]) as g (sku_id, first_observed_at)
cross join lateral (
  select sku_id, first_observed_at, price, currency from price_point
  where sku_id = g.sku_id and first_observed_at = g.first_observed_at and not suspect limit 1) h
cross join lateral (
  select price, currency from price_point
  where sku_id = h.sku_id and first_observed_at < h.first_observed_at
  order by first_observed_at desc limit 1) b
cross join lateral (
  select marketplace_id from product where id = (select product_id from sku where id = h.sku_id) limit 1) o
where h.price < b.price and h.currency = b.currency
on conflict do nothing`;

/** Applies what folding did to the price points of SKUs that have an id: deletes, ends, inserts, in this order. */
export async function writePoints(
  session: Session,
  changes: readonly (Pick<SkuChanges, 'deletes' | 'ends' | 'inserts'> & { id: string })[],
): Promise<void> {
  const deletes = changes.flatMap(({ id, deletes }) => deletes.map((first) => ({ id, first })));
  const ends = changes.flatMap(({ id, ends }) => ends.map((end) => ({ id, ...end })));
  const inserts = changes.flatMap(({ id, inserts }) =>
    inserts.map((point): PointRow & { id: string } => ({ id, ...point })),
  );
  if (deletes.length > 0) {
    await session.rows(DELETE_POINTS, [
      arrayOf(deletes.map((p) => p.id)),
      arrayOf(deletes.map((p) => instant(p.first))),
    ]);
  }
  if (ends.length > 0) {
    await session.rows(END_POINTS, [
      arrayOf(ends.map((p) => p.id)),
      arrayOf(ends.map((p) => instant(p.first))),
      arrayOf(ends.map((p) => instant(p.last))),
    ]);
  }
  if (inserts.length > 0) {
    await session.rows(INSERT_POINTS, [
      arrayOf(inserts.map((p) => p.id)),
      arrayOf(inserts.map((p) => instant(p.first))),
      arrayOf(inserts.map((p) => instant(p.last))),
      arrayOf(inserts.map((p) => p.value.price)),
      arrayOf(inserts.map((p) => p.value.oldPrice)),
      arrayOf(inserts.map((p) => p.value.currency)),
      arrayOf(inserts.map((p) => availabilityCode.letter(p.value.availability))),
      arrayOf(inserts.map((p) => hiddenCode.letter(p.hiddenBefore))),
      arrayOf(inserts.map((p) => p.suspect)),
    ]);
    await session.rows(INSERT_DROPS, [
      arrayOf(inserts.map((p) => p.id)),
      arrayOf(inserts.map((p) => instant(p.first))),
    ]);
  }
}
