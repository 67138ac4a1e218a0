import { describe, expect, it } from 'vitest';
import { marketplaces } from '../../functions/marketplaces/index.ts';

const { request } = marketplaces.uzex;
const asked = (kind: 'lot' | 'listing', externalId: string) => {
  const { method, url, body } = request({ kind, externalId });
  return { method, url, body: body === null ? null : JSON.parse(body) };
};
const auction = 'https://xarid-api-auction.uzex.uz/Common';
const shop = 'https://xarid-api-shop.uzex.uz/Common';
const etender = 'https://apietender.uzex.uz/api';

describe('requests to UZEX', () => {
  it.each([
    ['400123', `${auction}/GetCompletedDealProducts/400123`],
    ['auction-open:400123', `${auction}/GetLot/400123`],
    ['etender:600001', `${etender}/common/GetTrade/600001/0`],
  ])('ask for lot %s by its own page', (externalId, url) => {
    expect(asked('lot', externalId)).toEqual({ method: 'GET', url, body: null });
  });

  it.each([
    ['shop:5000001', 'GetCompletedDeals', 1, 0],
    ['national:5000001', 'GetCompletedDeals', 0, 1],
    ['shop-unsold:5000001', 'GetNotCompletedDeals', 1, 0],
    ['national-unsold:5000001', 'GetNotCompletedDeals', 0, 1],
  ])('ask for lot %s by its number in the list that has it', (externalId, path, onShop, onNational) => {
    expect(asked('lot', externalId)).toEqual({
      method: 'POST',
      url: `${shop}/${path}`,
      body: {
        region_ids: [],
        display_on_shop: onShop,
        display_on_national: onNational,
        lot_id: 5_000_001,
        from: 1,
        to: 10,
      },
    });
  });

  it.each([
    ['auction/deals', `${auction}/GetCompletedDeals`, { region_ids: [], from: 101, to: 201 }],
    ['auction/open', `${auction}/GetMinimizedLotsList`, { region_ids: [], from: 101, to: 201 }],
    ['etender/tenders', `${etender}/common/TradeList`, { TypeId: 2, System_Id: 0, From: 101, To: 201 }],
    ['etender/selections', `${etender}/common/TradeList`, { TypeId: 1, System_Id: 0, From: 101, To: 201 }],
    ['etender/failed', `${etender}/common/NotDealedList`, { System_Id: 0, From: 101, To: 201 }],
    ['etender/deals', `${etender}/common/DealsList`, { System_Id: 0, From: 101, To: 201 }],
  ])('ask %s for the window that the reference names', (name, url, body) => {
    expect(asked('listing', `${name}/101/201`)).toEqual({ method: 'POST', url, body });
  });

  it.each([
    ['categories', 'https://xarid-api-trade.uzex.uz/Lib/GetCategories'],
    ['regions', 'https://xarid-api-trade.uzex.uz/Lib/GetRegions'],
    ['products/17', 'https://xarid-api-trade.uzex.uz/Lib/GetProducts/17'],
    ['etender/regions', `${etender}/Libs/GetRegions`],
  ])('ask for the reference list %s', (externalId, url) => {
    expect(asked('listing', externalId)).toEqual({ method: 'GET', url, body: null });
  });

  it('name a language, so that names do not change from visit to visit', () => {
    expect(request({ kind: 'lot', externalId: '400123' }).headers).toMatchObject({ language: 'ru' });
  });

  it.each([
    ['product', '400123'],
    ['ad', '400123'],
    ['lot', 'auction:400123'],
    ['lot', 'bazaar:5'],
    ['lot', '../5'],
    ['lot', '0'],
    ['lot', '1e3'],
    ['listing', 'auction/deals'],
    ['listing', 'auction/deals/1/1'],
    ['listing', 'auction/toString/1/5'],
    ['listing', 'products/../x'],
    ['listing', 'x'],
  ] as const)('throw for %s "%s", which UZEX does not have', (kind, externalId) => {
    expect(() => request({ kind, externalId })).toThrow(`UZEX has no ${kind} "${externalId}"`);
  });
});
