import type { Snapshot } from '../../core/model/snapshot.ts';
import type { Session } from './database.ts';
import { arrayOf, instant } from './values.ts';

/** A snapshot that is the newest of its product, with the marketplace's id. */
export interface CatalogSource {
  readonly marketplaceId: number;
  readonly at: number;
  readonly snapshot: Snapshot;
}

/** Database ids of the sellers and categories that the given snapshots name. */
export interface Catalog {
  seller(marketplaceId: number, externalId: string): string;
  category(marketplaceId: number, externalId: string): string;
}

interface Named {
  marketplaceId: number;
  externalId: string;
  title: string;
  at: number;
  parent: string | null;
}

interface Stored {
  id: string;
  title: string;
  titledAt: number;
  parentId: string | null;
}

const ENSURE_MARKETPLACES = `
with given as (select * from unnest($1::text[]) as g (code)),
added as (
  insert into marketplace (code)
  select code from given where not exists (select from marketplace m where m.code = given.code)
  order by code on conflict do nothing returning id, code),
clocks as (insert into schedule_clock (marketplace_id) select id from added)
select code, id from added union all select m.code, m.id from marketplace m join given using (code)`;

const ensureNamed = (table: 'seller' | 'category', parent: string) => `
with given as (
  select * from unnest($1::smallint[], $2::text[], $3::text[], $4::timestamptz[])
    as g (marketplace_id, external_id, title, titled_at)),
added as (
  insert into ${table} (marketplace_id, external_id, title, titled_at)
  select * from given g
  where not exists (
    select from ${table} t where t.marketplace_id = g.marketplace_id and t.external_id = g.external_id)
  order by marketplace_id, external_id
  on conflict do nothing
  returning *)
select marketplace_id, external_id, id, title, titled_at, ${parent} from added
union all
select t.marketplace_id, t.external_id, t.id, t.title, t.titled_at, ${parent}
from ${table} t join given g on g.marketplace_id = t.marketplace_id and g.external_id = t.external_id`;

const ENSURE_SELLERS = ensureNamed('seller', 'null');
const ENSURE_CATEGORIES = ensureNamed('category', 'parent_id');

const UPDATE_SELLERS = `
update seller t set title = g.title, titled_at = g.titled_at
from unnest($1::bigint[], $2::text[], $3::timestamptz[]) as g (id, title, titled_at)
where t.id = g.id and t.titled_at <= g.titled_at`;

const UPDATE_CATEGORIES = `
update category t set title = g.title, titled_at = g.titled_at, parent_id = g.parent_id
from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::bigint[]) as g (id, title, titled_at, parent_id)
where t.id = g.id and t.titled_at <= g.titled_at`;

/** Ids by code; a marketplace that is seen for the first time is added, with its schedule clock. */
export async function ensureMarketplaces(
  session: Session,
  codes: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const ids = new Map<string, number>();
  // Twice at most: a row that a concurrent transaction added is seen by the second statement, not by the first.
  for (let attempt = 0; attempt < 2 && ids.size < codes.length; attempt += 1) {
    for (const [code, id] of await session.rows<[string, number]>(ENSURE_MARKETPLACES, [arrayOf(codes)]))
      ids.set(code, id);
  }
  return ids;
}

/**
 * Adds the sellers and categories that are missing and brings titles and parents up to date where the snapshot is newer.
 * Rows that stay as they are are neither locked nor rewritten.
 */
export async function ensureCatalog(session: Session, sources: readonly CatalogSource[]): Promise<Catalog> {
  const sellers = new Map<string, Named>();
  const categories = new Map<string, Named>();
  for (const { marketplaceId, at, snapshot } of sources) {
    if (snapshot.seller) keepNewest(sellers, { marketplaceId, at, parent: null, ...snapshot.seller });
    let parent: string | null = null;
    for (const level of snapshot.category ?? []) {
      // The path of a category that contains itself would be a circle.
      if (level.externalId === parent) continue;
      keepNewest(categories, { marketplaceId, at, parent, ...level });
      parent = level.externalId;
    }
  }
  const storedSellers = await ensure(session, ENSURE_SELLERS, sellers);
  const storedCategories = await ensure(session, ENSURE_CATEGORIES, categories);
  await updateSellers(session, sellers, storedSellers);
  await updateCategories(session, categories, storedCategories);
  return {
    seller: (marketplaceId, externalId) => idOf(storedSellers, key(marketplaceId, externalId)),
    category: (marketplaceId, externalId) => idOf(storedCategories, key(marketplaceId, externalId)),
  };
}

