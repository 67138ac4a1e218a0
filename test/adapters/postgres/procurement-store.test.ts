import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../../functions/adapters/postgres/database.ts';
import type { VisitsMessage } from '../../../functions/contract/messages.ts';
import type { DatabaseAddress, TestPostgres } from '../../../local/postgres/for-tests.ts';
import { buyer, dealItems, dealRow, item, lots, supplier } from './lots.ts';
import { databaseFor, startStoragePostgres, withClient } from './retail-database.ts';
import { storeUnderTest } from './store-under-test.ts';

let server: TestPostgres;
let address: DatabaseAddress;
let database: Database;
beforeAll(async () => {
  server = await startStoragePostgres('procurement');
});
afterAll(async () => await server.stop());
beforeEach(async () => {
  address = await server.createDatabase();
  database = databaseFor(address, 'narx_store');
  return async () => await database.close();
});

const t = (hour: number) => `2026-09-14T${String(hour).padStart(2, '0')}:00:00.000Z`;

async function query<Row extends object = Record<string, unknown>>(text: string): Promise<Row[]> {
  return await withClient(address, async (client) => {
    await client.query("set timezone = 'UTC'");
    return (await client.query(text)).rows;
  });
}

async function stored(...messages: VisitsMessage[]) {
  const { store, quarantined } = storeUnderTest(database, 'procurement');
  const result = await store.store(messages);
  expect(quarantined).toEqual([]);
  return result;
}

const lot = () =>
  query(
    `select l.external_id, l.title, l.system, l.display_no, l.deal_id, l.status, l.start_total, l.final_total, l.currency,
       b.name as buyer, s.name as supplier, l.category, l.region, l.started_at, l.ends_at, l.dealt_at
     from lot l left join organisation b on b.id = l.buyer_id left join organisation s on s.id = l.supplier_id
     order by l.external_id`,
  );
const whole = {
  external_id: '400123',
  title: 'Бумага',
  system: 'auction',
  display_no: '3101000700400123',
  deal_id: '333444',
  status: 'Договор Зарегистрирован',
  start_total: '5000000',
  final_total: '4100000.5',
  currency: 'UZS',
  buyer: buyer.name,
  supplier: supplier.name,
  category: 'Бумага',
  region: 'город Ташкент',
  started_at: new Date('2026-08-25T05:00:00.000Z'),
  ends_at: new Date('2026-09-01T06:30:00.000Z'),
  dealt_at: new Date('2026-09-01T07:00:05.000Z'),
};
const items = () =>
  query(
    `select k.external_id, k.title, k.price, k.currency, i.quantity, i.unit, i.cost
     from sku k join lot_item i using (product_id, external_id) order by k.external_id`,
  );

