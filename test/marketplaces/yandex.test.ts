import { describe, expect, it } from 'vitest';
import type { Page, PageResult } from '../../functions/core/marketplace.ts';
import { marketplaces } from '../../functions/marketplaces/index.ts';
import {
  choynak,
  marketPage,
  missingParts,
  productUrl,
  soldOutParts,
  withCollections,
} from '../../functions/marketplaces/yandex/fixtures/bodies.ts';
import list from '../../functions/marketplaces/yandex/fixtures/list.json' with { type: 'json' };
import product from '../../functions/marketplaces/yandex/fixtures/product.json' with { type: 'json' };

const { yandex } = marketplaces;
const judge = (page: Page, context = {}): PageResult =>
  yandex.classify(page) ?? yandex.parse(page, { reference: null, ...context });

describe("a failure of Yandex Market's own", () => {
  it.each(['Что-то пошло не так', 'Something went wrong'])('is no missing product: "%s"', (words) => {
    for (const status of [200, 404])
      expect(judge(marketPage(missingParts(words), productUrl, {}, status))).toMatchObject({
        outcome: 'server-error',
        detail: expect.stringContaining(words),
      });
  });
});

describe('prices in lists', () => {
  it('are never read: neither the fixed-point numbers of cart items nor the range that describes the list', () => {
    const text = JSON.stringify(judge(marketPage(list, 'file:///stored.html')));
    expect(text).toContain('"snapshots":[]');
    for (const number of ['1590000000000', '2000000000000', '159000', '160000', '88000'])
      expect(text).not.toContain(number);
  });
});

describe('prices of a product page', () => {
  it('are those of its main offer: not those before discount, with a promo code, or of other offers', () => {
    const text = JSON.stringify(judge(marketPage(product)));
    for (const number of ['140000', '149000', '180000', '77777', '88000', '99000', '41000'])
      expect(text).not.toContain(number);
  });

  it('of several offers are not guessed: without a main one, JSON-LD decides', () => {
    const nameless = withCollections(product, { compose: {}, offerPlaces: {}, views: {}, viewItem: {} });
    expect(judge(marketPage(nameless))).toMatchObject({
      schema: 'product-json-ld',
      snapshots: [{ offers: [{ price: '159000', oldPrice: null }] }],
    });
    expect(judge(marketPage({ ...nameless, jsonLd: [] }))).toMatchObject({ outcome: 'format-changed' });
  });
});

describe('the currency of a sold-out product', () => {
  const currency = (url: string, parts = soldOutParts, context = {}) => {
    const result = judge(marketPage(parts, url), context);
    return result.outcome === 'ok' ? result.snapshots[0]?.currency : result;
  };
  const homeless = { ...withCollections(soldOutParts, { url: {} }), jsonLd: [] };

  it('is that of the site', () => {
    expect(currency(productUrl)).toBe(choynak.currency);
    expect(currency('https://market.yandex.ru/product--choynak/900001')).toBe('RUB');
    expect(currency('file:///stored.html')).toBe('UZS');
  });

  it('is none when nobody knows the site, unless it is stated', () => {
    expect(currency('file:///stored.html', homeless)).toBe('XXX');
    expect(currency('file:///stored.html', homeless, { currency: 'UZS' })).toBe('UZS');
  });
});
