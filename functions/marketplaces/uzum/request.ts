import type { PageRequest } from '../../core/marketplace.ts';
import type { Reference } from '../../core/model/reference.ts';

const api = 'https://api.uzum.uz/api';
const graphql = 'https://graphql.uzum.uz/';
/** Cards of one GraphQL page; the server refuses more than 100, and any offset + limit above 10,000. */
export const cardsPerPage = 100;
const maxCards = 10_000;

/** A fixed language, so that titles do not change from visit to visit. */
const headers: Readonly<Record<string, string>> = {
  accept: 'application/json',
  'accept-language': 'uz-UZ',
  origin: 'https://uzum.uz',
  referer: 'https://uzum.uz/',
};

const searchQuery = `query getMakeSearch($queryInput: MakeSearchQueryInput!) {
  makeSearch(query: $queryInput) { total items { catalogCard { __typename id productId title } } }
}`;

/** External id of the listing that is the whole category tree. */
export const categoryTree = 'categories';

/** The listing of one page of a category, or null past the last page that the server serves. */
export function categoryListing(categoryId: string, offset: number): Reference | null {
  if (offset + cardsPerPage > maxCards) return null;
  return { kind: 'listing', externalId: `category/${categoryId}/${offset}` };
}

/** Reads back what `categoryListing` wrote. */
export function readCategoryListing(reference: Reference): { categoryId: string; offset: number } | null {
  const match = /^category\/(\d+)\/(\d+)$/.exec(reference.externalId);
  if (reference.kind !== 'listing' || !match) return null;
  return { categoryId: match[1] ?? '', offset: Number(match[2]) };
}

/** Products by REST; `categories` and `category/<id>/<offset>` listings. Throws for what Uzum does not have. */
export function request(reference: Reference): PageRequest {
  if (reference.kind === 'product') {
    const url = `${api}/v2/product/${encodeURIComponent(reference.externalId)}`;
    return { method: 'GET', url, headers, body: null };
  }
  if (reference.kind === 'listing' && reference.externalId === categoryTree)
    return { method: 'GET', url: `${api}/main/root-categories`, headers, body: null };
  const listing = readCategoryListing(reference);
  if (!listing)
    throw new Error(`Uzum has no ${reference.kind} "${reference.externalId}": it has products and listings.`);
  return {
    method: 'POST',
    url: graphql,
    headers: { ...headers, 'content-type': 'application/json', 'apollographql-client-name': 'web-customers' },
    body: JSON.stringify({
      operationName: 'getMakeSearch',
      query: searchQuery,
      variables: {
        queryInput: {
          categoryId: listing.categoryId,
          showAdultContent: 'NONE',
          filters: [],
          sort: 'BY_RELEVANCE_DESC',
          pagination: { offset: listing.offset, limit: cardsPerPage },
          correctQuery: false,
          getFastCategories: false,
        },
      },
    }),
  };
}
