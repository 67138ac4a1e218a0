import type { PageRequest } from '../../core/marketplace.ts';
import type { Reference } from '../../core/model/reference.ts';
import { apiListing, apiQuery, maxResults } from './split.ts';

const site = 'https://www.olx.uz';
const apiPath = '/api/v1/offers/';
/** Ads of a page when the address does not say. */
export const defaultLimit = 40;
/** The most that one answer holds, promoted ads aside; above it OLX answers 400. */
const adsPerPage = 50;
/** The top of the category tree; lists of a category include those below it. */
const topCategories = [1, 3, 6, 7, 35, 36, 37, 891, 899, 903, 1151, 1153];

/** The list of each top level category, newest ads first. */
export const seeds: readonly Reference[] = topCategories.map((id) => categoryListing(String(id)));

/** The first page of a category's ads by the API, newest first. */
export function categoryListing(categoryId: string): Reference {
  const query = { limit: String(adsPerPage), category_id: categoryId, sort_by: 'created_at:desc' };
  return { kind: 'listing', externalId: `offers?${new URLSearchParams(query)}` };
}

/**
 * Ads by their numeric id. Listings are `offers?<query>` of the API, or the path and query of a page of the site
 * (`/transport/?page=2`). Throws for what OLX does not have.
 */
export function request(reference: Reference): PageRequest {
  const { kind, externalId } = reference;
  if (kind === 'ad' && /^\d+$/.test(externalId)) return get(`${apiPath}${externalId}/`, 'application/json');
  if (kind === 'listing' && externalId.startsWith('offers?'))
    return get(`${apiPath}${externalId.slice('offers'.length)}`, 'application/json');
  if (kind === 'listing' && externalId.startsWith('/')) return get(externalId, 'text/html');
  throw new Error(`OLX.uz has no ${kind} "${externalId}": it has ads by number, and listings.`);
}

function get(pathAndQuery: string, accept: string): PageRequest {
  return {
    method: 'GET',
    url: site + pathAndQuery,
    headers: { accept, 'accept-language': 'ru' },
    body: null,
  };
}

/** Parameters that decide what a list shows. Others, such as the number of a search, would make one page many listings. */
const decidesAds =
  /^(offset|limit|category_id|region_id|city_id|district_id|query|sort_by|currency|filter_[\w:[\]]+)$/;

/** The listing behind `links.next.href`, or null when it leads elsewhere or past what OLX shows. */
export function listingAt(href: string): Reference | null {
  if (!URL.canParse(href, site)) return null;
  const { origin, pathname, searchParams } = new URL(href, site);
  if (origin !== site || !/^\/api\/v1\/offers\/?$/.test(pathname)) return null;
  if (Number(searchParams.get('offset')) >= maxResults) return null;
  const query = new URLSearchParams([...searchParams].filter(([name]) => decidesAds.test(name)));
  return query.size === 0 ? null : apiListing(query);
}

/**
 * The page after an API listing, by adding its limit to its offset: for answers without `links`. Never computed from the
 * number of ads received, because promoted ads come on top of the limit.
 */
export function listingAfter(reference: Reference): Reference | null {
  const query = apiQuery(reference);
  if (!query) return null;
  const limit = Number(query.get('limit') ?? defaultLimit);
  const offset = Number(query.get('offset') ?? 0) + limit;
  if (!Number.isInteger(offset) || limit <= 0 || offset >= maxResults) return null;
  query.set('offset', String(offset));
  return apiListing(query);
}

/** The same page of the site with another page number, counted from 1. */
export function sitePage(reference: Reference, number: number): Reference | null {
  if (!reference.externalId.startsWith('/')) return null;
  const url = new URL(site + reference.externalId);
  url.searchParams.set('page', String(number));
  return { kind: 'listing', externalId: `${url.pathname}${url.search}` };
}
