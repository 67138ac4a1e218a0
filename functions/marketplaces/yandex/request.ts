import type { PageRequest } from '../../core/marketplace.ts';
import type { Reference } from '../../core/model/reference.ts';

const site = 'https://market.yandex.uz';
const maxExternalId = 200;
/** What an address needs to show the same list again; everything else in it is tracking. */
const listParameters = ['hid', 'glfilter', 'text', 'how'];

/**
 * Products by their model id: the slug of an address is not checked, so it need not be known. Listings are the path and
 * query of a category or search page. Throws for what Yandex Market does not have.
 */
export function request(reference: Reference): PageRequest {
  const { kind, externalId } = reference;
  if (kind === 'product' && /^\d+$/.test(externalId))
    return get(`/product--product-${externalId}/${externalId}`);
  if (kind === 'listing' && /^\/(catalog|category|search)/.test(externalId)) return get(externalId);
  throw new Error(
    `Yandex Market has no ${kind} "${externalId}": it has products by number, and category and search pages.`,
  );
}

function get(pathAndQuery: string): PageRequest {
  return {
    method: 'GET',
    url: site + pathAndQuery,
    // Titles and categories follow the language.
    headers: { accept: 'text/html', 'accept-language': 'ru' },
    body: null,
  };
}

/** The same list at another page number, counted from 1. Null when its address is longer than a reference can be. */
export function listingPage(externalId: string, number: number): Reference | null {
  const url = new URL(site + externalId);
  url.searchParams.set('page', String(number));
  return listing(`${url.pathname}${url.search}`);
}

/** The listing behind an address of the site, without its tracking. Null for other addresses. */
export function listingAt(address: string): string | null {
  if (!URL.canParse(address, site)) return null;
  const { protocol, pathname, searchParams } = new URL(address, site);
  if (protocol !== 'https:' || !/^\/(catalog--|search$)/.test(pathname)) return null;
  const kept = new URLSearchParams();
  for (const name of listParameters) for (const value of searchParams.getAll(name)) kept.append(name, value);
  return kept.size === 0 ? pathname : `${pathname}?${kept}`;
}

/** The listing of a category, as its page states it. */
export const categoryListing = (slug: string, nid: string): string => `/catalog--${slug}/${nid}/list`;

/** The listing of a search. */
export const searchListing = (text: string): string => `/search?${new URLSearchParams({ text })}`;

const listing = (externalId: string): Reference | null =>
  externalId.length > maxExternalId ? null : { kind: 'listing', externalId };
