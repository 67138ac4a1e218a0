import { factsFingerprint, itemFacts, lotFacts } from '../../core/history/lot.ts';
import { ensureCatalog } from './catalog.ts';
import type { Session } from './database.ts';
import { findProducts } from './known.ts';
import {
  type ItemStatement,
  type LotStatement,
  nameLots,
  pageName,
  writeItems,
  writeStatements,
} from './lot-writes.ts';
import { ensureOrganisations } from './organisations.ts';
import { insertRawPages } from './raw-pages.ts';
import type { FoldedVisits, LotRowItem } from './store-items.ts';

/** A row of a list, with the ids of its lot and marketplace. */
interface StoredRow {
  readonly productId: string;
  readonly marketplaceId: number;
  readonly item: LotRowItem;
}

/**
 * The procurement part of a transaction, after products, SKUs and prices: what pages say of lots, the parties, the facts
 * of items, and where pages are kept that something was stored from. Sets the outcomes of rows.
 */
export async function storeLots(
  session: Session,
  lots: readonly FoldedVisits[],
  rowItems: readonly LotRowItem[],
  marketplaceIds: ReadonlyMap<string, number>,
): Promise<void> {
  const rows = await identified(session, rowItems, marketplaceIds);
  const statements = newest([...lots.flatMap(ownStatements), ...(await rowStatements(session, rows))]);
  const organisations = await ensureOrganisations(
    session,
    statements.flatMap(({ facts: { buyer, supplier }, at }) =>
      [buyer, supplier].flatMap((party) => (party ? [{ party, at }] : [])),
    ),
  );
  const outcomes = await writeStatements(session, statements, organisations);
  for (const { productId, item } of rows) {
    const page = lotFacts(item.visit.snapshot)?.page ?? '';
    item.outcome = outcomes.get(pageName(productId, page)) ?? 'unchanged';
  }
  await nameLots(session, [
    ...new Set([
      ...rows.map(({ productId }) => productId),
      // These have just been given the title and the seller of their own page.
      ...lots.filter(({ folded }) => folded.newest !== null).map(({ productId }) => productId),
    ]),
  ]);
  await writeItems(session, lots.flatMap(currentItems));
  await insertRawPages(session, [
    ...lots.flatMap(({ productId, items }) => items.flatMap((item) => rawPage(productId, item))),
    ...rows.flatMap(({ productId, item }) => rawPage(productId, item)),
  ]);
}

/** The rows' lots are known by now: those that were not were inserted as references. */
async function identified(
  session: Session,
  rows: readonly LotRowItem[],
  marketplaceIds: ReadonlyMap<string, number>,
): Promise<StoredRow[]> {
  if (rows.length === 0) return [];
  const ids = await findProducts(
    session,
    rows.map((item) => item.key),
  );
  return rows.map((item, index) => {
    const productId = ids.get(index);
    const marketplaceId = marketplaceIds.get(item.key.marketplace);
    if (productId === undefined || marketplaceId === undefined)
      throw new Error(`lot ${item.key.externalId} was not inserted`);
    return { productId, marketplaceId, item };
  });
}

function ownStatements({ productId, items }: FoldedVisits): LotStatement[] {
  return items.flatMap(({ visit }) => {
    return visit.outcome === 'ok' ? statement(productId, visit, false, null) : [];
  });
}

function statement(
  productId: string,
  { snapshot, at }: LotRowItem['visit'],
  listed: boolean,
  sellerId: string | null,
): LotStatement[] {
  const facts = lotFacts(snapshot);
  if (facts === null) return [];
  // A page without a name for the lot borrows that of an item.
  const title = snapshot.offers.some((offer) => offer.title === snapshot.title) ? null : snapshot.title;
  // What the page calls the lot is part of what it says.
  const fingerprint = factsFingerprint({ ...facts, more: { ...facts.more, title } });
  return [{ productId, at, fingerprint, facts, listed, title, sellerId }];
}

async function rowStatements(session: Session, rows: readonly StoredRow[]): Promise<LotStatement[]> {
  const catalog = await ensureCatalog(
    session,
    rows.map(({ marketplaceId, item: { visit } }) => ({
      marketplaceId,
      at: visit.at,
      snapshot: visit.snapshot,
    })),
  );
  return rows.flatMap(({ productId, marketplaceId, item: { visit } }) => {
    const { seller } = visit.snapshot;
    const sellerId = seller ? catalog.seller(marketplaceId, seller.externalId) : null;
    return statement(productId, visit, true, sellerId);
  });
}

/** One statement per lot and page: PostgreSQL changes a row once per statement. */
function newest(statements: readonly LotStatement[]): LotStatement[] {
  const kept = new Map<string, LotStatement>();
  for (const statement of statements) {
    const name = pageName(statement.productId, statement.facts.page);
    const other = kept.get(name);
    if (other === undefined || isNewer(statement, other)) kept.set(name, statement);
  }
  return [...kept.values()];
}

function isNewer(a: LotStatement, b: LotStatement): boolean {
  return a.at > b.at || (a.at === b.at && BigInt(a.fingerprint) > BigInt(b.fingerprint));
}

/** What is known of an item is what its newest observation said: that with which the newest run of its price ends. */
function currentItems({ productId, items, folded }: FoldedVisits): ItemStatement[] {
  return folded.skus.flatMap((sku) => {
    const last = sku.runs.at(-1)?.last;
    const tie = sku.before.at(-1)?.last === last;
    return items.flatMap(({ visit }) => {
      if (visit.outcome !== 'ok' || visit.at !== last) return [];
      return itemFacts(visit.snapshot)
        .filter((item) => item.externalId === sku.externalId)
        .map((item) => ({ productId, item, tie }));
    });
  });
}

function rawPage(productId: string, item: FoldedVisits['items'][number] | LotRowItem) {
  const { rawKey, outcome, visit } = item;
  return rawKey !== null && outcome === 'stored' ? [{ productId, at: visit.at, key: rawKey }] : [];
}