describe('a lot', () => {
  it.each([
    ['its row in the list first', [0, 1]],
    ['its items first', [1, 0]],
  ])('is whole once both of its pages have come, %s', async (_, order) => {
    const pages = [
      dealRow('400123', t(8)),
      dealItems('400123', t(9), [item('1', '410000.05'), item('2', '7', '0.5')], { 2: 'кг' }),
    ];
    for (const at of order) await stored(lots(pages.slice(at, at + 1)));
    expect(await lot()).toEqual([whole]);
    expect(await items()).toEqual([
      {
        external_id: '1',
        title: 'Item 1',
        price: '410000.05',
        currency: 'UZS',
        quantity: '10',
        unit: 'пач',
        cost: '4100000.5',
      },
      expect.objectContaining({ external_id: '2', price: '7', quantity: '0.5', unit: 'кг' }),
    ]);
    expect(
      await query('select s.external_id, s.title from product p join seller s on s.id = p.seller_id'),
    ).toEqual([{ external_id: supplier.inn, title: supplier.name }]);
  });

  it('is one lot when shifting windows list it again and again', async () => {
    const first = await stored(lots([dealRow('1', t(8)), dealRow('2', t(8)), dealRow('1', t(8))]));
    expect(first.outcomes[0]?.get(0)).toBe('stored');
    const second = await stored(
      lots([dealRow('2', t(9)), dealRow('3', t(9))]),
      lots([dealRow('3', t(10)), dealRow('1', t(10))], { index: 1 }),
    );
    expect(second.outcomes.map((outcomes) => [...outcomes])).toEqual([[[0, 'stored']], [[1, 'stored']]]);
    const again = await stored(lots([dealRow('2', t(11)), dealRow('1', t(11))]));
    expect(again.outcomes[0]?.get(0)).toBe('unchanged');
    expect(again.counts).toMatchObject({ stored: 0, unchanged: 2, pricePointsAdded: 0 });
    expect((await lot()).map((one) => one['external_id'])).toEqual(['1', '2', '3']);
    expect(await query('select count(*)::int as n from lot_page')).toEqual([{ n: 3 }]);
  });

  it('that only a list has shown is next in line for a visit, and has no price', async () => {
    await stored(lots([dealRow('400123', t(8))]));
    expect(await query('select count(*)::int as skus from sku')).toEqual([{ skus: 0 }]);
    expect(
      await query(
        `select s.next_due = c.v as next, s.last_seen_at from product_schedule s
         join schedule_clock c using (marketplace_id)`,
      ),
    ).toEqual([{ next: true, last_seen_at: null }]);
  });

  it('keeps its items when a list says nothing of them', async () => {
    await stored(lots([dealItems('400123', t(8), [item('1', '5')])]));
    await stored(lots([dealRow('400123', t(9))]));
    expect(await query('select listed, last_confirmed_at from price_history')).toEqual([
      { listed: true, last_confirmed_at: new Date(t(8)) },
    ]);
    await stored(lots([dealItems('400123', t(10), [item('1', '5')])]));
    expect(await query('select first_observed_at, last_confirmed_at from price_history')).toEqual([
      { first_observed_at: new Date(t(8)), last_confirmed_at: new Date(t(10)) },
    ]);
  });

  it('loses what its page takes back, and nothing because another page does not mention it', async () => {
    await stored(lots([dealRow('400123', t(8)), dealItems('400123', t(8), [item('1', '5')])]));
    await stored(
      lots([
        dealRow('400123', t(9), { status: 'отклонен', totals: { start: '5000000', final: null } }),
        dealItems('400123', t(10), [item('1', '6')]),
      ]),
    );
    expect(await lot()).toEqual([{ ...whole, status: 'отклонен', final_total: null }]);
  });
});

describe('totals', () => {
  it('are never a unit price: those of the lot and of an item stand beside the price, not in its place', async () => {
    await stored(
      lots([dealRow('400123', t(8)), dealItems('400123', t(9), [item('1', null), item('2', '7')])]),
    );
    const prices = await query<{ price: string | null }>(
      'select price from price_history order by price nulls first',
    );
    expect(prices.map(({ price }) => price)).toEqual([null, '7']);
    expect(await query("select price from sku where external_id = '1'")).toEqual([{ price: null }]);
  });
});

describe('items', () => {
  it('have a history of unit prices, and the quantity that was said last', async () => {
    for (const [hour, price, quantity] of [
      [8, '410000.05', '10'],
      [9, '410000.05', '12'],
      [10, '399999.999999', '12'],
    ] as const) {
      const { outcomes } = await stored(lots([dealItems('1', t(hour), [item('1', price, quantity)])]));
      expect(outcomes[0]?.get(0)).toBe('stored');
    }
    expect(
      (await stored(lots([dealItems('1', t(11), [item('1', '399999.999999', '12')])]))).counts,
    ).toMatchObject({
      unchanged: 1,
    });
    expect(
      await query('select price, first_observed_at, last_confirmed_at from price_history order by 2'),
    ).toEqual([
      { price: '410000.05', first_observed_at: new Date(t(8)), last_confirmed_at: new Date(t(9)) },
      { price: '399999.999999', first_observed_at: new Date(t(10)), last_confirmed_at: new Date(t(11)) },
    ]);
    expect(await items()).toMatchObject([{ price: '399999.999999', quantity: '12' }]);
  });

  it('that arrive late change neither the current quantity nor the current price', async () => {
    await stored(lots([dealItems('1', t(8), [item('1', '5', '10')])]));
    await stored(lots([dealItems('1', t(10), [item('1', '5', '10')])]));
    await stored(lots([dealItems('1', t(9), [item('1', '4', '99'), item('2', '1', '3')])]));
    expect(await items()).toMatchObject([
      { external_id: '1', price: '5', quantity: '10' },
      { external_id: '2', price: '1', quantity: '3' },
    ]);
  });
});

