import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { SQSEvent } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { DynamoBreakers } from '../../functions/adapters/dynamodb/breakers.ts';
import { DynamoLedger } from '../../functions/adapters/dynamodb/ledger.ts';
import type { StoreProbed } from '../../functions/contract/messages.ts';
import { type Breaker, newBreaker } from '../../functions/core/model/breaker.ts';
import type { TestPostgres } from '../../local/postgres/for-tests.ts';
import { startTable, tableName } from '../adapters/dynamodb/table.ts';
import { startRetailPostgres, withClient } from '../adapters/postgres/retail-database.ts';
import { message, offer, ok, snapshot } from '../adapters/postgres/visits.ts';
import { invocation } from './environment.ts';
import { metricsIn, useRetailEnvironment } from './retail-environment.ts';

/** Stands between store and Postgres: lets through, refuses as a port does that nobody listens on, or falls silent. */
class Line {
  mode: 'through' | 'refuse' | 'silent' = 'through';
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  constructor(to: { host: string; port: number }) {
    this.#server = createServer((client) => {
      this.#sockets.add(client.on('error', () => undefined).on('close', () => this.#sockets.delete(client)));
      if (this.mode === 'refuse') return client.resetAndDestroy();
      const server = connect(to).on('error', () => client.destroy());
      client
        .on('data', (data) => this.mode === 'through' && server.write(data))
        .on('close', () => server.end());
      server
        .on('data', (data) => this.mode === 'through' && client.write(data))
        .on('close', () => client.end());
    });
  }
  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }
  /** Everything that is open is cut, as when the server is killed. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }
  close(): void {
    this.cut();
    this.#server.close();
  }
}

let server: TestPostgres;
let table: Awaited<ReturnType<typeof startTable>>;
let line: Line;
let breakers: DynamoBreakers;
let handler: typeof import('../../functions/store.lambda.ts').handler;
let database: Awaited<ReturnType<TestPostgres['createDatabase']>>;
const printed: unknown[] = [];
let product = 100;

beforeAll(async () => {
  server = await startRetailPostgres();
  database = await server.createDatabase();
  line = new Line(database);
  table = await startTable();
  useRetailEnvironment({ ...database, port: await line.listen() }, 'narx_store', table.url);
  // What a worker knows of the breaker is renewed after a fifth of a second, and a batch that waits looks every tenth.
  process.env['TIME_SCALE'] = '0.001';
  breakers = new DynamoBreakers(table.client, tableName);
  ({ handler } = await import('../../functions/store.lambda.ts'));
});
afterAll(async () => {
  line.close();
  await table.stop();
  await server.stop();
});
beforeEach(async () => {
  vi.spyOn(DynamoLedger.prototype, 'recordOutcomes').mockResolvedValue();
  printed.length = 0;
  for (const stream of ['log', 'info', 'warn', 'error'] as const)
    vi.spyOn(console, stream).mockImplementation((text) => void printed.push(text));
  line.mode = 'through';
  await set(newBreaker());
});

const set = async (breaker: Breaker) => {
  await breakers.read('ecommerce');
  await breakers.change('ecommerce', () => breaker);
  await new Promise((resolve) => setTimeout(resolve, 220));
};
const state = () => breakers.read('ecommerce');
function batch(): SQSEvent {
  product += 1;
  const visit = snapshot(String(product), '2024-01-10T10:00:00.000Z', [offer(`${product}-1`, '100')]);
  return {
    Records: [
      {
        messageId: `m${product}`,
        body: JSON.stringify(message([ok(0, visit)])),
        attributes: { ApproximateReceiveCount: '1' },
        eventSourceARN: 'arn:aws:sqs:eu-central-1:000000000000:snapshots',
      },
    ],
  } as SQSEvent;
}
/** True when the batch was stored. `limitMs` is the invocation's time. */
async function stores(limitMs = 30_000, owner = 'request'): Promise<boolean> {
  return (await handler(batch(), invocation(owner, limitMs))).batchItemFailures.length === 0;
}
const probe = async (): Promise<StoreProbed> =>
  await handler({ probe: { domain: 'ecommerce' } }, invocation('probe', 2_000));
