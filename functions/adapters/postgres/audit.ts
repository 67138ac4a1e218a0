import { checksUntilGone } from '../../core/history/sighting.ts';
import type { Database } from './database.ts';

/** How fresh the data of one marketplace is, measured from the data itself. Ages are null where there is no data. */
export interface Freshness {
  /** Since the newest snapshot. */
  readonly newestObservationAgeSeconds: number | null;
  /** Since the snapshot of the product that has waited longest, gone ones left out. */
  readonly oldestConfirmationAgeSeconds: number | null;
  /** Products with a snapshot in the last 24 hours. */
  readonly confirmedLastDay: number;
}

const FRESHNESS = `
select m.code,
  max(s.last_seen_at),
  min(s.last_seen_at) filter (where s.missing_checks < $2),
  count(*) filter (where s.last_seen_at > $3::timestamptz - interval '1 day')::int
from marketplace m join product_schedule s on s.marketplace_id = m.id
where m.code = any ($1)
group by m.code`;

/** Rows beyond the first of one identity, and price points that repeat the one before them. */
const DUPLICATES = `
select (
    (select coalesce(sum(n - 1), 0) from (
      select count(*) as n from product group by marketplace_id, kind, external_id having count(*) > 1) d)
  + (select coalesce(sum(n - 1), 0) from (
      select count(*) as n from sku group by product_id, external_id having count(*) > 1) d)
  + (select count(*) from sku where not exists (select from product p where p.id = sku.product_id))
  + (select count(*) from (
      select (price, old_price, currency, availability) is not distinct from
        (lag(price) over w, lag(old_price) over w, lag(currency) over w, lag(availability) over w) as same,
        lag(sku_id) over w is not null as follows
      from price_point
      where sku_id in (select id from sku where point_started_at > $1::timestamptz - interval '1 day')
      window w as (partition by sku_id order by first_observed_at)) pair
    where pair.same and pair.follows)
)::int`;

/** What audit asks the database, independently of what the functions that fill it say. */
export class PostgresAudit {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async freshness(marketplaces: readonly string[], now: Date): Promise<Map<string, Freshness>> {
    const rows = await this.#database.rows<[string, number | null, number | null, number]>(FRESHNESS, [
      `{${marketplaces.join(',')}}`,
      checksUntilGone,
      now.toISOString(),
    ]);
    const age = (at: number | null) => (at === null ? null : Math.max(0, (now.getTime() - at) / 1000));
    return new Map(
      rows.map(([marketplace, newest, oldest, confirmed]) => [
        marketplace,
        {
          newestObservationAgeSeconds: age(newest),
          oldestConfirmationAgeSeconds: age(oldest),
          confirmedLastDay: confirmed,
        },
      ]),
    );
  }

  /** Duplicates, orphans and repeated price points among SKUs that changed within the last day (F05). */
  async duplicateRows(now: Date): Promise<number> {
    const [[count] = [0]] = await this.#database.rows<[number]>(DUPLICATES, [now.toISOString()]);
    return count;
  }
}
