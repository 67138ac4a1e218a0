import type { StorageSchema } from '../../contract/manifest.ts';
import { changesOf, type ProductChanges, type SkuChanges } from '../../core/history/changes.ts';
import {
  byTime,
  type FoldedProduct,
  foldVisits,
  type KnownSku,
  needsHistory,
  needsNoSkus,
} from '../../core/history/product.ts';
import type { Run } from '../../core/history/runs.ts';
import { neverSeen } from '../../core/history/sighting.ts';
import type { ProductVisit } from '../../core/history/visit.ts';
import type { Reference } from '../../core/model/reference.ts';
import { type Catalog, ensureCatalog, ensureMarketplaces } from './catalog.ts';
import type { Session } from './database.ts';
import { type KnownProduct, lockProducts, type ProductKey, readHistories, readSkus } from './known.ts';
import { storeLots } from './lot-transaction.ts';
import {
  insertProducts,
  insertReferences,
  reviveListings,
  updateProducts,
  updateSightings,
} from './product-writes.ts';
import { insertFirstSeen, insertSkus, type NewSku, updateSkus, writePoints } from './sku-writes.ts';
import type { FoldedVisits, LotRowItem, ReferenceItem, StoreItem, VisitItem } from './store-items.ts';

export interface TransactionCounts {
  pricePointsAdded: number;
  late: number;
  ties: number;
  currencyChanges: number;
  priceJumps: number;
}

/** All visits of one product in the batch, in order of time, and what became of it. */
interface Group {
  readonly key: ProductKey;
  readonly items: VisitItem[];
  known: KnownProduct | null;
  id: string | null;
  folded: FoldedProduct | null;
  changes: ProductChanges | null;
}

/**
 * Stores visits and references within the session's transaction: find and lock the products, read only what the visits
 * can change, fold in memory, write the difference. A batch of unchanged re-checks is one read and one update (lots
 * also have what their pages say of them confirmed).
 */
export async function storeItems(
  session: Session,
  items: readonly StoreItem[],
  schema: StorageSchema,
): Promise<TransactionCounts> {
  const groups = groupByProduct(items);
  const known = await lockProducts(
    session,
    groups.map((group) => group.key),
  );
  for (const [index, group] of groups.entries()) {
    group.known = known.get(index) ?? null;
    group.id = group.known?.id ?? null;
  }
  await foldGroups(session, groups);
  const references = items.filter((item) => item.type !== 'visit');
  const marketplaceIds = await marketplacesOf(session, groups, references);
  await writeProducts(session, groups, marketplaceIds);
  const discovered = unvisited(references, groups, marketplaceIds);
  await insertReferences(session, discovered);
  await reviveListings(session, discovered);
  await writeSkus(session, groups);
  await updateSightings(
    session,
    groups.flatMap(({ known, folded }) =>
      known && folded && folded.sighting !== known.sighting
        ? [{ id: known.id, sighting: folded.sighting }]
        : [],
    ),
  );
  if (schema === 'procurement') {
    const rows = items.filter((item) => item.type === 'lot-row');
    await storeLots(session, groups.flatMap(foldedVisits), rows, marketplaceIds);
  }
  return report(groups);
}

function foldedVisits({ id, items, folded }: Group): FoldedVisits[] {
  return id !== null && folded !== null ? [{ productId: id, items, folded }] : [];
}

function groupByProduct(items: readonly StoreItem[]): Group[] {
  const groups = new Map<string, Group>();
  for (const item of items) {
    if (item.type !== 'visit') continue;
    const name = nameOf(item.key);
    const group = groups.get(name) ?? {
      key: item.key,
      items: [],
      known: null,
      id: null,
      folded: null,
      changes: null,
    };
    groups.set(name, group);
    group.items.push(item);
  }
  for (const group of groups.values()) group.items.sort((a, b) => byTime(a.visit, b.visit));
  return [...groups.values()];
}

function nameOf(key: ProductKey): string {
  return `${key.marketplace} ${key.kind} ${key.externalId}`;
}

async function foldGroups(session: Session, groups: readonly Group[]): Promise<void> {
  const wanting = groups.flatMap(({ known, items }) =>
    known && !needsNoSkus(known.sighting, visitsOf(items)) ? [known.id] : [],
  );
  const skus = await readSkus(session, wanting);
  const histories = await readHistories(
    session,
    groups.flatMap(({ known, items }) =>
      (known ? (skus.get(known.id) ?? []) : [])
        .filter((sku) => needsHistory(sku, known?.sighting.lastSeenAt ?? null, visitsOf(items)))
        .map((sku) => sku.id),
    ),
  );
  for (const group of groups) fold(group, skus, histories);
}

function visitsOf(items: readonly VisitItem[]): ProductVisit[] {
  return items.map((item) => item.visit);
}

function fold(
  group: Group,
  skus: ReadonlyMap<string, KnownSku[]>,
  histories: ReadonlyMap<string, Run[]>,
): void {
  const { known, items } = group;
  const sighting = known?.sighting ?? neverSeen;
  const knownSkus = known ? (skus.get(known.id) ?? []) : [];
  const folded = foldVisits(sighting, knownSkus, histories, visitsOf(items));
  group.folded = folded;
  // Without SKUs read, nothing of them was folded either.
  group.changes = changesOf(folded, sighting.lastSeenAt);
  for (const [index, outcome] of folded.outcomes.entries()) {
    const item = items[index];
    if (item) item.outcome = outcome;
  }
}

