import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../../functions/adapters/postgres/database.ts';
import { RetryLater } from '../../../functions/core/model/errors.ts';
import type { DatabaseAddress, TestPostgres } from '../../../local/postgres/for-tests.ts';
import { databaseFor, startRetailPostgres, withClient } from './retail-database.ts';

let server: TestPostgres;
let address: DatabaseAddress;
beforeAll(async () => {
  server = await startRetailPostgres();
  address = await server.createDatabase();
  await withClient(address, async (client) => await client.query('create table t (n int primary key)'));
  await withClient(address, async (client) => await client.query('grant all on t to narx_store'));
});
afterAll(async () => await server.stop());

async function numbers(): Promise<number[]> {
  return await withClient(address, async (client) =>
    (await client.query('select n from t order by n')).rows.map((row) => row.n),
  );
}

describe('a transaction', () => {
  it('is rolled back and its error thrown again, and the connection serves the next one', async () => {
    const database = databaseFor(address, 'narx_store');
    const pid = async () => (await database.rows<[number]>('select pg_backend_pid()', []))[0]?.[0];
    const before = await pid();
    await expect(
      database.inTransaction(async (session) => {
        await session.rows('insert into t values (1)', []);
        throw new TypeError('of our own');
      }),
    ).rejects.toThrow(TypeError);
    await expect(
      database.inTransaction(async (session) => await session.rows('insert into t values (2), (2)', [])),
    ).rejects.toMatchObject({ code: '23505' });
    expect(await numbers()).toEqual([]);
    await database.inTransaction(async (session) => await session.rows('insert into t values (3)', []));
    expect(await numbers()).toEqual([3]);
    expect(await pid()).toBe(before);
    await database.close();
  });

  it('fails when an aborted transaction is committed, although the server reports no error', async () => {
    const database = databaseFor(address, 'narx_store');
    const swallowing = database.inTransaction(async (session) => {
      await session.rows('select 1/0', []).catch(() => undefined);
    });
    await expect(swallowing).rejects.toThrow(RetryLater);
    await database.close();
  });

  it('is retried later when its connection is cut, on a new connection', async () => {
    const database = databaseFor(address, 'narx_store');
    const cut = database.inTransaction(async (session) => {
      const [[pid] = [0]] = await session.rows<[number]>('select pg_backend_pid()', []);
      await session.rows('insert into t values (50)', []);
      await withClient(
        address,
        async (client) => await client.query('select pg_terminate_backend($1)', [pid]),
      );
      await session.rows('select 1', []);
    });
    await expect(cut).rejects.toThrow(RetryLater);
    expect(await database.rows('select count(*)::int from t where n = 50', [])).toEqual([[0]]);
    await database.close();
  });

  it('survives the loss of an idle connection', async () => {
    const database = databaseFor(address, 'narx_store');
    const [[pid] = [0]] = await database.rows<[number]>('select pg_backend_pid()', []);
    await withClient(
      address,
      async (client) => await client.query('select pg_terminate_backend($1, 5000)', [pid]),
    );
    const again = database.rows('select 1', []);
    // Whether the loss was noticed in time is a matter of luck; the next attempt never depends on it.
    await again.catch((error: unknown) => expect(error).toBeInstanceOf(RetryLater));
    expect(await database.rows('select 1', [])).toEqual([[1]]);
    await database.close();
  });
});

describe('a server that does not answer', () => {
  const sockets: Socket[] = [];
  let silent: Server;
  beforeAll(async () => {
    silent = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it('is given up after the connection timeout', async () => {
    const { port } = silent.address() as { port: number };
    const database = new Database(() => ({
      host: '127.0.0.1',
      port,
      user: 'x',
      connectionTimeoutMillis: 20,
    }));
    await expect(database.rows('select 1', [])).rejects.toThrow(RetryLater);
  });

  it('is given up after the query timeout, and its connection is not used again', async () => {
    const database = new Database(() => ({ ...address, user: 'narx_store', query_timeout: 50 }));
    await expect(
      database.inTransaction(async (session) => await session.rows('select pg_sleep(2)', [])),
    ).rejects.toThrow(RetryLater);
    expect(await database.rows('select 1', [])).toEqual([[1]]);
    await database.close();
  });

  it('is retried later when nothing listens at all', async () => {
    const database = new Database(() => ({
      host: '127.0.0.1',
      port: 1,
      user: 'x',
      connectionTimeoutMillis: 500,
    }));
    await expect(database.rows('select 1', [])).rejects.toThrow(/cannot connect to the database/);
  });
});
