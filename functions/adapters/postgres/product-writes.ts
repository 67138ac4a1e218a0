import type { Sighting } from '../../core/history/sighting.ts';
import type { Reference } from '../../core/model/reference.ts';
import type { Session } from './database.ts';
import { ConcurrentInsert } from './errors.ts';
import { arrayOf, instant, kindCode, outcomeCode } from './values.ts';

/** Statement texts are constant and short, whatever the batch: RDS Proxy pins a session over a text above 16 KB. */

export interface NewProduct {
  readonly marketplaceId: number;
  readonly kind: Reference['kind'];
  readonly externalId: string;
  readonly title: string;
  readonly sellerId: string | null;
  readonly categoryId: string | null;
  readonly sighting: Sighting;
}

const INSERT_PRODUCTS = `
with given as (
  select * from unnest($1::smallint[], $2::"char"[], $3::text[], $4::text[], $5::bigint[], $6::bigint[],
      $7::timestamptz[], $8::timestamptz[], $9::bigint[], $10::timestamptz[], $11::timestamptz[], $12::smallint[],
      $13::"char"[])
    with ordinality as g (marketplace_id, kind, external_id, title, seller_id, category_id, last_seen_at,
      last_change_at, fingerprint, missing_since, missing_checked_at, missing_checks, last_outcome, n)),
added as (
  insert into product (marketplace_id, kind, external_id, title, seller_id, category_id)
  select marketplace_id, kind, external_id, title, seller_id, category_id from given
  order by marketplace_id, kind, external_id
  on conflict do nothing
  returning id, marketplace_id, kind, external_id),
scheduled as (
  insert into product_schedule (product_id, marketplace_id, next_due, last_seen_at, last_change_at, fingerprint,
    missing_since, missing_checked_at, missing_checks, last_outcome)
  select a.id, a.marketplace_id, c.v + visit_interval(c.speed), g.last_seen_at, g.last_change_at,
    g.fingerprint, g.missing_since, g.missing_checked_at, g.missing_checks, g.last_outcome
  from added a
  join given g using (marketplace_id, kind, external_id)
  join schedule_clock c using (marketplace_id))
select g.n::int, a.id from added a join given g using (marketplace_id, kind, external_id)`;

/** Adds products that are known to be missing; the ids are in the order given. */
export async function insertProducts(session: Session, products: readonly NewProduct[]): Promise<string[]> {
  if (products.length === 0) return [];
  const rows = await session.rows<[number, string]>(INSERT_PRODUCTS, [
    arrayOf(products.map((p) => p.marketplaceId)),
    arrayOf(products.map((p) => kindCode.letter(p.kind))),
    arrayOf(products.map((p) => p.externalId)),
    arrayOf(products.map((p) => p.title)),
    arrayOf(products.map((p) => p.sellerId)),
    arrayOf(products.map((p) => p.categoryId)),
    ...sightingColumns(products.map((p) => p.sighting)),
  ]);
  if (rows.length < products.length) {
    throw new ConcurrentInsert(
      `${products.length - rows.length} products were inserted by another transaction`,
    );
  }
  const ids = new Array<string>(products.length);
  for (const [n, id] of rows) ids[n - 1] = id;
  return ids;
}

const INSERT_REFERENCES = `
with given as (select * from unnest($1::smallint[], $2::"char"[], $3::text[]) as g (marketplace_id, kind, external_id)),
added as (
  insert into product (marketplace_id, kind, external_id)
  select * from given g
  where not exists (
    select from product p
    where p.marketplace_id = g.marketplace_id and p.kind = g.kind and p.external_id = g.external_id)
  order by marketplace_id, kind, external_id
  on conflict do nothing
  returning id, marketplace_id)
insert into product_schedule (product_id, marketplace_id, next_due)
select a.id, a.marketplace_id, c.v from added a join schedule_clock c using (marketplace_id)`;

