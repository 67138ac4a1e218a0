import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../../functions/adapters/postgres/database.ts';
import type { DatabaseAddress, TestPostgres } from '../../../local/postgres/for-tests.ts';
import { databaseFor, startRetailPostgres, withClient } from './retail-database.ts';
import { storeUnderTest } from './store-under-test.ts';
import { gone, message, offer, ok, snapshot, snapshots } from './visits.ts';

let server: TestPostgres;
let address: DatabaseAddress;
let database: Database;
beforeAll(async () => {
  server = await startRetailPostgres();
});
afterAll(async () => await server.stop());
beforeEach(async () => {
  address = await server.createDatabase();
  database = databaseFor(address, 'narx_store');
  return async () => await database.close();
});

const t = (hour: number, minute = 0) =>
  `2026-09-14T${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}:00.000Z`;

async function query<Row extends object>(text: string): Promise<Row[]> {
  return await withClient(address, async (client) => {
    await client.query("set timezone = 'UTC'");
    return (await client.query(text)).rows;
  });
}

/** `10:00-11:00 100` per point, `…` for an open one. */
async function history(sku = '11'): Promise<string[]> {
  const rows = await query<{ first: string; last: string; open: boolean; price: string }>(
    `select to_char(first_observed_at, 'HH24:MI') as first, to_char(h.last_confirmed_at, 'HH24:MI') as last,
       h.listed as open, coalesce(h.price::text, '-') as price
     from price_history h join sku k on k.id = h.sku_id where k.external_id = '${sku}' order by h.first_observed_at`,
  );
  return rows.map(({ first, last, open, price }) => `${first}-${last}${open ? '…' : ''} ${price}`);
}

