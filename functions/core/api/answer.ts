import { z } from 'zod';
import type { DropsQuery, HistoryQuery, ProductPath, ProductsQuery } from '../../contract/api/requests.ts';
import type {
  ApiProduct,
  DropList,
  History,
  PricesAt,
  ProductList,
  ProductSummary,
} from '../../contract/api/responses.ts';
import type { Keyed, PageKey, PriceReader, ProductSelection } from '../ports/price-reader.ts';
import { archivedOf, isArchivedBetween } from './archived.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { confirmedOf } from './freshness.ts';
import { ApiProblem } from './problems.ts';

const dayMs = 24 * 3_600_000;
/** The longest time for which drops are kept. */
const dropsDays = 31;

const id = z.string().regex(/^\d{1,19}$/);
const at = z.iso.datetime();
/** What each list is ordered by. */
const idKey = z.tuple([id]);
const browseKey = z.tuple([
  z.number().int().min(0).max(32_767),
  z.enum(['p', 'a', 'l', 's']),
  z.string().min(1),
]);
const historyKey = z.tuple([z.string().min(1), at]);
const dropKey = z.tuple([z.number().min(0).max(1), id, at]);

/** Cuts off what was read beyond the page only to learn whether there is more. */
function page<T>(
  rows: readonly Keyed<T>[],
  limit: number,
  query: unknown,
): { items: T[]; next: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(({ item }) => item),
    next: rows.length > limit && last ? encodeCursor(query, last.key) : null,
  };
}

function selectionOf({ q, marketplace, seller, category }: ProductsQuery): ProductSelection {
  if (q !== undefined) return { by: 'words', words: q, marketplace: marketplace ?? null };
  if (marketplace !== undefined && seller !== undefined)
    return { by: 'seller', marketplace, externalId: seller };
  if (marketplace !== undefined && category !== undefined)
    return { by: 'category', marketplace, externalId: category };
  return { by: 'marketplace', marketplace: marketplace ?? null };
}

export async function answerProducts(reader: PriceReader, query: ProductsQuery): Promise<ProductList> {
  const { cursor, limit, ...filters } = query;
  const selection = selectionOf(query);
  const after: PageKey | null =
    selection.by === 'marketplace'
      ? decodeCursor(cursor, filters, browseKey)
      : decodeCursor(cursor, filters, idKey);
  const { rows, matches } = await reader.products(selection, after, limit + 1);
  const { items, next } = page(rows, limit, filters);
  return { items, matches, confirmed: confirmedOf(items.map((item) => item.lastConfirmedAt)), next };
}

export async function answerProduct(reader: PriceReader, path: ProductPath): Promise<ApiProduct> {
  const { id: productId, summary, lastChangedAt } = await known(reader, path);
  const items = await reader.offers(productId);
  return {
    ...summary,
    lastChangedAt,
    items,
    confirmed: confirmedOf(items.map((item) => item.lastConfirmedAt)),
  };
}

export async function answerHistory(
  reader: PriceReader,
  path: ProductPath,
  query: HistoryQuery,
): Promise<History> {
  const { cursor, limit, ...filters } = query;
  const of = { ...path, ...filters };
  const after = decodeCursor(cursor, of, historyKey);
  const { id: productId, summary } = await known(reader, path);
  const rows = await reader.history(productId, filters, after, limit + 1);
  const { items, next } = page(rows, limit, of);
  const months = await reader.archivedMonths();
  // Nothing confirms the prices of a product that is gone, though its last ones were never ended.
  const stretches = items.map((item) => ({
    ...item,
    open: item.open && summary.goneSince === null,
    archivedBefore: isArchivedBetween(months, item.gapBefore?.from ?? null, item.from),
  }));
  return {
    ...identityOf(summary),
    stretches,
    archived: archivedOf(months),
    confirmed: confirmedOf(stretches.map((stretch) => stretch.confirmedUntil)),
    next,
  };
}

export async function answerPrices(
  reader: PriceReader,
  path: ProductPath,
  query: { at: Date },
): Promise<PricesAt> {
  const { id: productId, summary } = await known(reader, path);
  const { prices, archivedSkus } = await reader.pricesAt(productId, query.at);
  return {
    ...identityOf(summary),
    at: query.at.toISOString(),
    prices,
    archivedSkus,
    archived: archivedOf(await reader.archivedMonths()),
    confirmed: confirmedOf(prices.map((price) => price.confirmedUntil)),
  };
}

export async function answerDrops(reader: PriceReader, query: DropsQuery, now: Date): Promise<DropList> {
  const { cursor, limit, marketplace, since: asked } = query;
  const longest = new Date(now.getTime() - dropsDays * dayMs);
  if (asked !== undefined && asked < longest)
    throw new ApiProblem(400, `since is more than ${dropsDays} days ago`, [
      { parameter: 'since', message: `must not be more than ${dropsDays} days ago` },
    ]);
  const filters = { marketplace, since: asked };
  const since = asked ?? new Date(now.getTime() - dayMs);
  const after = decodeCursor(cursor, filters, dropKey);
  const rows = await reader.drops({ marketplace: marketplace ?? null, since, until: now }, after, limit + 1);
  const { items, next } = page(rows, limit, filters);
  const standing = items.filter((item) => item !== null);
  return {
    since: since.toISOString(),
    items: standing,
    confirmed: confirmedOf(standing.map((item) => item.lastConfirmedAt)),
    next,
  };
}

async function known(reader: PriceReader, path: ProductPath) {
  const product = await reader.product(path);
  if (product === null)
    throw new ApiProblem(
      404,
      `${path.marketplace} has no ${path.kind} "${path.externalId}" that narx knows of`,
    );
  return product;
}

function identityOf({ marketplace, kind, externalId, title, lastConfirmedAt, goneSince }: ProductSummary) {
  return { marketplace, kind, externalId, title, lastConfirmedAt, goneSince };
}