describe('organisations', () => {
  it('are one per tax number, whatever they are called, under the name that was stated last', async () => {
    const named = (name: string) => ({ extra: { buyer: { inn: buyer.inn, name } } });
    await stored(lots([dealRow('1', t(9), named('НАМУНА МЧЖ')), dealRow('2', t(10), named('NAMUNA'))]));
    await stored(
      lots([
        dealRow('3', t(8), named('older')),
        dealRow('4', t(8), { extra: { supplier: { inn: buyer.inn, name: null } } }),
      ]),
    );
    expect(await query('select inn, name from organisation order by inn')).toEqual([
      { inn: buyer.inn, name: 'NAMUNA' },
      { inn: supplier.inn, name: supplier.name },
    ]);
    expect((await lot()).map((one) => [one['external_id'], one['buyer'], one['supplier']])).toEqual([
      ['1', 'NAMUNA', supplier.name],
      ['2', 'NAMUNA', supplier.name],
      ['3', 'NAMUNA', supplier.name],
      ['4', 'NAMUNA', 'NAMUNA'],
    ]);
  });

  it('without a tax number are known by name, and never taken for one that has it', async () => {
    const entrepreneur = { inn: null, name: 'YTT NAMUNAYEV N' };
    await stored(lots([dealRow('1', t(8), { extra: { supplier: entrepreneur } })]));
    await stored(
      lots([
        dealRow('2', t(9), { extra: { supplier: entrepreneur } }),
        dealRow('3', t(9), { extra: { supplier: { inn: '400000003', name: entrepreneur.name } } }),
        dealRow('4', t(9), { extra: { supplier: { inn: '500000004', name: null } } }),
      ]),
    );
    expect(
      await query('select inn, name from organisation where inn is distinct from $$200000001$$ order by inn'),
    ).toEqual([
      { inn: '400000003', name: entrepreneur.name },
      { inn: '500000004', name: '500000004' },
      { inn: null, name: entrepreneur.name },
    ]);
    await stored(
      lots([dealRow('4', t(7), { extra: { supplier: { inn: '500000004', name: 'Late name' } } })]),
    );
    expect(await query("select name from organisation where inn = '500000004'")).toEqual([
      { name: 'Late name' },
    ]);
  });

  it('are added once by two transactions that meet', async () => {
    const others = [databaseFor(address, 'narx_store'), databaseFor(address, 'narx_store')];
    await Promise.all(
      others.map((other, at) =>
        storeUnderTest(other, 'procurement').store.store([
          lots([dealRow(`${at}`, t(8)), dealRow('same', t(8))]),
        ]),
      ),
    );
    expect(await query('select inn from organisation order by inn')).toEqual([
      { inn: buyer.inn },
      { inn: supplier.inn },
    ]);
    expect(await query('select count(*)::int as n from lot')).toEqual([{ n: 3 }]);
    for (const other of others) await other.close();
  });
});

describe('raw pages', () => {
  const pages = () =>
    query(
      'select p.external_id, r.observed_at, r.key from raw_page r join product p on p.id = r.product_id order by 2, 1',
    );

  it('are named for each change that was read from them, once however often it is delivered', async () => {
    const list = lots([dealRow('1', t(8)), dealRow('2', t(8))], { rawKey: 'raw/uzex/aa/list.gz' });
    const page = lots([dealItems('1', t(9), [item('1', '5')])], { rawKey: 'raw/uzex/bb/items.gz' });
    for (const delivery of [list, page, list, page]) await stored(delivery);
    expect(await pages()).toEqual([
      { external_id: '1', observed_at: new Date(t(8)), key: 'raw/uzex/aa/list.gz' },
      { external_id: '2', observed_at: new Date(t(8)), key: 'raw/uzex/aa/list.gz' },
      { external_id: '1', observed_at: new Date(t(9)), key: 'raw/uzex/bb/items.gz' },
    ]);
  });

  it('are not named again for what did not change', async () => {
    await stored(lots([dealItems('1', t(8), [item('1', '5')])], { rawKey: 'first' }));
    await stored(lots([dealItems('1', t(9), [item('1', '5')])], { rawKey: 'second' }));
    await stored(lots([dealItems('1', t(10), [item('1', '6')])], { rawKey: 'third' }));
    expect((await pages()).map((page) => page['key'])).toEqual(['first', 'third']);
  });
});

it('a row that the database refuses stands alone in the quarantine, and the rest of its list is stored', async () => {
  const { store, quarantined } = storeUnderTest(database, 'procurement');
  const bad = dealRow('2', t(8), { extra: { region: 'nul \u0000' } });
  const { outcomes } = await store.store([lots([dealRow('1', t(8)), bad, dealRow('3', t(8))])]);
  expect(quarantined.map(({ row }) => row)).toEqual([{ outcome: 'ok', index: 0, snapshot: bad }]);
  expect(outcomes[0]?.get(0)).toBe('stored');
  expect((await lot()).map((one) => one['external_id'])).toEqual(['1', '3']);
});