function key(marketplaceId: number, externalId: string): string {
  return `${marketplaceId} ${externalId}`;
}

function idOf(stored: ReadonlyMap<string, Stored>, name: string): string {
  const row = stored.get(name);
  if (row === undefined) throw new Error(`the catalog has no row for ${name}`);
  return row.id;
}

/** Of two snapshots of one instant the greater title stands, so that the order of arrival does not matter. */
function keepNewest(named: Map<string, Named>, candidate: Named): void {
  const name = key(candidate.marketplaceId, candidate.externalId);
  const kept = named.get(name);
  if (
    kept === undefined ||
    candidate.at > kept.at ||
    (candidate.at === kept.at && candidate.title > kept.title)
  )
    named.set(name, candidate);
}

async function ensure(
  session: Session,
  statement: string,
  named: ReadonlyMap<string, Named>,
): Promise<Map<string, Stored>> {
  const stored = new Map<string, Stored>();
  if (named.size === 0) return stored;
  const rows = [...named.values()];
  const parameters = [
    arrayOf(rows.map((row) => row.marketplaceId)),
    arrayOf(rows.map((row) => row.externalId)),
    arrayOf(rows.map((row) => row.title)),
    arrayOf(rows.map((row) => instant(row.at))),
  ];
  for (let attempt = 0; attempt < 2 && stored.size < named.size; attempt += 1) {
    for (const [marketplaceId, externalId, id, title, titledAt, parentId] of await session.rows<
      [number, string, string, string, number, string | null]
    >(statement, parameters))
      stored.set(key(marketplaceId, externalId), { id, title, titledAt, parentId });
  }
  return stored;
}

async function updateSellers(
  session: Session,
  named: ReadonlyMap<string, Named>,
  stored: ReadonlyMap<string, Stored>,
): Promise<void> {
  const changed = [...named]
    .flatMap(([name, row]) => {
      const old = stored.get(name);
      return old && old.title !== row.title && supersedes(row, old) ? [{ id: old.id, row }] : [];
    })
    .sort(byId);
  if (changed.length === 0) return;
  await session.rows(UPDATE_SELLERS, [
    arrayOf(changed.map(({ id }) => id)),
    arrayOf(changed.map(({ row }) => row.title)),
    arrayOf(changed.map(({ row }) => instant(row.at))),
  ]);
}

async function updateCategories(
  session: Session,
  named: ReadonlyMap<string, Named>,
  stored: ReadonlyMap<string, Stored>,
): Promise<void> {
  const changed = [...named]
    .flatMap(([name, row]) => {
      const old = stored.get(name);
      if (old === undefined) return [];
      const parentId = row.parent === null ? null : idOf(stored, key(row.marketplaceId, row.parent));
      // A new row has no parent yet: it was added in one statement with its parents.
      const differs = old.title !== row.title || old.parentId !== parentId;
      return differs && supersedes(row, old) ? [{ id: old.id, row, parentId }] : [];
    })
    .sort(byId);
  if (changed.length === 0) return;
  await session.rows(UPDATE_CATEGORIES, [
    arrayOf(changed.map(({ id }) => id)),
    arrayOf(changed.map(({ row }) => row.title)),
    arrayOf(changed.map(({ row }) => instant(row.at))),
    arrayOf(changed.map(({ parentId }) => parentId)),
  ]);
}

function supersedes(row: Named, old: Stored): boolean {
  return row.at > old.titledAt || (row.at === old.titledAt && row.title >= old.title);
}

/** Rows are updated in the order of their ids, so that two transactions hardly ever wait for each other in a circle. */
function byId(a: { id: string }, b: { id: string }): number {
  return Number(BigInt(a.id) - BigInt(b.id));
}
