import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { PostgresProxy } from '../../drills/faults/postgres-proxy.ts';
import {
  type DatabaseAddress,
  startTestPostgres,
  type TestPostgres,
} from '../../local/postgres/for-tests.ts';

let postgres: TestPostgres;
let direct: pg.Client;
let address: DatabaseAddress;
let proxy: PostgresProxy;
let port: number;

beforeAll(async () => {
  postgres = await startTestPostgres();
  address = await postgres.createDatabase();
  direct = new pg.Client(address);
  await direct.connect();
  await direct.query('create table kept (n int)');
});
afterAll(async () => {
  await direct.end();
  await postgres.stop();
});
beforeEach(async () => {
  proxy = new PostgresProxy(address);
  port = await proxy.listen();
  await direct.query('truncate kept');
  return () => proxy.close();
});

async function connected(): Promise<pg.Client> {
  const client = new pg.Client({ ...address, port, connectionTimeoutMillis: 300, query_timeout: 300 });
  client.on('error', () => undefined);
  onTestFinished(() => client.end().catch(() => undefined));
  await client.connect();
  return client;
}
const insert = (client: pg.Client) => client.query('insert into kept values ($1)', [1]);
const kept = async () => Number((await direct.query('select count(*) from kept')).rows[0].count);

it.each([
  ['before', 0],
  ['after', 1],
] as const)('a process that is killed %s its statement leaves %i rows', async (when, rows) => {
  const ports: number[] = [];
  proxy.on({ statement: /^insert/, user: /^postgres$/, when, act: ({ own }) => ports.push(own) > 0 });
  const client = await connected();
  await expect(insert(client)).rejects.toThrow();
  expect(ports).toHaveLength(1);
  expect(await kept()).toBe(rows);
  // Once only.
  await insert(await connected());
  expect(await kept()).toBe(rows + 1);
});

it('statements are let pass first when that is asked for', async () => {
  const ports: number[] = [];
  proxy.on({ statement: /^insert/, after: 1, when: 'before', act: ({ own }) => ports.push(own) > 0 });
  const client = await connected();
  await insert(client);
  expect(ports).toHaveLength(0);
  await expect(insert(client)).rejects.toThrow();
  expect(ports).toHaveLength(1);
});

it.each(['before', 'after'] as const)(
  'what could not be done %s a statement is done at the next, and the statement itself is served',
  async (when) => {
    const answers = [false, true];
    proxy.on({ statement: /^insert/, when, act: () => answers.shift() ?? true });
    const client = await connected();
    await insert(client);
    await expect(insert(client)).rejects.toThrow();
    expect(answers).toEqual([]);
  },
);

it('a client that has gone before the answer leaves the rule to the next', async () => {
  const ports: number[] = [];
  proxy.on({ statement: /^insert/, when: 'after', act: ({ own }) => ports.push(own) > 0 });
  const impatient = await connected();
  await expect(impatient.query('insert into kept select 1 from pg_sleep(0.6)')).rejects.toThrow(/timeout/);
  await impatient.end();
  expect(ports).toHaveLength(0);
  await expect(insert(await connected())).rejects.toThrow();
  expect(ports).toHaveLength(1);
});

it('a server that hangs answers neither on old connections nor on new ones, until it is restored', async () => {
  const client = await connected();
  proxy.hang();
  await expect(insert(client)).rejects.toThrow(/timeout/);
  await expect(connected()).rejects.toThrow(/timeout/);
  proxy.restore();
  await insert(await connected());
  expect(await kept()).toBe(1);
});

it('half-open connections are silent while new ones work', async () => {
  const client = await connected();
  proxy.halfOpen();
  await expect(insert(client)).rejects.toThrow(/timeout/);
  await insert(await connected());
});

it('a refused or reset connection breaks at once', async () => {
  const client = await connected();
  proxy.reset();
  await expect(insert(client)).rejects.toThrow();
  proxy.refuse();
  await expect(connected()).rejects.toThrow(/ECONNRESET|terminated/);
  proxy.restore();
  await connected();
  expect(proxy.connections).toBe(1);
});

it('answers are delayed, and cut off after so many bytes', async () => {
  const client = await connected();
  proxy.delay(60);
  const began = performance.now();
  await client.query('select 1');
  expect(performance.now() - began).toBeGreaterThan(55);
  proxy.restore();
  proxy.limit(4_000);
  const short = await connected();
  await expect(short.query("select repeat('x', 10000)")).rejects.toThrow();
});
