import { checksUntilGone } from '../../core/history/sighting.ts';
import type { Database } from './database.ts';

/** How fresh the data of one marketplace is, measured from the data itself. Ages are null where there is no data. */
export interface Freshness {
  /** Since the newest snapshot. */
  readonly newestObservationAgeSeconds: number | null;
  /** Since the snapshot of the product that has waited longest, gone ones left out. */
  readonly oldestConfirmationAgeSeconds: number | null;
  /** Since the snapshot that 95 of 100 products have a newer one than. */
  readonly p95ConfirmationAgeSeconds: number | null;
  /** Products with a snapshot in the last 24 hours. */
  readonly confirmedLastDay: number;
}

const FRESHNESS = `
select m.code,
  max(s.last_seen_at),
  min(s.last_seen_at) filter (where s.missing_checks < $2),
  count(*) filter (where s.last_seen_at > $3::timestamptz - interval '1 day')::int,
  percentile_disc(0.05) within group (order by s.last_seen_at) filter (where s.missing_checks < $2)
from marketplace m join product_schedule s on s.marketplace_id = m.id
where m.code = any ($1)
group by m.code`;

const PARTITIONS_MISSING = `
select count(*)::int from (values (0), (1)) ahead (months)
where not exists (select from price_month
  where month = utc_month($1::timestamptz) + months * interval '1 month')`;

/** What a day holds is small beside its partition: an index finds it (F06). */
const PRICE_CHANGES = `
select m.code, count(*)::int
from price_point p
join sku k on k.id = p.sku_id
join product o on o.id = k.product_id
join marketplace m on m.id = o.marketplace_id
where p.first_observed_at > $1::timestamptz - interval '1 day' and p.first_observed_at <= $1::timestamptz
  and exists (select from price_point q where q.sku_id = p.sku_id and q.first_observed_at < p.first_observed_at)
group by m.code`;

const CONNECTIONS = `
select 100.0 * sum(numbackends)::int / current_setting('max_connections')::int from pg_stat_database`;

/** One run looks at this many product ids: all of them in a day, at a run every five minutes, up to 2.8 million. */
const productsPerRun = 10_000;
const runMs = 5 * 60_000;
const lastId = '9223372036854775807';

const NEWEST_PRODUCT = 'select coalesce(max(id), 0)::bigint from product';

/**
 * Among the products of a range of ids: rows beyond the first of one identity, SKUs without a product, and price points that
 * repeat the one before them. Each row is looked up by an index: as a join, the whole of these tables would be read (F06).
 */
const DUPLICATES = `
select (
    (select count(*) from product p where p.id between $1 and $2 and (
      select count(*) from product o
      where o.marketplace_id = p.marketplace_id and o.kind = p.kind and o.external_id = p.external_id and o.id < p.id) > 0)
  + (select count(*) from sku k where k.product_id between $1 and $2 and (
      select count(*) from sku o
      where o.product_id = k.product_id and o.external_id = k.external_id and o.id < k.id) > 0)
  + (select count(*) from sku k where k.product_id between $1 and $2 and (
      select count(*) from product p where p.id = k.product_id) = 0)
  + (select count(*) from sku k
    cross join lateral (
      select (h.price, h.old_price, h.currency, h.availability) is not distinct from
        (lag(h.price) over w, lag(h.old_price) over w, lag(h.currency) over w, lag(h.availability) over w) as same,
        lag(h.sku_id) over w is not null as follows
      from price_point h where h.sku_id = k.id
      window w as (order by h.first_observed_at)) pair
    where k.product_id between $1 and $2 and pair.same and pair.follows)
)::int`;

/** What audit asks the database, independently of what the functions that fill it say. */
export class PostgresAudit {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async freshness(marketplaces: readonly string[], now: Date): Promise<Map<string, Freshness>> {
    const rows = await this.#database.rows<[string, number | null, number | null, number, number | null]>(
      FRESHNESS,
      [`{${marketplaces.join(',')}}`, checksUntilGone, now.toISOString()],
    );
    const age = (at: number | null) => (at === null ? null : Math.max(0, (now.getTime() - at) / 1000));
    return new Map(
      rows.map(([marketplace, newest, oldest, confirmed, p95]) => [
        marketplace,
        {
          newestObservationAgeSeconds: age(newest),
          oldestConfirmationAgeSeconds: age(oldest),
          p95ConfirmationAgeSeconds: age(p95),
          confirmedLastDay: confirmed,
        },
      ]),
    );
  }

  /** Of this month and the next (UTC), those that price points cannot be stored in. migrate makes them three months ahead. */
  async partitionsMissing(now: Date): Promise<number> {
    const [[count] = [0]] = await this.#database.rows<[number]>(PARTITIONS_MISSING, [now.toISOString()]);
    return count;
  }

  /** Price points of the last 24 hours that follow another one of their SKU, by marketplace; none where there are none. */
  async priceChangesLastDay(now: Date): Promise<Map<string, number>> {
    return new Map(await this.#database.rows<[string, number]>(PRICE_CHANGES, [now.toISOString()]));
  }

  /** Connections to the server in use, in percent of those that it allows. */
  async connectionsUsedPercent(): Promise<number> {
    const [[used] = ['0']] = await this.#database.rows<[string]>(CONNECTIONS, []);
    return Number(used);
  }

  /** Duplicates, orphans and repeated price points (F05), in one part of the products: another one with each run. */
  async duplicateRows(now: Date): Promise<number> {
    const [[newest] = ['0']] = await this.#database.rows<[string]>(NEWEST_PRODUCT, []);
    const parts = Math.max(1, Math.ceil(Number(newest) / productsPerRun));
    const part = Math.floor(now.getTime() / runMs) % parts;
    const low = String(part * productsPerRun + 1);
    // The last part has no end: an orphan may name any product.
    const high = part === parts - 1 ? lastId : String((part + 1) * productsPerRun);
    const [[count] = [0]] = await this.#database.rows<[number]>(DUPLICATES, [low, high]);
    return count;
  }
}
