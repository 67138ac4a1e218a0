import type pg from 'pg';
import type { Session } from './database.ts';
import { arrayOf, instant } from './values.ts';

/** A page that something was stored from. */
export interface RawPage {
  readonly productId: string;
  readonly at: number;
  readonly key: string;
}

const INSERT = `
insert into raw_page (product_id, observed_at, key)
select * from unnest($1::bigint[], $2::timestamptz[], $3::text[]) as g (product_id, observed_at, key)
order by product_id, observed_at, key
on conflict do nothing`;

/** Records where pages are kept; again changes nothing. */
export async function insertRawPages(session: Session, pages: readonly RawPage[]): Promise<void> {
  if (pages.length === 0) return;
  await session.rows(INSERT, [
    arrayOf(pages.map((page) => page.productId)),
    arrayOf(pages.map((page) => instant(page.at))),
    arrayOf(pages.map((page) => page.key)),
  ]);
}

/** Drops the months of a procurement database whose pages have all expired. Returns the names of the partitions. */
export async function dropRawPages(client: pg.Client, now: Date, retentionDays: number): Promise<string[]> {
  const before = new Date(now.getTime() - retentionDays * 86_400_000);
  const { rows } = await client.query<{ name: string }>(
    'select drop_raw_pages as name from drop_raw_pages($1)',
    [before.toISOString()],
  );
  return rows.map((row) => row.name);
}
