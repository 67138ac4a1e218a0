import type { KnownSku } from '../../core/history/product.ts';
import type { Run } from '../../core/history/runs.ts';
import type { Sighting } from '../../core/history/sighting.ts';
import type { ObservedValue } from '../../core/history/value.ts';
import type { Reference } from '../../core/model/reference.ts';
import type { Session } from './database.ts';
import { arrayOf, availabilityCode, hiddenCode, kindCode, outcomeCode } from './values.ts';

/** The business identity of what a visit was about. */
export interface ProductKey {
  readonly marketplace: string;
  readonly kind: Reference['kind'];
  readonly externalId: string;
}

export interface KnownProduct {
  readonly id: string;
  readonly marketplaceId: number;
  readonly sighting: Sighting;
}

const LOCK_PRODUCTS = `
select g.n::int, s.product_id, s.marketplace_id, s.last_seen_at, s.last_change_at, s.fingerprint, s.missing_since,
  s.missing_checked_at, s.missing_checks, s.last_outcome
from unnest($1::text[], $2::"char"[], $3::text[]) with ordinality as g (code, kind, external_id, n)
join marketplace m on m.code = g.code
join product p on p.marketplace_id = m.id and p.kind = g.kind and p.external_id = g.external_id
join product_schedule s on s.product_id = p.id
order by s.product_id
for update of s`;

const SKUS = `
select product_id, id, external_id, title, price, old_price, currency, availability, point_started_at, listed
from sku where product_id = any ($1::bigint[])`;

const POINTS = `
select p.sku_id, p.first_observed_at, coalesce(p.last_confirmed_at, s.last_seen_at), p.price, p.old_price, p.currency,
  p.availability, p.hidden_before
from price_point p
join sku k on k.id = p.sku_id
join product_schedule s on s.product_id = k.product_id
where p.sku_id = any ($1::bigint[])
order by p.sku_id, p.first_observed_at`;

/**
 * Finds the products among the given keys and locks their schedule rows, in the order of their ids: every writer of a
 * product holds this lock, so what is read after it stays true until the commit. The result is by index of the key.
 */
export async function lockProducts(
  session: Session,
  keys: readonly ProductKey[],
): Promise<Map<number, KnownProduct>> {
  const rows = await session.rows<
    [
      number,
      string,
      number,
      number | null,
      number | null,
      string | null,
      number | null,
      number | null,
      number,
      string | null,
    ]
  >(LOCK_PRODUCTS, keyColumns(keys));
  return new Map(
    rows.map(([n, id, marketplaceId, seen, change, fingerprint, since, checked, checks, outcome]) => [
      n - 1,
      {
        id,
        marketplaceId,
        sighting: {
          lastSeenAt: seen,
          lastChangeAt: change,
          fingerprint,
          missingSince: since,
          missingCheckedAt: checked,
          missingChecks: checks,
          lastOutcome: outcome === null ? null : outcomeCode.word(outcome),
        },
      },
    ]),
  );
}

const FIND_PRODUCTS = `
select g.n::int, p.id
from unnest($1::text[], $2::"char"[], $3::text[]) with ordinality as g (code, kind, external_id, n)
join marketplace m on m.code = g.code
join product p on p.marketplace_id = m.id and p.kind = g.kind and p.external_id = g.external_id`;

/** Ids of the products among the given keys, by index of the key. Locks nothing. */
export async function findProducts(
  session: Session,
  keys: readonly ProductKey[],
): Promise<Map<number, string>> {
  const rows = await session.rows<[number, string]>(FIND_PRODUCTS, keyColumns(keys));
  return new Map(rows.map(([n, id]) => [n - 1, id]));
}

function keyColumns(keys: readonly ProductKey[]): string[] {
  return [
    arrayOf(keys.map((key) => key.marketplace)),
    arrayOf(keys.map((key) => kindCode.letter(key.kind))),
    arrayOf(keys.map((key) => key.externalId)),
  ];
}

/** SKUs by product id. */
export async function readSkus(
  session: Session,
  productIds: readonly string[],
): Promise<Map<string, KnownSku[]>> {
  const skus = new Map<string, KnownSku[]>();
  if (productIds.length === 0) return skus;
  for (const [
    productId,
    id,
    externalId,
    title,
    price,
    oldPrice,
    currency,
    availability,
    started,
    listed,
  ] of await session.rows<
    [string, string, string, string | null, string | null, string | null, string, string, number, boolean]
  >(SKUS, [arrayOf(productIds)])) {
    const known = skus.get(productId) ?? [];
    skus.set(productId, known);
    known.push({
      id,
      externalId,
      title,
      value: valueFrom(price, oldPrice, currency, availability),
      startedAt: started,
      listed,
    });
  }
  return skus;
}

/** All runs of the given SKUs, by SKU id. */
export async function readHistories(
  session: Session,
  skuIds: readonly string[],
): Promise<Map<string, Run[]>> {
  const histories = new Map<string, Run[]>();
  if (skuIds.length === 0) return histories;
  for (const [skuId, first, last, price, oldPrice, currency, availability, hidden] of await session.rows<
    [string, number, number, string | null, string | null, string, string, string]
  >(POINTS, [arrayOf(skuIds)])) {
    const runs = histories.get(skuId) ?? [];
    histories.set(skuId, runs);
    runs.push({
      first,
      last,
      value: valueFrom(price, oldPrice, currency, availability),
      hiddenBefore: hiddenCode.word(hidden),
    });
  }
  return histories;
}

function valueFrom(
  price: string | null,
  oldPrice: string | null,
  currency: string,
  availability: string,
): ObservedValue {
  return { price, oldPrice, currency, availability: availabilityCode.word(availability) };
}
