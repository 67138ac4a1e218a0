import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pinnedByStatement } from '../../../drills/faults/pinning.ts';
import { PostgresProxy } from '../../../drills/faults/postgres-proxy.ts';
import { proxyConnection } from '../../../functions/adapters/postgres/connect.ts';
import { Database } from '../../../functions/adapters/postgres/database.ts';
import { PostgresDueReferences } from '../../../functions/adapters/postgres/due-references.ts';
import { PostgresStoredReferences } from '../../../functions/adapters/postgres/stored-references.ts';
import { probeByWriting } from '../../../functions/adapters/postgres/write-probe.ts';
import type { DatabaseAddress, TestPostgres } from '../../../local/postgres/for-tests.ts';
import { readRelease } from '../../db/released.ts';
import { storageSchemas } from '../../db/storage-schemas.ts';
import { startStoragePostgres } from './retail-database.ts';
import { storeUnderTest } from './store-under-test.ts';
import { offer, snapshot, snapshots } from './visits.ts';

let server: TestPostgres;
let address: DatabaseAddress;
let proxy: PostgresProxy;
let port: number;
beforeAll(async () => {
  server = await startStoragePostgres('retail');
});
afterAll(async () => await server.stop());
beforeEach(async () => {
  address = await server.createDatabase();
  proxy = new PostgresProxy(address);
  port = await proxy.listen();
  return () => proxy.close();
});

/** As the functions connect, through what reads along. */
function connected(user: string): Database {
  const { host, database } = address;
  const environment = {
    ...{ DOMAIN: 'ecommerce', DATABASE_HOST: host, DATABASE_PORT: port, DATABASE_NAME: database },
    ENDPOINTS: { postgres: { ecommerce: { host, port, database } } } as never,
    DATABASE_USER: user,
  };
  return new Database(proxyConnection(environment, 20_000));
}

it('the largest batch that can be in a queue is stored, and asked for again, without what RDS Proxy would pin', async () => {
  const storing = connected('narx_store');
  const { store } = storeUnderTest(storing);
  // Five messages of a hundred references with four SKUs each, first seen and then dearer.
  const ids = Array.from({ length: 500 }, (_, index) => String(index));
  for (const [price, at] of [
    ['1000', '2026-09-14T10:00:00.000Z'],
    ['1100', '2026-09-14T11:00:00.000Z'],
  ] as const) {
    const batch = ids.map((id) =>
      snapshot(
        id,
        at,
        Array.from({ length: 4 }, (_, sku) => offer(`${id}-${sku}`, price)),
      ),
    );
    const { counts } = await store.store(
      [0, 100, 200, 300, 400].map((start) => snapshots(...batch.slice(start, start + 100))),
    );
    expect(counts).toMatchObject({ stored: 500, pricePointsAdded: 2_000 });
  }
  await probeByWriting(storing);
  await storing.close();

  const planning = connected('narx_due');
  expect(await new PostgresDueReferences(planning).claim('uzum', 1_000)).toBeDefined();
  await planning.close();
  const auditing = connected('narx_audit');
  const references = ids.map((externalId) => ({ kind: 'product' as const, externalId }));
  expect(await new PostgresStoredReferences(auditing).find('uzum', references)).toHaveLength(500);
  await auditing.close();
  expect(proxy.pinning).toEqual([]);
});

describe('what RDS Proxy would pin is seen', () => {
  it.each([
    ['a prepared statement', { name: 'mine', text: 'select 1' }, /prepared under the name mine/],
    ['a long text', { text: `select 1 -- ${'x'.repeat(16_384)}` }, /a text of 16\d\d\d bytes/],
    ['a setting', { text: "set statement_timeout = '1s'" }, /state of the session: set statement_timeout/],
    ['a lock of the session', { text: 'select pg_advisory_lock($1)', values: [7] }, /pg_advisory_lock/],
  ])('%s', async (_what, query, reason) => {
    const client = new pg.Client({ ...address, port, user: 'narx_store' });
    await client.connect();
    await client.query(query);
    await client.end();
    expect(proxy.pinning).toEqual([expect.stringMatching(reason)]);
  });

  it('a setting in the start-up message', async () => {
    const client = new pg.Client({ ...address, port, user: 'narx_store', statement_timeout: 1_000 });
    await client.connect();
    await client.end();
    expect(proxy.pinning).toEqual(['narx_store: a session that starts with statement_timeout']);
  });

  it('but not a lock or a setting that ends with its transaction', () => {
    expect(pinnedByStatement('', "set local lock_timeout = '1s'")).toBeNull();
    expect(pinnedByStatement('', 'select pg_advisory_xact_lock(1)')).toBeNull();
  });
});

it.each(storageSchemas)('no statement that the functions of a release send to %s pins', (schema) => {
  const { statements } = readRelease(schema);
  expect(statements.length).toBeGreaterThan(20);
  const pinning = statements.flatMap(({ user, text }) => {
    const reason = pinnedByStatement('', text);
    return reason === null ? [] : [`${user}: ${reason}`];
  });
  expect(pinning).toEqual([]);
});

it('no other code of the functions opens a session, but for migrate, which goes past the proxy', () => {
  const files = readdirSync('functions', { recursive: true, encoding: 'utf8' });
  const opening = files.filter(
    (file) =>
      file.endsWith('.ts') &&
      /new (?:pg\.)?(?:Client|Pool)\(/.test(readFileSync(`functions/${file}`, 'utf8')),
  );
  expect(opening.sort()).toEqual([
    'adapters/http/fetcher.ts',
    'adapters/http/proxy-agent.ts',
    'adapters/postgres/database.ts',
    'migrate.lambda.ts',
  ]);
});
