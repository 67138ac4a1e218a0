import { describe, expect, it } from 'vitest';
import { type Served, serve, type VisitLine } from './serve.ts';

const AUCTION = 'https://xarid-api-auction.uzex.uz';
const SHOP = 'https://xarid-api-shop.uzex.uz';
const ETENDER = 'https://apietender.uzex.uz/api/common';

type Row = Record<string, unknown>;

interface Lot {
  externalId: string;
  system: string;
  title: string;
  status: string;
  customer: { name: string; inn: string } | null;
  provider: { name: string; inn: string | null } | null;
  totals: { start: string | null; final: string | null };
  offers: { externalId: string; price: string | null; quantity?: string }[];
  dealtAt: string | null;
}

const list = async ({ ask }: Served, address: string, body: object) => {
  const response = await ask(address, { method: 'POST', body: JSON.stringify(body) });
  return { status: response.status, rows: (await response.json().catch(() => null)) as Row[] };
};

const lots = async ({ lines }: Served, system: string) =>
  (await lines<Lot>('/truth/uzex')).filter((lot) => lot.system === system);

const small = () => serve('--uzex-auctions', '60', '--uzex-shop-deals', '40', '--uzex-trades', '150');

describe("UZEX's auctions", () => {
  it('state exactly what the truth says of the items of a lot', async () => {
    const served = await small();
    for (const lot of await lots(served, 'auction')) {
      const response = await served.ask(`${AUCTION}/Common/GetCompletedDealProducts/${lot.externalId}`);
      const items = (await response.json()) as {
        order_num: number;
        price: number;
        quantity: number;
        cost: number;
      }[];
      const stated = items
        .map(({ order_num, price, quantity }) => ({
          externalId: String(order_num),
          price: String(price),
          oldPrice: null,
          availability: 'unknown',
          quantity: String(quantity),
        }))
        .sort((a, b) => Number(a.externalId) - Number(b.externalId));
      expect(stated).toEqual(lot.offers);
      const total = items.reduce((sum, { cost }) => sum + Math.round(cost * 100), 0);
      expect(String(total / 100)).toBe(lot.totals.final);
    }
  });

  it('write numbers with a decimal point, and times as Tashkent has them', async () => {
    const served = await small();
    const response = await served.ask(`${AUCTION}/Common/GetCompletedDeals`, {
      method: 'POST',
      body: JSON.stringify({ region_ids: [], from: 1, to: 3 }),
    });
    const text = await response.text();
    expect(text).toMatch(/"pcp_count":\d+\.0,/);
    expect(text).toMatch(/"deal_cost":\d+\.\d+/);
    const [row] = JSON.parse(text) as Row[];
    const lot = (await lots(served, 'auction')).find(({ externalId }) => externalId === String(row?.lot_id));
    expect(row?.deal_date).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
    expect(new Date(`${row?.deal_date}+05:00`).toISOString()).toBe(lot?.dealtAt);
  });

  it('leave the row `to` out of a window, give rows in no order, and end with an empty page', async () => {
    const served = await small();
    const ids: unknown[] = [];
    let unordered = 0;
    for (let from = 1; ; from += 10) {
      const { rows } = await list(served, `${AUCTION}/Common/GetCompletedDeals`, { from, to: from + 10 });
      if (rows.length === 0) break;
      const numbers = rows.map(({ rn }) => Number(rn));
      expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, i) => from + i));
      if (numbers.some((rn, i) => i > 0 && rn < (numbers[i - 1] ?? 0))) unordered++;
      expect(new Set(rows.map((row) => row.total_count))).toEqual(new Set([60]));
      ids.push(...rows.map(({ lot_id }) => String(lot_id)));
    }
    expect(unordered).toBeGreaterThan(0);
    expect(ids.sort()).toEqual((await lots(served, 'auction')).map(({ externalId }) => externalId));
  });

  it('put new deals at the front, so that rows shift between pages', async () => {
    const served = await small();
    const before = (await list(served, `${AUCTION}/Common/GetCompletedDeals`, { from: 1, to: 6 })).rows;
    await served.control('/epoch', { method: 'POST' });
    const after = (await list(served, `${AUCTION}/Common/GetCompletedDeals`, { from: 9, to: 14 })).rows;
    const ids = (rows: Row[]) => rows.map(({ lot_id }) => lot_id).sort();
    expect(ids(after)).toEqual(ids(before));
  });

  it('call categories differently in another language', async () => {
    const { ask } = await small();
    const names = async (language: string) => {
      const init = { method: 'POST', headers: { language }, body: '{"from":1,"to":30}' };
      const rows = (await (await ask(`${AUCTION}/Common/GetCompletedDeals`, init)).json()) as Row[];
      return rows.map(({ lot_id, category_name }) => `${lot_id} ${category_name}`);
    };
    expect(await names('uz')).not.toEqual(await names('ru'));
  });

  it('answer an empty list for a lot that does not exist, and 404 for a wrong method', async () => {
    const { ask } = await small();
    expect(await (await ask(`${AUCTION}/Common/GetCompletedDealProducts/1`)).json()).toEqual([]);
    expect((await ask(`${AUCTION}/Common/GetCompletedDeals`)).status).toBe(404);
    const wrong = await ask(`${AUCTION}/Common/GetCompletedDealProducts/400001`, {
      method: 'POST',
      body: '{}',
    });
    expect(wrong.status).toBe(404);
  });
});

