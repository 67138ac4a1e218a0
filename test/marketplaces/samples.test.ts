import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { PageResult } from '../../functions/core/marketplace.ts';
import { findMarketplace } from '../../functions/marketplaces/index.ts';

/** Real responses, kept outside the repository; the table is run for those that are there. */
const folder = new URL('../../../shared/samples/', import.meta.url);

function judge(marketplace: string, file: string): PageResult {
  const found = findMarketplace(marketplace);
  if (!found) throw new Error(`no marketplace ${marketplace}`);
  const url = new URL(file, folder);
  const page = { url: url.href, status: 200, headers: {}, body: readFileSync(url), receivedAt: new Date(0) };
  return found.classify(page) ?? found.parse(page, { reference: null });
}

const samples: { marketplace: string; file: string; expected: object }[] = [
  {
    marketplace: 'uzum',
    file: 'uzum/product_single_sku.json',
    expected: {
      outcome: 'ok',
      oldShape: false,
      snapshots: [
        {
          externalId: '1772350',
          currency: 'UZS',
          seller: { externalId: '74885' },
          offers: [{ externalId: '6120890', title: null, price: '440000', oldPrice: null, available: 27 }],
        },
      ],
    },
  },
  {
    marketplace: 'uzum',
    file: 'uzum/product_kazanexpress_2022.json',
    expected: { outcome: 'ok', oldShape: true, snapshots: [{ externalId: '207847', currency: 'RUB' }] },
  },
  { marketplace: 'uzum', file: 'uzum/listing_cards_2024.json', expected: { outcome: 'ok', snapshots: [] } },
  {
    marketplace: 'olx',
    file: 'olx/ad_page_65000001.html',
    expected: {
      outcome: 'ok',
      snapshots: [{ externalId: '65000001', currency: 'UYE', status: 'active', offers: [{ price: '550' }] }],
    },
  },
  {
    marketplace: 'olx',
    file: 'olx/api_offer_pl.json',
    expected: {
      outcome: 'ok',
      snapshots: [{ currency: 'PLN', offers: [{ price: '3800', oldPrice: null }] }],
    },
  },
  {
    marketplace: 'yandex',
    file: 'yandex/product_1113644663.html',
    expected: {
      outcome: 'ok',
      oldShape: false,
      references: [],
      snapshots: [
        {
          externalId: '1113644663',
          currency: 'UZS',
          seller: { externalId: '197359376', title: 'AI-Pixel' },
          category: [{}, {}, { externalId: '26895412', title: 'Ноутбуки' }],
          offers: [
            { externalId: '4655128557', price: '5300716', oldPrice: '7834000', availability: 'in_stock' },
          ],
          extra: { wareId: 'F073OmEaG2NZbO3lzLXLQQ' },
        },
      ],
    },
  },
  { marketplace: 'yandex', file: 'yandex/captcha_checkbox_2021.html', expected: { outcome: 'blocked' } },
  { marketplace: 'yandex', file: 'yandex/captcha_image_2015.html', expected: { outcome: 'blocked' } },
  { marketplace: 'yandex', file: 'uzum/product_single_sku.json', expected: { outcome: 'format-changed' } },
  { marketplace: 'yandex', file: 'olx/ad_page_65000001.html', expected: { outcome: 'format-changed' } },
  { marketplace: 'uzum', file: 'yandex/captcha_checkbox_2021.html', expected: { outcome: 'blocked' } },
  { marketplace: 'olx', file: 'yandex/captcha_image_2015.html', expected: { outcome: 'blocked' } },
  { marketplace: 'uzum', file: 'olx/api_offer_pl.json', expected: { outcome: 'format-changed' } },
  { marketplace: 'olx', file: 'uzum/product_single_sku.json', expected: { outcome: 'format-changed' } },
];

describe('real responses', () => {
  const present = samples.filter(({ file }) => existsSync(new URL(file, folder)));

  it('are all there, or none is', () => {
    expect([0, samples.length]).toContain(present.length);
  });

  for (const { marketplace, file, expected } of present) {
    it(`${file} comes out right as ${marketplace}`, () => {
      expect(judge(marketplace, file)).toMatchObject(expected);
    });
  }
});
