import type { Reference } from '../../core/model/reference.ts';
import type { DueReferences } from '../../core/ports/database.ts';
import type { Database } from './database.ts';
import { kindCode } from './values.ts';

/**
 * The smallest next_due are next, due or not: time is virtual, the caller's budget decides how fast it passes. Moving
 * next_due on at once is the lease. Rows that the store holds are skipped; they are being visited. A row that another
 * claim has moved on since this statement began is not locked any more, but read in its new version: it is left out. Twice
 * as many are looked at as are wanted, so that others take the places of those. Lookups are lateral: joins would be
 * estimated, and read tables whole (F06).
 */
const CLAIM = `
with next as (
  select product_id, next_due from product_schedule
  where marketplace_id = (select id from marketplace where code = $1)
  order by next_due limit 2 * $2::int),
batch as (
  select s.product_id, s.next_due from next n
  cross join lateral (
    select product_id, next_due from product_schedule
    where product_id = n.product_id and next_due = n.next_due
    for update skip locked) s
  limit $2),
clock as (
  update schedule_clock c set v = greatest(c.v, (select max(next_due) from batch))
  where c.marketplace_id = (select id from marketplace where code = $1) and exists (select from batch)
  returning c.v, c.speed),
claimed as (
  update product_schedule s
  set next_due = clock.v
    + visit_interval(clock.speed, s.rate_a, s.rate_b, s.change_share, s.weight, s.missing_checks)
  from batch, clock where s.product_id = batch.product_id
  returning s.product_id, batch.next_due)
select p.kind, p.external_id from claimed c
cross join lateral (select kind, external_id from product where id = c.product_id limit 1) p
order by c.next_due, c.product_id`;

export class PostgresDueReferences implements DueReferences {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A marketplace that nothing was stored of yet has no references. */
  async claim(marketplace: string, limit: number): Promise<Reference[]> {
    const rows = await this.#database.rows<[string, string]>(CLAIM, [marketplace, limit]);
    return rows.map(([kind, externalId]) => ({ kind: kindCode.word(kind), externalId }));
  }
}
