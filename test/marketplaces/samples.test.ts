import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { PageResult } from '../../functions/core/marketplace.ts';
import { findMarketplace } from '../../functions/marketplaces/index.ts';

/** Real responses, kept outside the repository; the table is run for those that are there. */
const folder = new URL('../../../shared/samples/', import.meta.url);

function judge(marketplace: string, file: string, id?: string): PageResult {
  const found = findMarketplace(marketplace);
  if (!found) throw new Error(`no marketplace ${marketplace}`);
  const url = new URL(file, folder);
  const page = { url: url.href, status: 200, headers: {}, body: readFileSync(url), receivedAt: new Date(0) };
  const reference = id === undefined ? null : { kind: 'lot' as const, externalId: id };
  return found.classify(page) ?? found.parse(page, { reference });
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
    marketplace: 'uzex',
    file: 'uzex/etender_trade_482604.json',
    expected: {
      outcome: 'ok',
      snapshots: [
        {
          externalId: '482604',
          currency: 'UZS',
          seller: null,
          totals: { start: '2476000000', final: null },
          offers: [{ externalId: '1864914', price: null, quantity: null }],
          extra: { endDate: '2026-05-22T07:36:31.000Z' },
        },
      ],
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
  { marketplace: 'uzex', file: 'uzex/auction_deal_products_379514.json', expected: { outcome: 'rejected' } },
  { marketplace: 'uzex', file: 'uzum/product_single_sku.json', expected: { outcome: 'format-changed' } },
  { marketplace: 'uzum', file: 'uzex/auction_completed_deals.json', expected: { outcome: 'format-changed' } },
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

if (existsSync(folder))
  describe('real responses of UZEX', () => {
    type Row = Record<string, unknown>;
    const rowsOf = (file: string): Row[] => JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
    const inUtc = (tashkent: unknown) => new Date(`${tashkent}+05:00`).toISOString();

    it('of auctions have the totals of their rows, and no prices', () => {
      const file = 'uzex/auction_completed_deals.json';
      const rows = rowsOf(file);
      expect(rows.length).toBeGreaterThan(1);
      expect(judge('uzex', file)).toMatchObject({
        outcome: 'ok',
        snapshots: rows.map((row) => ({
          externalId: String(row['lot_id']),
          currency: 'UZS',
          totals: { start: String(row['start_cost']), final: String(row['deal_cost']) },
          seller: row['provider_inn'] === null ? null : { externalId: row['provider_inn'] },
          offers: [],
          extra: { dealDate: inUtc(row['deal_date']), buyer: { inn: row['customer_inn'] } },
        })),
        references: rows.map((row) => ({ kind: 'lot', externalId: String(row['lot_id']) })),
      });
    });

    it('of items have the unit prices of their rows, in order', () => {
      const file = 'uzex/auction_deal_products_379514.json';
      const rows = rowsOf(file).sort((a, b) => Number(a['order_num']) - Number(b['order_num']));
      expect(rows.length).toBeGreaterThan(1);
      expect(judge('uzex', file, '379514')).toMatchObject({
        outcome: 'ok',
        snapshots: [
          {
            externalId: '379514',
            currency: 'UZS',
            offers: rows.map((row) => ({
              externalId: String(row['order_num']),
              price: String(row['price']),
              quantity: String(row['quantity']),
            })),
          },
        ],
      });
    });

    it('of the shop have the unit price, the quantity and no final total', () => {
      const file = 'uzex/shop_not_completed_deals.json';
      const rows = rowsOf(file);
      expect(rows.length).toBeGreaterThan(1);
      expect(judge('uzex', file)).toMatchObject({
        outcome: 'ok',
        snapshots: rows.map((row) => ({
          externalId: String(row['id']),
          title: row['product_name'],
          currency: 'UZS',
          seller: null,
          totals: { start: String(row['cost']), final: null },
          offers: [{ price: String(row['price']), quantity: String(row['amount']) }],
        })),
      });
    });
  });
