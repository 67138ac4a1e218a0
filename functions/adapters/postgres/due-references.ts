import type { Reference } from '../../core/model/reference.ts';
import type { DueReferences } from '../../core/ports.ts';
import type { Database } from './database.ts';
import { kindCode } from './values.ts';

/**
 * The smallest next_due are next, due or not: time is virtual, the caller's budget decides how fast it passes. Moving
 * next_due on at once is the lease. Rows that the store holds are skipped; they are being visited. A row that another
 * claim has moved on since this statement began is not locked any more, but read in its new version: it is left out.
 */
const CLAIM = `
with batch as (
  select s.product_id, s.next_due from product_schedule seen join product_schedule s using (product_id)
  where seen.marketplace_id = (select id from marketplace where code = $1) and s.next_due = seen.next_due
  order by seen.next_due limit $2
  for update of s skip locked),
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
select p.kind, p.external_id from claimed c join product p on p.id = c.product_id order by c.next_due, c.product_id`;

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
