import type { Reference } from '../../core/model/reference.ts';

/** No list shows more than this many ads, whatever it says it has. */
export const maxResults = 1000;

/** Whole amounts, both ends included. */
export interface PriceRange {
  readonly from: number;
  readonly to: number;
}

/** Everything that a price can be: more is not accepted as one. */
export const anyPrice: PriceRange = { from: 0, to: 1_000_000_000_000 };
/** Ads without a price are in no range. OLX has no filter for them, but this order shows them before the cheapest. */
const cheapestFirst = 'filter_float_price:asc';

/**
 * Two ranges that together are exactly this one, or null for a single amount. Prices spread over many orders of magnitude, so
 * wide ranges are cut at the geometric mean, narrow ones in the middle: any amount is alone after at most 60 cuts.
 */
export function halves({ from, to }: PriceRange): [PriceRange, PriceRange] | null {
  if (from >= to) return null;
  const low = Math.max(from, 1);
  const mean = to > 2 * low ? Math.sqrt(low * to) : (from + to) / 2;
  // Rounding may not move the cut out of the range; where inside it lies does not matter to the ads.
  const cut = Math.min(Math.max(Math.floor(mean), from), to - 1);
  return [
    { from, to: cut },
    { from: cut + 1, to },
  ];
}

/**
 * The listings that show together what a list of the API with more than `maxResults` ads does not: its price range in halves,
 * and for a list without a range also itself with the ads without a price first. Null when the list cannot be split: a single
 * amount, that last listing, or a range that is not in whole amounts.
 */
export function splitListing(query: URLSearchParams): URLSearchParams[] | null {
  const whole = new URLSearchParams(query);
  whole.delete('offset');
  const range = rangeOf(query);
  const parts = range === null ? null : halves(range);
  if (parts === null) return null;
  if (isRange(query)) return parts.map((part) => withRange(whole, part));
  if (query.get('sort_by') === cheapestFirst) return null;
  const unpriced = new URLSearchParams(whole);
  unpriced.set('sort_by', cheapestFirst);
  return [...parts.map((part) => withRange(whole, part)), unpriced];
}

const fromKey = 'filter_float_price:from';
const toKey = 'filter_float_price:to';
const isRange = (query: URLSearchParams): boolean => query.has(fromKey) || query.has(toKey);

function rangeOf(query: URLSearchParams): PriceRange | null {
  const from = Number(query.get(fromKey) ?? anyPrice.from);
  const to = Number(query.get(toKey) ?? anyPrice.to);
  return Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 ? { from, to } : null;
}

function withRange(query: URLSearchParams, { from, to }: PriceRange): URLSearchParams {
  const part = new URLSearchParams(query);
  // The unit of the range; prices in the other unit are converted before they are compared.
  if (!part.has('currency')) part.set('currency', 'UZS');
  part.set(fromKey, String(from));
  part.set(toKey, String(to));
  return part;
}

/** A listing of the API, or null when its name is longer than a reference may be. */
export function apiListing(query: URLSearchParams): Reference | null {
  const externalId = `offers?${query}`;
  return externalId.length > 200 ? null : { kind: 'listing', externalId };
}

/** The query of a listing of the API; null for the site's pages. */
export function apiQuery({ kind, externalId }: Reference): URLSearchParams | null {
  if (kind !== 'listing' || !externalId.startsWith('offers?')) return null;
  return new URLSearchParams(externalId.slice('offers?'.length));
}