const open = (): Breaker => {
  const now = new Date();
  return { state: 'open', since: now, openings: 1, reason: 'down', probeAt: now, lease: null };
};

it('tries a batch again rather than return it, opens the breaker by it alone, and then leaves the database alone', async () => {
  line.mode = 'refuse';
  line.cut();
  expect(await stores(2_000)).toBe(false);
  expect(await state()).toMatchObject({ state: 'open', openings: 1 });
  expect(metricsIn(printed)).toMatchObject({ StoreFailures: 3, BatchesHeldBack: 1 });
  line.mode = 'through';
  const began = Date.now();
  expect(await stores(1_000)).toBe(false);
  expect(Date.now() - began).toBeGreaterThan(300);
  expect(metricsIn(printed)).toMatchObject({ StoreFailures: 3, BatchesHeldBack: 2 });
});

it('stores a batch that met a database in the moment of its restart, without a receive', async () => {
  line.mode = 'refuse';
  line.cut();
  setTimeout(() => {
    line.mode = 'through';
  }, 100);
  expect(await stores(5_000)).toBe(true);
  expect(await state()).toMatchObject({ state: 'closed', failures: 0 });
});

it('does not open it for what is wrong with a batch', async () => {
  await withClient(database, (client) => client.query('revoke insert on product from narx_store'));
  for (let i = 0; i < 4; i += 1) expect(await stores()).toBe(false);
  await withClient(database, (client) => client.query('grant insert on product to narx_store'));
  expect(await state()).toMatchObject({ state: 'closed', failures: 0 });
});

it('counts a server that has stopped answering, in time, and what was given up there does not go on', async () => {
  expect(await stores()).toBe(true);
  line.mode = 'silent';
  const began = Date.now();
  expect(await stores(1_000)).toBe(false);
  expect(Date.now() - began).toBeLessThan(1_000);
  expect(await state()).toMatchObject({ failures: 2 });
  line.mode = 'through';
  expect(await stores()).toBe(true);
  expect(await state()).toMatchObject({ failures: 0 });
  const busy = await withClient(
    database,
    async (client) =>
      (await client.query("select count(*)::int as n from pg_stat_activity where usename = 'narx_store'"))
        .rows,
  );
  expect(busy).toEqual([{ n: 1 }]);
});

it('is told by its probe whether rows can be written, not only whether somebody answers', async () => {
  expect(await probe()).toEqual({ failure: null });
  const size = () =>
    withClient(database, async (client) =>
      Number((await client.query("select pg_relation_size('write_probe') as size")).rows[0].size),
    );
  const once = await size();
  expect(once).toBeGreaterThanOrEqual(64 * 8192);
  expect(await probe()).toEqual({ failure: null });
  expect(await size()).toBe(once);
  await withClient(database, (client) =>
    client.query(
      `alter role narx_store in database ${database.database} set default_transaction_read_only = on`,
    ),
  );
  line.cut();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await probe()).failure).toMatch(/read-only/);
  await withClient(database, (client) =>
    client.query(
      `alter role narx_store in database ${database.database} reset default_transaction_read_only`,
    ),
  );
  line.mode = 'silent';
  expect((await probe()).failure).toMatch(/did not answer in time/);
});

it('lets one batch try a database that is back, and the others start after it', async () => {
  const { since, openings, reason, probeAt } = open() as Extract<Breaker, { state: 'open' }>;
  await set({ state: 'half-open', since, openings, reason, probeAt, lease: null, trial: null });
  expect(await Promise.all([stores(5_000, 'one'), stores(5_000, 'two')])).toEqual([true, true]);
  expect(await state()).toMatchObject({ state: 'closed', openings: 1 });
});

it('goes on storing while the coordination table cannot be reached', async () => {
  vi.spyOn(DynamoBreakers.prototype, 'read').mockRejectedValue(new Error('ECONNREFUSED'));
  vi.spyOn(DynamoBreakers.prototype, 'change').mockRejectedValue(new Error('ECONNREFUSED'));
  expect(await stores()).toBe(true);
});
