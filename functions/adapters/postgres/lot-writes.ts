import type { ItemFacts, LotFacts } from '../../core/history/lot.ts';
import type { VisitOutcome } from '../../core/history/sighting.ts';
import type { Session } from './database.ts';
import type { Organisations } from './organisations.ts';
import { arrayOf, instant, outcomeCode } from './values.ts';

/** What one page said of one lot: the row of a list, or a page of its own. `title` null: it names items, not the lot. */
export interface LotStatement {
  readonly productId: string;
  readonly at: number;
  readonly fingerprint: string;
  readonly facts: LotFacts;
  readonly listed: boolean;
  readonly title: string | null;
  readonly sellerId: string | null;
}

const given = `
select * from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
    $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::text[], $12::text[], $13::text[], $14::text[],
    $15::numeric[], $16::numeric[], $17::text[], $18::text[], $19::text[], $20::text[], $21::text[], $22::jsonb[],
    $23::boolean[])
  as g (product_id, page, observed_at, fingerprint, seller_id, buyer_id, supplier_id, started_at, ends_at, dealt_at,
    currency, system, display_no, deal_id, start_total, final_total, title, status, category, region, district, more,
    listed)
order by product_id, page`;

/** Of two statements of one instant the one with the greater fingerprint stands, whatever came first. */
const UPSERT_PAGES = `
insert into lot_page as l (product_id, page, observed_at, fingerprint, seller_id, buyer_id, supplier_id, started_at, ends_at,
  dealt_at, currency, system, display_no, deal_id, start_total, final_total, title, status, category, region, district, more,
  listed, last_outcome)
select g.*, 's' from (${given}) g
on conflict (product_id, page) do update set
  observed_at = excluded.observed_at, fingerprint = excluded.fingerprint, seller_id = excluded.seller_id,
  buyer_id = excluded.buyer_id, supplier_id = excluded.supplier_id, started_at = excluded.started_at,
  ends_at = excluded.ends_at, dealt_at = excluded.dealt_at, currency = excluded.currency, system = excluded.system,
  display_no = excluded.display_no, deal_id = excluded.deal_id, start_total = excluded.start_total,
  final_total = excluded.final_total, title = excluded.title, status = excluded.status, category = excluded.category,
  region = excluded.region, district = excluded.district, more = excluded.more, listed = excluded.listed,
  last_outcome = case when l.fingerprint <> excluded.fingerprint then 's'
    when l.observed_at = excluded.observed_at then l.last_outcome else 'u' end
where (l.observed_at, l.fingerprint) <= (excluded.observed_at, excluded.fingerprint)
returning product_id, page, last_outcome`;

/**
 * Replaces what pages of the same kind said of the lots, where it is older. At most one statement per lot and page. What
 * became of each comes back by `pageName`; those that were older than what is known are left out.
 */
export async function writeStatements(
  session: Session,
  statements: readonly LotStatement[],
  organisations: Organisations,
): Promise<ReadonlyMap<string, VisitOutcome>> {
  if (statements.length === 0) return new Map();
  const facts = statements.map((statement) => statement.facts);
  const rows = await session.rows<[string, string, string]>(UPSERT_PAGES, [
    arrayOf(statements.map((s) => s.productId)),
    arrayOf(facts.map((f) => f.page)),
    arrayOf(statements.map((s) => instant(s.at))),
    arrayOf(statements.map((s) => s.fingerprint)),
    arrayOf(statements.map((s) => s.sellerId)),
    arrayOf(facts.map((f) => organisations.idOf(f.buyer))),
    arrayOf(facts.map((f) => organisations.idOf(f.supplier))),
    arrayOf(facts.map((f) => instant(f.startedAt))),
    arrayOf(facts.map((f) => instant(f.endsAt))),
    arrayOf(facts.map((f) => instant(f.dealtAt))),
    arrayOf(facts.map((f) => f.currency)),
    arrayOf(facts.map((f) => f.system)),
    arrayOf(facts.map((f) => f.displayNo)),
    arrayOf(facts.map((f) => f.dealId)),
    arrayOf(facts.map((f) => f.startTotal)),
    arrayOf(facts.map((f) => f.finalTotal)),
    arrayOf(statements.map((s) => s.title)),
    arrayOf(facts.map((f) => f.status)),
    arrayOf(facts.map((f) => f.category)),
    arrayOf(facts.map((f) => f.region)),
    arrayOf(facts.map((f) => f.district)),
    arrayOf(facts.map((f) => f.more && JSON.stringify(f.more))),
    arrayOf(statements.map((s) => s.listed)),
  ]);
  return new Map(
    rows.map(([productId, page, outcome]) => [pageName(productId, page), outcomeCode.word(outcome)]),
  );
}

export function pageName(productId: string, page: string): string {
  return `${productId} ${page}`;
}

const NAME_LOTS = `
update product p set title = l.title, seller_id = l.seller_id
from (
  select product_id, (array_agg(title order by listed, observed_at desc, page))[1] as title,
    (array_agg(seller_id order by observed_at desc, page) filter (where seller_id is not null))[1] as seller_id
  from lot_page where product_id = any ($1::bigint[]) and title is not null
  group by product_id) l
where p.id = l.product_id and (p.title, p.seller_id) is distinct from (l.title, l.seller_id)`;

/** Calls lots what their own pages call them, else what lists do; a lot that neither names keeps the title of its items. */
export async function nameLots(session: Session, productIds: readonly string[]): Promise<void> {
  if (productIds.length > 0) await session.rows(NAME_LOTS, [arrayOf(productIds)]);
}

/** Facts of one item of one lot. `tie`: others were stored that were observed at the same instant. */
export interface ItemStatement {
  readonly productId: string;
  readonly item: ItemFacts;
  readonly tie: boolean;
}

const upsertItems = (condition: string) => `
insert into lot_item as i (product_id, external_id, quantity, cost, unit, country)
select distinct on (product_id, external_id) *
from unnest($1::bigint[], $2::text[], $3::numeric[], $4::numeric[], $5::text[], $6::text[])
  as g (product_id, external_id, quantity, cost, unit, country)
order by product_id, external_id, row (quantity, cost, unit, country)::text collate "C" desc
on conflict (product_id, external_id) do update set
  quantity = excluded.quantity, cost = excluded.cost, unit = excluded.unit, country = excluded.country
where ${condition}`;

const REPLACE_ITEMS = upsertItems(
  '(i.quantity, i.cost, i.unit, i.country) is distinct from (excluded.quantity, excluded.cost, excluded.unit, excluded.country)',
);
const REPLACE_LESSER_ITEMS = upsertItems(
  `row (i.quantity, i.cost, i.unit, i.country)::text collate "C"
    < row (excluded.quantity, excluded.cost, excluded.unit, excluded.country)::text collate "C"`,
);

/** Replaces what is known of items; between statements of one instant the order of their texts decides, in any order. */
export async function writeItems(session: Session, items: readonly ItemStatement[]): Promise<void> {
  for (const [statement, tie] of [
    [REPLACE_ITEMS, false],
    [REPLACE_LESSER_ITEMS, true],
  ] as const) {
    const some = items.filter((item) => item.tie === tie);
    if (some.length === 0) continue;
    await session.rows(statement, [
      arrayOf(some.map(({ productId }) => productId)),
      arrayOf(some.map(({ item }) => item.externalId)),
      arrayOf(some.map(({ item }) => item.quantity)),
      arrayOf(some.map(({ item }) => item.cost)),
      arrayOf(some.map(({ item }) => item.unit)),
      arrayOf(some.map(({ item }) => item.country)),
    ]);
  }
}
