import type { PageResult, ParseContext } from '../../core/marketplace.ts';
import type { Reference } from '../../core/model/reference.ts';
import { empty, formatChanged } from '../shared/refusals.ts';
import { isRecord } from '../shared/values.ts';
import { idOf } from './facts.ts';
import type { MarketPage } from './page.ts';
import { entryOf, idsOf, readCartItems } from './patches.ts';
import { categoryListing, listingAt, listingPage, searchListing } from './request.ts';
import { offerZones } from './zones.ts';

/**
 * A category or search page: references to its products, and to its next page. Never prices: a snippet shows the offer of one
 * shop, and the page of the same product may sell another one by default.
 */
export function parseListing(market: MarketPage, url: string, context: ParseContext): PageResult {
  const { items, faults } = readCartItems(market.patches);
  const ids = new Set<string>();
  for (const item of items) addId(ids, item['productId']);
  // Snippets that cannot be put into the cart have no button.
  for (const zone of offerZones(market.bytes)) addId(ids, zone['productId'] ?? zone['modelId']);
  const result = searchResult(market);
  if (ids.size === 0) return nothingListed(items.length, result, [...market.faults, ...faults]);
  const references: Reference[] = [...ids].map((externalId) => ({ kind: 'product', externalId }));
  const next = nextPage(market, url, result, context);
  return {
    outcome: 'ok',
    schema: 'list',
    oldShape: market.collections.escaped,
    snapshots: [],
    references: next ? [...references, next] : references,
  };
}

function addId(ids: Set<string>, raw: unknown): void {
  const id = idOf(raw);
  if (id !== null) ids.add(id);
}

/** What the page says about the list as a whole. */
function searchResult({ collections }: MarketPage): Record<string, unknown> | null {
  const [first] = idsOf(collections, 'visibleSearchResult');
  return first === undefined ? null : entryOf(collections, 'visibleSearchResult', first);
}

function nothingListed(
  buttons: number,
  result: Record<string, unknown> | null,
  faults: readonly string[],
): PageResult {
  if (faults[0] !== undefined) return formatChanged(`no product in the list, and ${faults[0]}`);
  if (buttons > 0) return formatChanged(`none of ${buttons} cart buttons states its productId`);
  if (result === null) return formatChanged('a list page with neither products nor visibleSearchResult');
  const { total, page, pageCount } = result;
  const isWithin = typeof page === 'number' && typeof pageCount === 'number' && page <= pageCount;
  return typeof total === 'number' && total > 0 && isWithin
    ? formatChanged(`page ${page} of ${pageCount} of ${total} products, none of them in a known form`)
    : empty('a list page without products');
}

function nextPage(
  market: MarketPage,
  url: string,
  result: Record<string, unknown> | null,
  context: ParseContext,
): Reference | null {
  if (result === null) return null;
  const { page, pageCount, hasNextPage } = result;
  if (typeof page !== 'number' || !Number.isInteger(page) || page < 1) return null;
  const isLast = typeof pageCount === 'number' ? page >= pageCount : hasNextPage !== true;
  if (isLast || hasNextPage === false) return null;
  const here = whereabouts(market, url, result, context);
  return here === null ? null : listingPage(here, page + 1);
}

/** The listing that this is a page of: as it was asked for, by its address, or by what the page says of itself. */
function whereabouts(
  { params }: MarketPage,
  url: string,
  result: Record<string, unknown>,
  context: ParseContext,
): string | null {
  if (context.reference !== null) return context.reference.externalId;
  const byAddress = listingAt(url);
  if (byAddress !== null) return byAddress;
  const facts = isRecord(params) ? { ...result, ...params } : result;
  const { nid, slug, text } = facts;
  const category = idOf(nid);
  // The slug is not checked by the server; what could not stand in an address is not put there.
  const name = typeof slug === 'string' && /^[\w-]{1,100}$/.test(slug) ? slug : 'category';
  if (category !== null) return categoryListing(name, category);
  return typeof text === 'string' && text !== '' ? searchListing(text) : null;
}
