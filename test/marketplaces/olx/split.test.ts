import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Reference } from '../../../functions/core/model/reference.ts';
import { olx } from '../../../functions/marketplaces/olx/index.ts';
import {
  anyPrice,
  apiListing,
  halves,
  maxResults,
  type PriceRange,
  splitListing,
} from '../../../functions/marketplaces/olx/split.ts';
import { OlxSite } from '../../../simulator/olx/site.ts';

const amount = fc.integer({ min: anyPrice.from, max: anyPrice.to });
const range = fc
  .tuple(amount, amount)
  .map(([a, b]): PriceRange => ({ from: Math.min(a, b), to: Math.max(a, b) }));

describe('the halves of a price range', () => {
  it('together are the range: no gap, no overlap, neither is empty', () => {
    fc.assert(
      fc.property(range, (whole) => {
        const parts = halves(whole);
        if (parts === null) {
          expect(whole.from).toBe(whole.to);
          return;
        }
        const [low, high] = parts;
        expect([low.from, high.to]).toEqual([whole.from, whole.to]);
        expect(high.from).toBe(low.to + 1);
        expect(low.to).toBeGreaterThanOrEqual(low.from);
        expect(high.to).toBeGreaterThanOrEqual(high.from);
      }),
    );
  });

  it('lead to any single amount in at most 60 cuts', () => {
    fc.assert(
      fc.property(amount, (price) => {
        let here = anyPrice;
        let cuts = 0;
        for (let parts = halves(here); parts !== null; parts = halves(here)) {
          here = price <= parts[0].to ? parts[0] : parts[1];
          cuts += 1;
        }
        expect(here).toEqual({ from: price, to: price });
        expect(cuts).toBeLessThanOrEqual(60);
      }),
    );
  });

  it('of any set of prices leave at most a given number in each range, unless they are one amount', () => {
    const prices = fc.array(amount, { maxLength: 60 });
    fc.assert(
      fc.property(prices, fc.integer({ min: 1, max: 5 }), (all, most) => {
        const open = [anyPrice];
        let held = 0;
        for (let here = open.pop(); here !== undefined; here = open.pop()) {
          const { from, to } = here;
          const inside = all.filter((price) => price >= from && price <= to).length;
          const parts = inside > most ? halves(here) : null;
          if (parts) open.push(...parts);
          else {
            held += inside;
            expect(inside <= most || from === to).toBe(true);
          }
        }
        expect(held).toBe(all.length);
      }),
    );
  });
});

describe('splitting a list', () => {
  const parameters = fc.uniqueArray(
    fc.tuple(
      fc.constantFrom(
        'category_id',
        'region_id',
        'query',
        'filter_enum_state[0]',
        'limit',
        'offset',
        'currency',
      ),
      fc.string({ minLength: 1, maxLength: 8 }),
    ),
    { selector: ([name]) => name },
  );

  it('keeps what the list was narrowed by, begins at its first page, and is the same from each of its pages', () => {
    fc.assert(
      fc.property(parameters, (given) => {
        const query = new URLSearchParams(given);
        const elsewhere = new URLSearchParams(query);
        elsewhere.set('offset', '250');
        const parts = splitListing(query) ?? [];
        expect(parts).toHaveLength(3);
        expect((splitListing(elsewhere) ?? []).map(String)).toEqual(parts.map(String));
        for (const part of parts) {
          expect(part.has('offset')).toBe(false);
          for (const [name, value] of query) if (name !== 'offset') expect(part.get(name)).toBe(value);
        }
      }),
    );
  });

  it.each([
    'filter_float_price:from=5&filter_float_price:to=5',
    'filter_float_price:from=1.5&filter_float_price:to=9',
    'filter_float_price:from=-5&filter_float_price:to=9',
    'filter_float_price:from=9&filter_float_price:to=1',
    'sort_by=filter_float_price:asc',
  ])('is not possible for %s', (query) => {
    expect(splitListing(new URLSearchParams(query))).toBe(null);
  });

  it('has no listing where a reference would be too long', () => {
    expect(apiListing(new URLSearchParams({ query: 'x'.repeat(200) }))).toBe(null);
  });
});

describe('the next page', () => {
  it('does not depend on how many ads came, promoted ones among them', () => {
    const ad = (id: number) => ({ id, title: 'Velosiped', params: [] });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 0, max: 22 }), (count, pages) => {
        const data = Array.from({ length: count }, (_, i) => ad(1 + (i % 70)));
        const offset = pages * 40;
        const found = visit(
          listing(`offers?category_id=1&limit=40&offset=${offset}`),
          JSON.stringify({ data }),
        );
        expect(found.filter(({ kind }) => kind === 'listing')).toEqual([
          listing(`offers?category_id=1&limit=40&offset=${offset + 40}`),
        ]);
      }),
    );
  });
});

const listing = (externalId: string): Reference => ({ kind: 'listing', externalId });

/** What a page leads to. */
function visit(reference: Reference, body: string | Buffer): readonly Reference[] {
  const { url } = olx.request(reference);
  const page = { url, status: 200, headers: {}, body: Buffer.from(body), receivedAt: new Date(0) };
  const result = olx.classify(page) ?? olx.parse(page, { reference });
  if (result.outcome === 'empty') return [];
  if (result.outcome !== 'ok') throw new Error(`${reference.externalId}: ${result.detail}`);
  return result.references;
}

describe.each(['2026', 'bare'])(
  'discovery in a simulator whose lists end at 1,000 ads, in the shape %s',
  (shape) => {
    const site = new OlxSite({ seed: 7, ads: 4_500, newPerEpoch: 0 });
    const ask = (reference: Reference) => {
      const { pathname, search, hostname: host } = new URL(olx.request(reference).url);
      const query = search.slice(1);
      const given = { host, method: 'GET', path: pathname, query, headers: {}, body: '', epoch: 0, now: 0 };
      return visit(reference, site.answer(given, { shape, absurd: null, empty: false }).body);
    };
    const known = new Map(olx.seeds.map((seed) => [seed.externalId, seed]));
    const ads = new Set<string>();
    const open = [...known.values()];
    for (let here = open.shift(); here !== undefined; here = open.shift()) {
      for (const found of ask(here)) {
        if (found.kind === 'ad') ads.add(found.externalId);
        else if (!known.has(found.externalId)) {
          known.set(found.externalId, found);
          open.push(found);
        }
      }
    }

    it('finds every ad', () => {
      const truth = [...site.truth(0)].map(({ externalId }) => externalId);
      expect(truth.length).toBeGreaterThan(4 * maxResults);
      expect(truth.filter((id) => !ads.has(id))).toEqual([]);
    });

    it('comes to an end, with few listings beside those that show the ads', () => {
      expect(known.size).toBeLessThan(olx.seeds.length + (3 * ads.size) / 50);
    });
  },
);
