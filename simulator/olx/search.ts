import type { Market } from './market.ts';

/** A search shows no more than this many ads, whatever it found. */
export const MAX_SHOWN = 1000;
export const MAX_LIMIT = 50;
const PROMOTED_PER_PAGE = 12;

/** What a list was asked for. */
export interface Query {
  readonly offset: number;
  readonly limit: number;
  readonly categoryId: number | null;
  readonly regionId: number | null;
  readonly cityId: number | null;
  readonly text: string | null;
  readonly sort: string;
  /** The unit of the price filter. */
  readonly currency: string;
  readonly priceFrom: number;
  readonly priceTo: number;
}

/** One page of a list. `found` is the real number, before the limit on what is shown. */
export interface Found {
  readonly organic: number[];
  readonly promoted: number[];
  readonly found: number;
}

/** Reads the parameters of the API. */
export function readQuery(query: string): Query {
  const given = new URLSearchParams(query);
  const number = (name: string): number | null => (given.has(name) ? Number(given.get(name)) : null);
  return {
    offset: number('offset') ?? 0,
    limit: number('limit') ?? 40,
    categoryId: number('category_id'),
    regionId: number('region_id'),
    cityId: number('city_id'),
    text: given.get('query'),
    sort: given.get('sort_by') ?? 'created_at:desc',
    currency: given.get('currency') ?? 'UZS',
    priceFrom: number('filter_float_price:from') ?? Number.NEGATIVE_INFINITY,
    priceTo: number('filter_float_price:to') ?? Number.POSITIVE_INFINITY,
  };
}

/** The newest ads first unless asked otherwise; the promoted ones come on top of every page's limit. */
export function search(market: Market, query: Query, epoch: number): Found {
  const rate = market.rate(epoch);
  const matches: { number: number; sum: number; promoted: boolean }[] = [];
  const filtered = query.priceFrom !== Number.NEGATIVE_INFINITY || query.priceTo !== Number.POSITIVE_INFINITY;
  for (let number = market.placed(epoch) - 1; number >= 0; number--) {
    if (!market.active(number, epoch)) continue;
    const ad = market.ad(number);
    const { id, within } = ad.category;
    if (query.categoryId !== null && id !== query.categoryId && within !== query.categoryId) continue;
    if (query.regionId !== null && ad.city.regionId !== query.regionId) continue;
    if (query.cityId !== null && ad.city.cityId !== query.cityId) continue;
    if (query.text && !ad.title.toLowerCase().includes(query.text.toLowerCase())) continue;
    const sum = market.price(ad, epoch)?.inSum ?? null;
    if (filtered) {
      if (sum === null) continue;
      const amount = query.currency === 'UYE' ? sum / rate : sum;
      if (amount < query.priceFrom || amount > query.priceTo) continue;
    }
    matches.push({ number, sum: sum ?? 0, promoted: ad.promoted });
  }
  if (query.sort === 'created_at:asc') matches.reverse();
  if (query.sort === 'filter_float_price:asc') matches.sort((a, b) => a.sum - b.sum || b.number - a.number);
  if (query.sort === 'filter_float_price:desc') matches.sort((a, b) => b.sum - a.sum || b.number - a.number);
  const end = Math.min(MAX_SHOWN, query.offset + query.limit);
  const organic = matches.slice(query.offset, end).map(({ number }) => number);
  const promoted = matches.filter((match) => match.promoted).map(({ number }) => number);
  // The same few on every page, in turn: whoever does not drop repeats counts them many times.
  const start = promoted.length === 0 ? 0 : (query.offset / Math.max(1, query.limit)) % promoted.length;
  const rotated = [...promoted.slice(start), ...promoted.slice(0, start)];
  return {
    organic,
    promoted: organic.length === 0 ? [] : rotated.slice(0, PROMOTED_PER_PAGE),
    found: matches.length,
  };
}
