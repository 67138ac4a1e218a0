import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Database, type Session } from '../../../functions/adapters/postgres/database.ts';
import { RetryLater } from '../../../functions/core/model/errors.ts';
import type { DatabaseAddress, TestPostgres } from '../../../local/postgres/for-tests.ts';
import { databaseFor, startRetailPostgres, withClient } from './retail-database.ts';
import { storeUnderTest } from './store-under-test.ts';
import { gone, message, offer, ok, snapshot, snapshots } from './visits.ts';

let server: TestPostgres;
let address: DatabaseAddress;
beforeAll(async () => {
  server = await startRetailPostgres();
});
afterAll(async () => await server.stop());
beforeEach(async () => {
  address = await server.createDatabase();
});

const at = '2026-09-14T10:00:00.000Z';
const later = '2026-09-14T11:00:00.000Z';
const product = (id: string, price = '100', when = at) => snapshot(id, when, [offer(`${id}-1`, price)]);

async function count(table: string): Promise<number> {
  return await withClient(
    address,
    async (client) => (await client.query(`select count(*)::int as n from ${table}`)).rows[0].n,
  );
}

/** Runs `meddle` before each statement of the store's transactions. */
class MeddledDatabase extends Database {
  readonly #meddle: (statement: string, session: Session) => Promise<void>;
  constructor(meddle: (statement: string, session: Session) => Promise<void>) {
    super(() => ({ ...address, user: 'narx_store' }));
    this.#meddle = meddle;
  }
  override async inTransaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return await super.inTransaction((session) =>
      work({
        rows: async (statement, parameters) => {
          await this.#meddle(statement, session);
          return await session.rows(statement, parameters);
        },
      }),
    );
  }
}

describe('a batch with rows that the database refuses', () => {
  it('stores the rest and quarantines each bad row with its reason', async () => {
    const database = databaseFor(address, 'narx_store');
    const { store, quarantined } = storeUnderTest(database);
    const bad = { ...product('3'), title: 'nul \u0000 byte' };
    const { outcomes, counts } = await store.store([
      snapshots(product('1'), product('2'), bad, product('4')),
      message([ok(7, product('5')), gone(8, '6', at)], {
        discovered: [
          { kind: 'product', externalId: 'x\u0000y' },
          { kind: 'product', externalId: '9' },
        ],
      }),
    ]);
    expect([...(outcomes[0] ?? [])].sort()).toEqual([
      [0, 'stored'],
      [1, 'stored'],
      [2, 'quarantined'],
      [3, 'stored'],
    ]);
    expect([...(outcomes[1] ?? [])].sort()).toEqual([
      [7, 'stored'],
      [8, 'gone'],
    ]);
    expect(counts).toMatchObject({ stored: 4, gone: 1, rowsQuarantined: 2 });
    expect(quarantined.map(({ reason, row }) => [reason, row])).toEqual([
      ['refused-by-database', { outcome: 'ok', index: 2, snapshot: bad }],
      ['refused-by-database', { kind: 'product', externalId: 'x\u0000y' }],
    ]);
    expect(quarantined[0]?.detail).toContain('invalid byte sequence');
    expect(await count('product')).toBe(5);
    await database.close();
  });

  it('refuses observations from the future beyond five minutes', async () => {
    const database = databaseFor(address, 'narx_store');
    const { store, quarantined } = storeUnderTest(database);
    const { outcomes } = await store.store([
      snapshots(product('1', '1', '2026-09-14T12:05:00.000Z'), product('2', '1', '2026-09-14T12:05:00.001Z')),
    ]);
    expect([...(outcomes[0] ?? [])].sort()).toEqual([
      [0, 'stored'],
      [1, 'quarantined'],
    ]);
    expect(quarantined.map((row) => row.reason)).toEqual(['observed-in-the-future']);
    await database.close();
  });

  it('keeps everything in the queue when a month has no partition: no row is at fault', async () => {
    await withClient(address, async (client) => await client.query('drop table price_point_2026_09'));
    const database = databaseFor(address, 'narx_store');
    const { store, quarantined } = storeUnderTest(database);
    await expect(store.store([snapshots(product('1'))])).rejects.toThrow(RetryLater);
    expect(quarantined).toEqual([]);
    expect(await count('product')).toBe(0);
    await database.close();
  });
});