/** Adds references that were discovered and not seen yet; they are next in line. Known ones are left alone. */
export async function insertReferences(
  session: Session,
  references: readonly (Reference & { marketplaceId: number })[],
): Promise<void> {
  if (references.length === 0) return;
  await session.rows(INSERT_REFERENCES, [
    arrayOf(references.map((r) => r.marketplaceId)),
    arrayOf(references.map((r) => kindCode.letter(r.kind))),
    arrayOf(references.map((r) => r.externalId)),
  ]);
}

const REVIVE_LISTINGS = `
with given as (select * from unnest($1::smallint[], $2::text[]) as g (marketplace_id, external_id)),
missing as (
  select s.product_id from given g
  join product p on p.marketplace_id = g.marketplace_id and p.kind = 's' and p.external_id = g.external_id
  join product_schedule s on s.product_id = p.id
  where s.missing_checks > 0
  order by s.product_id for update of s)
update product_schedule s set missing_since = null, missing_checked_at = null, missing_checks = 0, last_outcome = null,
  next_due = least(s.next_due, c.v + visit_interval(c.speed, s.rate_a, s.rate_b, s.change_share, s.weight))
from missing m, schedule_clock c
where s.product_id = m.product_id and c.marketplace_id = s.marketplace_id`;

/**
 * Brings listings that were empty or gone back into the usual rhythm, because another page leads to them again: they have
 * no snapshot that could. A message that is delivered after a newer empty visit costs one visit more.
 */
export async function reviveListings(
  session: Session,
  references: readonly (Reference & { marketplaceId: number })[],
): Promise<void> {
  const listings = references.filter(({ kind }) => kind === 'listing');
  if (listings.length === 0) return;
  await session.rows(REVIVE_LISTINGS, [
    arrayOf(listings.map((r) => r.marketplaceId)),
    arrayOf(listings.map((r) => r.externalId)),
  ]);
}

const UPDATE_PRODUCTS = `
update product p set title = g.title, seller_id = g.seller_id, category_id = g.category_id
from unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[]) as g (id, title, seller_id, category_id)
where p.id = g.id
  and (p.title, p.seller_id, p.category_id) is distinct from (g.title, g.seller_id, g.category_id)`;

export async function updateProducts(
  session: Session,
  products: readonly { id: string; title: string; sellerId: string | null; categoryId: string | null }[],
): Promise<void> {
  if (products.length === 0) return;
  await session.rows(UPDATE_PRODUCTS, [
    arrayOf(products.map((p) => p.id)),
    arrayOf(products.map((p) => p.title)),
    arrayOf(products.map((p) => p.sellerId)),
    arrayOf(products.map((p) => p.categoryId)),
  ]);
}

const UPDATE_SIGHTINGS = `
update product_schedule s set last_seen_at = g.last_seen_at, last_change_at = g.last_change_at,
  fingerprint = g.fingerprint, missing_since = g.missing_since, missing_checked_at = g.missing_checked_at,
  missing_checks = g.missing_checks, last_outcome = g.last_outcome
from unnest($1::timestamptz[], $2::timestamptz[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::smallint[],
    $7::"char"[], $8::bigint[])
  as g (last_seen_at, last_change_at, fingerprint, missing_since, missing_checked_at, missing_checks, last_outcome,
    product_id)
where s.product_id = g.product_id`;

export async function updateSightings(
  session: Session,
  products: readonly { id: string; sighting: Sighting }[],
): Promise<void> {
  if (products.length === 0) return;
  await session.rows(UPDATE_SIGHTINGS, [
    ...sightingColumns(products.map((p) => p.sighting)),
    arrayOf(products.map((p) => p.id)),
  ]);
}

function sightingColumns(sightings: readonly Sighting[]): string[] {
  return [
    arrayOf(sightings.map((s) => instant(s.lastSeenAt))),
    arrayOf(sightings.map((s) => instant(s.lastChangeAt))),
    arrayOf(sightings.map((s) => s.fingerprint)),
    arrayOf(sightings.map((s) => instant(s.missingSince))),
    arrayOf(sightings.map((s) => instant(s.missingCheckedAt))),
    arrayOf(sightings.map((s) => s.missingChecks)),
    arrayOf(sightings.map((s) => s.lastOutcome && outcomeCode.letter(s.lastOutcome))),
  ];
}
