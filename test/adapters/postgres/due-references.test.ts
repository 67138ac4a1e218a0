import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../../functions/adapters/postgres/database.ts';
import { PostgresDueReferences } from '../../../functions/adapters/postgres/due-references.ts';
import type { Visit } from '../../../functions/contract/messages.ts';
import type { DatabaseAddress, TestPostgres } from '../../../local/postgres/for-tests.ts';
import { databaseFor, startRetailPostgres, withClient } from './retail-database.ts';
import { storeUnderTest } from './store-under-test.ts';
import { gone, message, snapshot, snapshots } from './visits.ts';

let server: TestPostgres;
let address: DatabaseAddress;
let storing: Database;
let claiming: Database;
beforeAll(async () => {
  server = await startRetailPostgres();
});
afterAll(async () => await server.stop());
beforeEach(async () => {
  address = await server.createDatabase();
  storing = databaseFor(address, 'narx_store');
  claiming = databaseFor(address, 'narx_due');
  return async () => await Promise.all([storing.close(), claiming.close()]);
});

const at = (minute: number) => `2026-09-14T10:${String(minute).padStart(2, '0')}:00.000Z`;
const products = (from: number, to: number) =>
  snapshots(...Array.from({ length: to - from + 1 }, (_, i) => snapshot(String(from + i), at(0), [])));
const listing = (externalId: string) => ({ kind: 'listing', externalId }) as const;
const schedule = async () =>
  await withClient(address, async (client) => (await client.query('select * from product_schedule')).rows);
const claim = async (limit: number, database = claiming) =>
  (await new PostgresDueReferences(database).claim('uzum', limit)).map((reference) => reference.externalId);

describe('claiming due references', () => {
  it('has nothing for a marketplace that is not known', async () => {
    expect(await claim(10)).toEqual([]);
  });

  it('goes round: everything once before anything twice', async () => {
    await storeUnderTest(storing).store.store([products(1, 10)]);
    const first = [...(await claim(4)), ...(await claim(4)), ...(await claim(2))];
    expect(new Set(first).size).toBe(10);
    const second = [...(await claim(6)), ...(await claim(4))];
    expect(new Set(second).size).toBe(10);
  });

  it('hands out new references before anything that was seen', async () => {
    const { store } = storeUnderTest(storing);
    await store.store([products(1, 5)]);
    await claim(5);
    await store.store([message([], { discovered: [{ kind: 'ad', externalId: 'fresh' }] })]);
    expect(await new PostgresDueReferences(claiming).claim('uzum', 1)).toEqual([
      { kind: 'ad', externalId: 'fresh' },
    ]);
  });

  it('visits what changes often or weighs more sooner, and what is missing later', async () => {
    const { store } = storeUnderTest(storing);
    await store.store([products(1, 4)]);
    await store.store([1, 2, 3].map((minute) => message([gone(0, '4', at(minute))])));
    await withClient(address, async (client) => {
      const set = async (column: string, value: number, id: string) =>
        await client.query(
          `update product_schedule set ${column} = $1 where product_id = (select id from product where external_id = $2)`,
          [value, id],
        );
      await set('rate_a', 8, '2');
      await set('weight', 4, '3');
    });
    await claim(4);
    expect(await claim(4)).toEqual(['2', '3', '1', '4']);
  });

  it('hands out listings again and again, as what they are', async () => {
    const { store } = storeUnderTest(storing);
    await store.store([message([], { discovered: [listing('page 1'), listing('page 2')] })]);
    const due = new PostgresDueReferences(claiming);
    const round = [listing('page 1'), listing('page 2')];
    expect(await due.claim('uzum', 2)).toEqual(round);
    await store.store([message([], { discovered: [listing('page 2')] })]);
    expect(await due.claim('uzum', 2)).toEqual(round);
    expect(await due.claim('uzum', 2)).toEqual(round);
  });

  it('asks for a listing that is empty less and less often, until another page leads to it again', async () => {
    const { store } = storeUnderTest(storing);
    const [first, end] = [listing('first'), listing('past the end')];
    await store.store([message([], { discovered: [first, end] })]);
    const due = new PostgresDueReferences(claiming);
    const empty = (minute: number): Visit => ({
      outcome: 'gone',
      index: 0,
      reference: end,
      observedAt: at(minute),
    });
    const twelve = async () => {
      let times = 0;
      for (let i = 0; i < 12; i += 1)
        if ((await due.claim('uzum', 1))[0]?.externalId === end.externalId) times += 1;
      return times;
    };
    expect(await twelve()).toBe(6);
    const { outcomes } = await store.store([message([empty(1)])]);
    expect(outcomes[0]?.get(0)).toBe('gone');
    await store.store([message([empty(2)]), message([empty(3)])]);
    expect(await twelve()).toBeLessThan(4);
    await store.store([message([], { discovered: [end] })]);
    await twelve();
    expect(await twelve()).toBe(6);
  });

  it('leaves a thing that is gone where it is when a listing still shows it', async () => {
    const { store } = storeUnderTest(storing);
    await store.store([products(1, 1)]);
    await store.store([message([gone(0, '1', at(1))])]);
    const before = await schedule();
    await store.store([message([], { discovered: [{ kind: 'product', externalId: '1' }] })]);
    expect(await schedule()).toEqual(before);
  });

  it('gives two claimers different references and waits for neither', async () => {
    await storeUnderTest(storing).store.store([products(1, 8)]);
    const other = databaseFor(address, 'narx_due');
    const [mine, theirs] = await Promise.all([claim(4), claim(4, other)]);
    expect(new Set([...mine, ...theirs]).size).toBe(mine.length + theirs.length);
    await other.close();
  });

  it('leaves out what another claim has moved on while this one was under way', async () => {
    await storeUnderTest(storing).store.store([products(1, 8)]);
    const others = [databaseFor(address, 'narx_due'), databaseFor(address, 'narx_due')];
    for (let round = 0; round < 20; round += 1) {
      const claims = await Promise.all([claim(4), ...others.map((other) => claim(2, other))]);
      const claimed = claims.flat();
      expect(new Set(claimed).size).toBe(claimed.length);
    }
    for (const other of others) await other.close();
  });

  it('keeps marketplaces apart', async () => {
    const { store } = storeUnderTest(storing);
    await store.store([products(1, 2), { ...products(3, 4), marketplace: 'olx' }]);
    expect((await claim(10)).sort()).toEqual(['1', '2']);
  });
});