describe("UZEX's shops", () => {
  it('include the row `to`, and name their keys differently', async () => {
    const served = await small();
    const shop = await list(served, `${SHOP}/Common/GetCompletedDeals`, {
      display_on_shop: 1,
      display_on_national: 0,
      from: 1,
      to: 10,
    });
    const national = await list(served, `${SHOP}/Common/GetCompletedDeals`, {
      display_on_shop: 0,
      display_on_national: 1,
      from: 1,
      to: 10,
    });
    expect(shop.rows).toHaveLength(10);
    expect(national.rows).toHaveLength(10);
    expect(shop.rows[0]).toHaveProperty('lot_id');
    expect(shop.rows[0]).toHaveProperty('deal_cost');
    expect(national.rows[0]).toHaveProperty('id');
    expect(national.rows[0]).toHaveProperty('cost');
  });

  it.each([
    ['shop', { display_on_shop: 1, display_on_national: 0 }, 'GetCompletedDeals'],
    ['national-shop', { display_on_shop: 0, display_on_national: 1 }, 'GetCompletedDeals'],
    ['shop-unfinished', {}, 'GetNotCompletedDeals'],
  ])('state the true unit prices of %s', async (system, body, path) => {
    const served = await small();
    const { rows } = await list(served, `${SHOP}/Common/${path}`, { ...body, from: 1, to: 40 });
    const truth = new Map((await lots(served, system)).map((lot) => [lot.externalId, lot]));
    expect(rows).toHaveLength(truth.size);
    for (const row of rows) {
      const lot = truth.get(String(row.lot_id ?? row.id));
      expect(lot?.offers[0]).toMatchObject({ price: String(row.price), quantity: String(row.amount) });
      expect(String(row.product_name)).toBe(lot?.title);
    }
  });
});

describe("UZEX's etender", () => {
  it('packs products into a string, and some trades state no prices', async () => {
    const served = await small();
    const statuses = new Set<unknown>();
    for (const lot of await lots(served, 'etender')) {
      const trade = (await (await served.ask(`${ETENDER}/GetTrade/${lot.externalId}/0`)).json()) as Row;
      statuses.add(trade.status_id);
      const products = JSON.parse(String(trade.budget_products)) as { Id: number; Price?: number }[];
      expect(
        products.map(({ Id, Price }) => ({
          externalId: String(Id),
          price: Price === undefined ? null : String(Price),
        })),
      ).toEqual(lot.offers.map(({ externalId, price }) => ({ externalId, price })));
      expect(String(trade.start_cost)).toBe(lot.totals.start);
    }
    expect(statuses).toEqual(new Set([4, 6]));
    expect((await served.ask(`${ETENDER}/GetTrade/1/0`)).status).toBe(404);
  });

  it('lists open trades up to and with `to`, and deals without it', async () => {
    const served = await small();
    const open = await list(served, `${ETENDER}/TradeList`, { TypeId: 2, From: 1, To: 5, System_Id: 0 });
    const deals = await list(served, `${ETENDER}/DealsList`, { from: 1, to: 5, system_id: 0 });
    const failed = await list(served, `${ETENDER}/NotDealedList`, {
      TypeId: 2,
      From: 1,
      To: 5,
      System_Id: 0,
    });
    expect([open.rows.length, deals.rows.length, failed.rows.length]).toEqual([5, 4, 5]);
    const truth = new Map((await lots(served, 'etender')).map((lot) => [lot.externalId, lot]));
    expect(open.rows.every(({ id }) => truth.get(String(id))?.status === 'open')).toBe(true);
    expect(failed.rows.every(({ id }) => truth.get(String(id))?.status === 'not dealt')).toBe(true);
    for (const row of deals.rows) {
      const lot = truth.get(String(row.trade_id));
      expect(lot?.totals.final).toBe(String(row.deal_cost));
      expect(lot?.provider).toEqual({ name: row.provider_name, inn: row.provider_inn });
    }
    const other = await list(served, `${ETENDER}/TradeList`, { TypeId: 2, From: 1, To: 5, System_Id: 1 });
    expect(other.rows).toEqual([]);
  });
});

describe("UZEX's other answers", () => {
  it('give 88 categories and 14 regions', async () => {
    const { ask } = await small();
    const get = async (path: string) =>
      (await (await ask(`https://xarid-api-trade.uzex.uz/Lib/${path}`)).json()) as Row[];
    expect(await get('GetCategories')).toHaveLength(88);
    expect(await get('GetRegions')).toHaveLength(14);
  });

  it('refuse with a 500 that means blocked', async () => {
    const served = await small();
    await served.turn('uzex', { block: { kind: '500-blocked' } });
    const { status, rows } = await list(served, `${AUCTION}/Common/GetCompletedDeals`, { from: 1, to: 3 });
    expect(status).toBe(500);
    expect(rows).toEqual({ status: 500, message: 'Приложение : Missing User-Agent header' });
    expect(await served.lines<VisitLine>('/visits/uzex')).toEqual([]);
  });

  it.each([
    ['huge', 1e15],
    ['zero', 0],
  ])('plant a unit price that is %s', async (kind, price) => {
    const served = await small();
    await served.turn('uzex', { absurdShare: 1, absurdKinds: [kind] });
    const response = await served.ask(`${AUCTION}/Common/GetCompletedDealProducts/400001`);
    expect(((await response.json()) as Row[])[0]?.price).toBe(price);
  });

  it('come in an envelope nobody knows when told to', async () => {
    const served = await small();
    await served.turn('uzex', { shape: { name: 'unknown' } });
    const { rows } = await list(served, `${AUCTION}/Common/GetCompletedDeals`, { from: 1, to: 3 });
    expect(rows).toMatchObject({ Status: 1, Data: [{ lotId: expect.any(Number) }, {}] });
  });
});