describe('transactions that meet', () => {
  it('repeats after a deadlock and counts it', async () => {
    const other = databaseFor(address, 'narx_store');
    await storeUnderTest(other).store.store([snapshots(product('1')), snapshots(product('2'))]);
    let met = false;
    let release: Promise<unknown> = Promise.resolve();
    // Between locking the products and updating them, the other transaction takes the same rows the other way round.
    const database = new MeddledDatabase(async (statement, session) => {
      if (met || !statement.includes('from sku')) return;
      met = true;
      const seller = 'update seller set title = title returning id';
      let taken = (): void => undefined;
      const ready = new Promise<void>((resolve) => {
        taken = resolve;
      });
      release = other
        .inTransaction(async (theirs) => {
          await theirs.rows(seller, []);
          taken();
          await theirs.rows(
            'update product_schedule set last_outcome = last_outcome returning product_id',
            [],
          );
        })
        .catch((error: unknown) => error);
      await ready;
      await session.rows(seller, []);
    });
    const { store, pauses } = storeUnderTest(database);
    const { outcomes, counts } = await store.store([
      snapshots(product('1', '5', later), product('2', '6', later)),
    ]);
    const theirs = await release;
    expect([...(outcomes[0] ?? [])].map(([, outcome]) => outcome)).toEqual(['stored', 'stored']);
    // The server ends one of the two: ours was repeated, or theirs failed.
    expect(counts.transactionRetries === 1 || theirs instanceof Error).toBe(true);
    expect(pauses).toHaveLength(counts.transactionRetries);
    expect(await count('price_point')).toBe(4);
    await Promise.all([database.close(), other.close()]);
  });

  it('repeats when another transaction inserted the same product meanwhile', async () => {
    const other = databaseFor(address, 'narx_store');
    let met = false;
    const database = new MeddledDatabase(async (statement) => {
      if (met || !statement.includes('insert into product ')) return;
      met = true;
      await storeUnderTest(other).store.store([snapshots(product('1'))]);
    });
    const { store } = storeUnderTest(database);
    // The other one commits while this one holds no lock that it needs: sellers exist from here on.
    await storeUnderTest(other).store.store([snapshots(product('0'))]);
    const { outcomes, counts } = await store.store([snapshots(product('1', '200', later))]);
    expect(outcomes[0]?.get(0)).toBe('stored');
    expect(counts.transactionRetries).toBe(1);
    expect(await count('product')).toBe(2);
    expect(await count('price_point')).toBe(3);
    await Promise.all([database.close(), other.close()]);
  });

  it('gives up after a bounded number of attempts, with nothing stored', async () => {
    const database = new MeddledDatabase(async (statement, session) => {
      if (statement.includes('insert into product '))
        await session.rows("do $$ begin raise exception using errcode = '40001'; end $$", []);
    });
    const { store, pauses } = storeUnderTest(database);
    await expect(store.store([snapshots(product('1'))])).rejects.toThrow(/gave up after 6 attempts/);
    expect(pauses).toHaveLength(5);
    expect(await count('product')).toBe(0);
    await database.close();
  });

  it('stores every product once when two stores write the same visits at the same time', async () => {
    const batches = Array.from({ length: 6 }, (_, n) =>
      snapshots(
        ...Array.from({ length: 20 }, (_unused, i) =>
          product(String((i * 7 + n * 3) % 40), String(n + 1), `2026-09-14T0${n}:00:00.000Z`),
        ),
      ),
    );
    const databases = [databaseFor(address, 'narx_store'), databaseFor(address, 'narx_store')];
    await Promise.all(
      databases.map(async (database, index) => {
        const { store } = storeUnderTest(database);
        for (const batch of index === 0 ? batches : [...batches].reverse()) await store.store([batch]);
      }),
    );
    expect(await count('product')).toBe(40);
    expect(await count('sku')).toBe(40);
    await withClient(address, async (client) => {
      const overlapping = await client.query(
        `select count(*)::int as n from price_history a join price_history b
         on a.sku_id = b.sku_id and a.first_observed_at < b.first_observed_at and a.last_confirmed_at >= b.first_observed_at`,
      );
      expect(overlapping.rows).toEqual([{ n: 0 }]);
    });
    await Promise.all(databases.map(async (database) => await database.close()));
  });
});

describe('a store process that dies', () => {
  it.each(['insert into product ', 'insert into sku', 'insert into price_point', 'update product_schedule'])(
    'before "%s" leaves nothing behind, and the redelivery stores everything',
    async (fatal) => {
      const survivor = databaseFor(address, 'narx_store');
      await storeUnderTest(survivor).store.store([snapshots(product('old'))]);
      const database = new MeddledDatabase(async (statement, session) => {
        if (!statement.includes(fatal)) return;
        const [[pid] = [0]] = await session.rows<[number]>('select pg_backend_pid()', []);
        await withClient(
          address,
          async (client) => await client.query('select pg_terminate_backend($1, 5000)', [pid]),
        );
      });
      const batch = snapshots(product('old', '300', later), product('new', '1', later));
      await expect(storeUnderTest(database).store.store([batch])).rejects.toThrow(RetryLater);
      expect(await count('price_point')).toBe(1);
      const { outcomes } = await storeUnderTest(survivor).store.store([batch]);
      expect([...(outcomes[0] ?? [])].map(([, outcome]) => outcome)).toEqual(['stored', 'stored']);
      expect(await count('price_point')).toBe(3);
      await Promise.all([database.close(), survivor.close()]);
    },
  );

  it('after the commit reports the same outcomes when the batch is delivered again', async () => {
    const batch = snapshots(product('1'), product('2'));
    const database = databaseFor(address, 'narx_store');
    const first = await storeUnderTest(database).store.store([batch]);
    const restarted = databaseFor(address, 'narx_store');
    const again = await storeUnderTest(restarted).store.store([batch]);
    expect(again.outcomes).toEqual(first.outcomes);
    expect(again.counts.pricePointsAdded).toBe(0);
    await Promise.all([database.close(), restarted.close()]);
  });
});
