import type { Session } from '../../functions/adapters/postgres/database.ts';
import { columnsOf, readBatch } from '../../functions/adapters/postgres/point-columns.ts';
import { arrayOf, kindCode } from '../../functions/adapters/postgres/values.ts';
import { keyAt, type PointBatch, type PointKey, rowsOf } from '../../functions/core/archive/points.ts';

/** What began in it is exported: from `since` on, before `until`. */
export interface Period {
  readonly since: Date;
  /** Null: without an end. */
  readonly until: Date | null;
}

/** What a SKU is called, and when its product was seen last (microseconds of the epoch). */
export interface SkuNames {
  readonly marketplace: string;
  readonly kind: string;
  readonly product: string;
  readonly productTitle: string | null;
  readonly seller: string | null;
  readonly sellerTitle: string | null;
  readonly category: string | null;
  readonly categoryTitle: string | null;
  readonly sku: string;
  readonly skuTitle: string | null;
  readonly lastSeenAt: number | null;
}

/** Rows of one statement: some megabytes, whatever the size of the tables. */
const batchSize = 20_000;

const POINTS = `
select ${columnsOf('r')} from (
  select sku_id, first_observed_at, last_confirmed_at, availability, hidden_before, suspect, currency, price, old_price,
    last_confirmed_at is null as in_force
  from price_point
  where first_observed_at >= $1 and first_observed_at < $2 and (sku_id, first_observed_at) > ($3, $4)
  order by sku_id, first_observed_at limit $5) r`;

/** Look-ups that are not estimated, and so never become a scan of everything. */
const NAMES = `
select k.id, m.code, p.kind, p.external_id, p.title, l.external_id, l.title, c.external_id, c.title, k.external_id, k.title,
  (extract(epoch from s.last_seen_at) * 1000000)::bigint
from unnest($1::bigint[]) u (id)
cross join lateral (select id, product_id, external_id, title from sku where id = u.id limit 1) k
cross join lateral (
  select id, marketplace_id, kind, external_id, title, seller_id, category_id from product where id = k.product_id limit 1) p
cross join lateral (select code from marketplace where id = p.marketplace_id limit 1) m
left join lateral (select external_id, title from seller where id = p.seller_id limit 1) l on true
left join lateral (select external_id, title from category where id = p.category_id limit 1) c on true
left join lateral (select last_seen_at from product_schedule where product_id = p.id limit 1) s on true`;

const ARCHIVED = `
select to_char(month, 'YYYY-MM'), (rows - in_force)::text from price_archive
where state = 'dropped' and archived_until > $1 order by month`;

const bounds = ({ since, until }: Period) => [since.toISOString(), until?.toISOString() ?? 'infinity'];

/**
 * The price points of the period that are in the database, by SKU and time. Every page goes on after the key of the last row, so
 * that memory is that of one page; in one repeatable-read transaction all pages are of one instant.
 */
export async function* readPoints(
  session: Session,
  period: Period,
  pageSize = batchSize,
): AsyncGenerator<PointBatch> {
  let after: [string, string] = ['-9223372036854775808', '-infinity'];
  for (;;) {
    const batch = await readBatch(session, POINTS, [...bounds(period), ...after, pageSize]);
    const rows = rowsOf(batch);
    if (rows > 0) yield batch;
    if (rows < pageSize) return;
    after = textOf(keyAt(batch, rows - 1));
  }
}

/** With all digits: what a Date would cut off would come twice. */
function textOf({ skuId, firstObservedAt }: PointKey): [string, string] {
  return [skuId, isoOf(firstObservedAt)];
}

/** Microseconds of the epoch as ISO 8601; with six digits only where three do not say it all. */
export function isoOf(micros: number): string {
  const millis = Math.floor(micros / 1_000);
  const rest = micros - millis * 1_000;
  const text = new Date(millis).toISOString();
  return rest === 0 ? text : text.replace('Z', `${String(rest).padStart(3, '0')}Z`);
}

/** About how many points the database has of the period, as its planner estimates: for progress only. */
export async function estimatePoints(session: Session, period: Period): Promise<number> {
  const [[plan] = []] = await session.rows<[{ Plan: { 'Plan Rows': number } }[]]>(
    'explain (format json) select from price_point where first_observed_at >= $1 and first_observed_at < $2',
    bounds(period),
  );
  return plan?.[0]?.Plan['Plan Rows'] ?? 0;
}

/** Archived months that may hold points of the period, oldest first: a point is filed under the month that replaced it. */
export async function archivedMonths(
  session: Session,
  { since }: Period,
): Promise<{ month: string; points: number }[]> {
  const rows = await session.rows<[string, string]>(ARCHIVED, [since.toISOString()]);
  return rows.map(([month, points]) => ({ month, points: Number(points) }));
}

/** Of each SKU in the batch; one that the database does not know (any more) is missing. */
export async function namesOf(session: Session, batch: PointBatch): Promise<Map<string, SkuNames>> {
  const rows = await session.rows<
    [
      id: string,
      marketplace: string,
      kind: string,
      product: string,
      productTitle: string | null,
      seller: string | null,
      sellerTitle: string | null,
      category: string | null,
      categoryTitle: string | null,
      sku: string,
      skuTitle: string | null,
      lastSeenAt: string | null,
    ]
  >(NAMES, [arrayOf([...new Set(batch.skuId)])]);
  return new Map(
    rows.map(([id, marketplace, kind, product, productTitle, seller, sellerTitle, ...more]) => {
      const [category, categoryTitle, sku, skuTitle, lastSeenAt] = more;
      return [
        id,
        {
          ...{ marketplace, kind: kindCode.word(kind), product, productTitle, seller, sellerTitle },
          ...{ category, categoryTitle, sku, skuTitle },
          lastSeenAt: lastSeenAt === null ? null : Number(lastSeenAt),
        },
      ];
    }),
  );
}
