import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../../functions/adapters/postgres/database.ts';
import { PostgresDueReferences } from '../../../functions/adapters/postgres/due-references.ts';
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

  it('gives two claimers different references and waits for neither', async () => {
    await storeUnderTest(storing).store.store([products(1, 8)]);
    const other = databaseFor(address, 'narx_due');
    const [mine, theirs] = await Promise.all([claim(4), claim(4, other)]);
    expect(new Set([...mine, ...theirs]).size).toBe(mine.length + theirs.length);
    await other.close();
  });

  it('keeps marketplaces apart', async () => {
    const { store } = storeUnderTest(storing);
    await store.store([products(1, 2), { ...products(3, 4), marketplace: 'olx' }]);
    expect((await claim(10)).sort()).toEqual(['1', '2']);
  });
});