describe('storing visits', () => {
  it('stores a product with its seller, category tree, SKUs and first price points', async () => {
    const { store } = storeUnderTest(database);
    const { outcomes, counts } = await store.store([
      snapshots(snapshot('1', t(10), [offer('11', '405000', { oldPrice: '500000' }), offer('12', null)])),
    ]);
    expect([...(outcomes[0] ?? [])]).toEqual([[0, 'stored']]);
    expect(counts).toMatchObject({ stored: 1, unchanged: 0, pricePointsAdded: 2 });
    expect(
      await query(
        `select p.title, s.title as seller, c.title as category, r.title as parent, k.external_id, k.price, k.old_price,
           k.currency, k.availability, k.listed
         from product p join seller s on s.id = p.seller_id join category c on c.id = p.category_id
         join category r on r.id = c.parent_id join sku k on k.product_id = p.id order by k.external_id`,
      ),
    ).toEqual([
      expect.objectContaining({
        title: 'Product 1',
        seller: 'Seller',
        category: 'Leaf',
        parent: 'Root',
        price: '405000',
        old_price: '500000',
        availability: 'i',
        listed: true,
      }),
      expect.objectContaining({ external_id: '12', price: null, old_price: null, currency: 'UZS' }),
    ]);
    expect(await history()).toEqual(['10:00-10:00… 405000']);
  });

  it('confirms an unchanged product by its schedule row alone', async () => {
    const { store } = storeUnderTest(database);
    await store.store([snapshots(snapshot('1', t(10), [offer('11', '100')]))]);
    const before = await query(
      "select sum(n_tup_upd + n_tup_ins)::int as n from pg_stat_user_tables where relname <> 'product_schedule'",
    );
    const { counts } = await store.store([
      snapshots(snapshot('1', t(11), [offer('11', '100', { available: 1 })])),
    ]);
    expect(counts).toMatchObject({ stored: 0, unchanged: 1, pricePointsAdded: 0 });
    expect(await history()).toEqual(['10:00-11:00… 100']);
    expect(
      await query(
        "select sum(n_tup_upd + n_tup_ins)::int as n from pg_stat_user_tables where relname <> 'product_schedule'",
      ),
    ).toEqual(before);
  });

  it('begins a new point where a price changed and leaves the other SKUs alone', async () => {
    const { store } = storeUnderTest(database);
    await store.store([snapshots(snapshot('1', t(9), [offer('11', '100'), offer('12', '7')]))]);
    await store.store([snapshots(snapshot('1', t(10), [offer('11', '100'), offer('12', '7')]))]);
    const { counts, outcomes } = await store.store([
      snapshots(snapshot('1', t(11), [offer('11', '90'), offer('12', '7')])),
    ]);
    expect(outcomes[0]?.get(0)).toBe('stored');
    expect(counts.pricePointsAdded).toBe(1);
    expect(await history('11')).toEqual(['09:00-10:00 100', '11:00-11:00… 90']);
    expect(await history('12')).toEqual(['09:00-11:00… 7']);
  });

  it('reports the same outcome when a visit is delivered again', async () => {
    const { store } = storeUnderTest(database);
    const first = snapshots(snapshot('1', t(10), [offer('11', '100')]));
    const second = snapshots(snapshot('1', t(11), [offer('11', '100')]));
    for (const [delivery, outcome] of [
      [first, 'stored'],
      [first, 'stored'],
      [second, 'unchanged'],
      [second, 'unchanged'],
    ] as const) {
      expect((await store.store([delivery])).outcomes[0]?.get(0)).toBe(outcome);
    }
    expect((await store.store([second, second])).outcomes.map((o) => o.get(0))).toEqual([
      'unchanged',
      'unchanged',
    ]);
  });

  it('closes the point of a SKU that is not listed any more, and extends it when it comes back unchanged', async () => {
    const { store } = storeUnderTest(database);
    await store.store([snapshots(snapshot('1', t(8), [offer('11', '100'), offer('12', '7')]))]);
    await store.store([snapshots(snapshot('1', t(9), [offer('12', '7')]))]);
    expect(await history('11')).toEqual(['08:00-08:00 100']);
    await store.store([snapshots(snapshot('1', t(10), [offer('11', '100'), offer('12', '7')]))]);
    expect(await history('11')).toEqual(['08:00-10:00… 100']);
  });

  it('ends the history of a gone product at the time it was last seen, and counts it gone at the third miss', async () => {
    const { store } = storeUnderTest(database);
    await store.store([snapshots(snapshot('1', t(8), [offer('11', '100')]))]);
    for (const hour of [9, 9, 10, 11]) {
      const { outcomes, counts } = await store.store([message([gone(4, '1', t(hour))])]);
      expect(outcomes[0]?.get(4)).toBe('gone');
      expect(counts.gone).toBe(1);
    }
    expect(await history()).toEqual(['08:00-08:00… 100']);
    expect(await query('select missing_checks, missing_since from product_schedule')).toEqual([
      { missing_checks: 3, missing_since: new Date(t(9)) },
    ]);
    await store.store([snapshots(snapshot('1', t(12), [offer('11', '100')]))]);
    expect(await query('select missing_checks, missing_since from product_schedule')).toEqual([
      { missing_checks: 0, missing_since: null },
    ]);
  });

  it('keeps no row for a product that never existed', async () => {
    const { store } = storeUnderTest(database);
    expect((await store.store([message([gone(0, '404', t(9))])])).outcomes[0]?.get(0)).toBe('gone');
    expect(await query('select count(*)::int as n from product')).toEqual([{ n: 0 }]);
  });

  it('puts a late observation at its own time and leaves the current state alone', async () => {
    const { store } = storeUnderTest(database);
    await store.store([snapshots(snapshot('1', t(8), [offer('11', '100')]))]);
    await store.store([snapshots(snapshot('1', t(11), [offer('11', '100')], { title: 'New title' }))]);
    const { counts } = await store.store([
      snapshots(snapshot('1', t(10), [offer('11', '55'), offer('13', '1')])),
    ]);
    expect(counts.late).toBe(1);
    expect(await history('11')).toEqual(['08:00-08:00 100', '10:00-10:00 55', '11:00-11:00… 100']);
    expect(await history('13')).toEqual(['10:00-10:00 1']);
    expect(
      await query(
        'select p.title, k.price, k.listed from sku k join product p on p.id = k.product_id order by k.id',
      ),
    ).toEqual([
      { title: 'New title', price: '100', listed: true },
      { title: 'New title', price: '1', listed: false },
    ]);
    await store.store([snapshots(snapshot('1', t(9), [offer('11', '100')]))]);
    expect(await history('11')).toEqual(['08:00-09:00 100', '10:00-10:00 55', '11:00-11:00… 100']);
  });

  it('stores several visits of one product in one batch in the order of their times', async () => {
    const { store } = storeUnderTest(database);
    const visits = [11, 8, 10, 9].map((hour) => snapshot('1', t(hour), [offer('11', hour < 10 ? '1' : '2')]));
    const { outcomes } = await store.store([snapshots(...visits)]);
    expect([...(outcomes[0] ?? [])].sort()).toEqual([
      [0, 'unchanged'],
      [1, 'stored'],
      [2, 'stored'],
      [3, 'unchanged'],
    ]);
    expect(await history()).toEqual(['08:00-09:00 1', '10:00-11:00… 2']);
  });

  it('makes a change of currency a new point and counts it, with jumps of a hundredfold marked', async () => {
    const { store } = storeUnderTest(database);
    await store.store([snapshots(snapshot('1', t(8), [offer('11', '100')]))]);
    const currency = await store.store([
      snapshots(snapshot('1', t(9), [offer('11', '100')], { currency: 'USD' })),
    ]);
    expect(currency.counts).toMatchObject({ currencyChanges: 1, priceJumps: 0 });
    const jump = await store.store([
      snapshots(snapshot('1', t(10), [offer('11', '10000')], { currency: 'USD' })),
    ]);
    expect(jump.counts).toMatchObject({ currencyChanges: 0, priceJumps: 1 });
    expect(
      await query('select currency, price, suspect from price_point order by first_observed_at'),
    ).toEqual([
      { currency: 'UZS', price: '100', suspect: false },
      { currency: 'USD', price: '100', suspect: false },
      { currency: 'USD', price: '10000', suspect: true },
    ]);
  });

  it('records discovered references once, and leaves known products alone', async () => {
    const { store } = storeUnderTest(database);
    const discovered = [
      { kind: 'product', externalId: '1' },
      { kind: 'product', externalId: '9' },
    ] as const;
    await store.store([
      message([ok(0, snapshot('1', t(9), []))], { discovered: [...discovered, ...discovered] }),
    ]);
    await store.store([message([], { discovered: [...discovered] })]);
    expect(
      await query(
        'select external_id, title, last_seen_at is null as unseen from product join product_schedule on product_id = id order by id',
      ),
    ).toEqual([
      { external_id: '1', title: 'Product 1', unseen: false },
      { external_id: '9', title: null, unseen: true },
    ]);
    await store.store([snapshots(snapshot('9', t(10), [offer('91', '5')]))]);
    expect(await history('91')).toEqual(['10:00-10:00… 5']);
    expect(await query("select title from product where external_id = '9'")).toEqual([
      { title: 'Product 9' },
    ]);
  });

  it('gives what a listing showed one outcome: stored when anything of it was', async () => {
    const { store } = storeUnderTest(database);
    const shown = (id: string, price: string, minute: number) =>
      ok(0, snapshot(id, t(minute), [offer(`${id}1`, price)]));
    await store.store([message([shown('1', '5', 9), shown('2', '5', 9)])]);
    const again = await store.store([message([shown('1', '6', 10), shown('2', '5', 10)])]);
    expect([...(again.outcomes[0] ?? [])]).toEqual([[0, 'stored']]);
    expect(again.counts).toMatchObject({ stored: 1, unchanged: 1 });
    const confirmed = await store.store([message([shown('1', '6', 11), shown('2', '5', 11)])]);
    expect([...(confirmed.outcomes[0] ?? [])]).toEqual([[0, 'unchanged']]);
  });

  it('updates titles only from newer snapshots and keeps the category tree', async () => {
    const { store } = storeUnderTest(database);
    const named = (id: string, at: string, seller: string, root: string) =>
      snapshot(id, at, [], {
        seller: { externalId: 's', title: seller },
        category: [
          { externalId: 'r', title: root },
          { externalId: 'l', title: 'Leaf' },
        ],
      });
    await store.store([snapshots(named('1', t(9), 'Nine', 'nine'))]);
    await store.store([snapshots(named('2', t(10), 'Ten', 'ten'))]);
    await store.store([snapshots(named('3', t(8), 'Eight', 'eight'))]);
    expect(await query('select title from seller')).toEqual([{ title: 'Ten' }]);
    expect(
      await query(
        'select c.title, p.title as parent from category c left join category p on p.id = c.parent_id order by c.id',
      ),
    ).toEqual(
      expect.arrayContaining([
        { title: 'ten', parent: null },
        { title: 'Leaf', parent: 'ten' },
      ]),
    );
  });
});