/** Ids of the marketplaces of products and references that may have to be inserted, or whose catalog is looked up. */
async function marketplacesOf(
  session: Session,
  groups: readonly Group[],
  references: readonly (ReferenceItem | LotRowItem)[],
): Promise<ReadonlyMap<string, number>> {
  const codes = new Set(references.map((item) => item.key.marketplace));
  for (const { key, folded } of groups) if (folded?.newest) codes.add(key.marketplace);
  return codes.size === 0 ? new Map() : await ensureMarketplaces(session, [...codes].sort());
}

async function writeProducts(
  session: Session,
  groups: readonly Group[],
  marketplaceIds: ReadonlyMap<string, number>,
): Promise<void> {
  const newest = groups.flatMap((group) => {
    const { folded, key } = group;
    const marketplaceId = marketplaceIds.get(key.marketplace);
    if (!folded?.newest || marketplaceId === undefined) return [];
    const { at, snapshot } = folded.newest;
    return [{ group, sighting: folded.sighting, marketplaceId, at, snapshot }];
  });
  if (newest.length === 0) return;
  const catalog = await ensureCatalog(session, newest);
  const described = newest.map((entry) => ({ ...entry, ...describe(entry, catalog) }));
  const unknown = described
    .filter(({ group }) => group.known === null)
    .map((entry) => ({ ...entry, kind: entry.group.key.kind, externalId: entry.group.key.externalId }));
  const ids = await insertProducts(session, unknown);
  for (const [index, { group }] of unknown.entries()) group.id = ids[index] ?? null;
  await updateProducts(
    session,
    described
      .flatMap(({ group, title, sellerId, categoryId }) =>
        group.known ? [{ id: group.known.id, title, sellerId, categoryId }] : [],
      )
      .sort((a, b) => Number(BigInt(a.id) - BigInt(b.id))),
  );
}

function describe(
  {
    marketplaceId,
    snapshot,
  }: { marketplaceId: number; snapshot: NonNullable<FoldedProduct['newest']>['snapshot'] },
  catalog: Catalog,
): { title: string; sellerId: string | null; categoryId: string | null } {
  const leaf = snapshot.category?.at(-1);
  return {
    title: snapshot.title,
    sellerId: snapshot.seller ? catalog.seller(marketplaceId, snapshot.seller.externalId) : null,
    categoryId: leaf ? catalog.category(marketplaceId, leaf.externalId) : null,
  };
}

/** References, once each, without those that a visit of this batch has just created. */
function unvisited(
  references: readonly (ReferenceItem | LotRowItem)[],
  groups: readonly Group[],
  marketplaceIds: ReadonlyMap<string, number>,
): (Reference & { marketplaceId: number })[] {
  const stored = new Set(groups.filter((group) => group.id !== null).map((group) => nameOf(group.key)));
  const byName = new Map(references.map(({ key }) => [nameOf(key), key]));
  return [...byName].flatMap(([name, { marketplace, kind, externalId }]) => {
    const marketplaceId = marketplaceIds.get(marketplace);
    return stored.has(name) || marketplaceId === undefined ? [] : [{ marketplaceId, kind, externalId }];
  });
}

async function writeSkus(session: Session, groups: readonly Group[]): Promise<void> {
  const firstSeen: NewSku[] = [];
  const others: (NewSku & { changes: SkuChanges })[] = [];
  const updates: { id: string; row: NonNullable<SkuChanges['row']> }[] = [];
  const points: (Pick<SkuChanges, 'deletes' | 'ends' | 'inserts'> & { id: string })[] = [];
  for (const { id: productId, changes } of groups) {
    for (const sku of changes?.skus ?? []) {
      if (sku.id !== null) {
        if (sku.row) updates.push({ id: sku.id, row: sku.row });
        points.push({ ...sku, id: sku.id });
      } else if (productId !== null && sku.row) {
        const added = { productId, externalId: sku.externalId, row: sku.row };
        if (sku.inserts.length === 1 && sku.row.listed) firstSeen.push(added);
        else others.push({ ...added, changes: sku });
      }
    }
  }
  await insertFirstSeen(session, firstSeen);
  const ids = await insertSkus(session, others);
  for (const [index, { changes }] of others.entries()) {
    const id = ids[index];
    if (id !== undefined) points.push({ ...changes, id });
  }
  await updateSkus(session, updates);
  await writePoints(session, points);
}

function report(groups: readonly Group[]): TransactionCounts {
  const counts = { pricePointsAdded: 0, late: 0, ties: 0, currencyChanges: 0, priceJumps: 0 };
  for (const { folded, changes } of groups) {
    counts.late += folded?.counts.late ?? 0;
    counts.ties += folded?.counts.ties ?? 0;
    counts.currencyChanges += changes?.currencyChanges ?? 0;
    counts.priceJumps += changes?.priceJumps ?? 0;
    for (const sku of changes?.skus ?? [])
      counts.pricePointsAdded += Math.max(0, sku.inserts.length - sku.deletes.length);
  }
  return counts;
}
