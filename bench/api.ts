/**
 * `npx narx bench api`: how long the read API takes to answer, route by route, on a database with 500,000 products and ten million
 * price points. The function's own handler in this process, one request after the other, as in an environment of Lambda; PostgreSQL
 * and DynamoDB on this machine. Exits 1 when the 99th percentile of a route is above 50 ms.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { table } from '../cli/table.ts';
import { DynamoMeasurements } from '../functions/adapters/dynamodb/measurements.ts';
import { migrate, readMigrations } from '../functions/adapters/postgres/migrations.ts';
import { apiRoutes, type RouteId, routeKey } from '../functions/contract/api/routes.ts';
import { startPostgres, superuser } from '../local/postgres/server.ts';
import { startTable } from '../test/adapters/dynamodb/table.ts';
import { useRetailEnvironment } from '../test/functions/retail-environment.ts';
import { brands, categories, fillForApi, nouns, sellers, sizesOf } from './api-data.ts';

const P99_MS = 50;
const MARKETPLACES = ['uzum', 'yandex', 'olx'];

const { values } = parseArgs({
  options: {
    products: { type: 'string', default: '500000' },
    requests: { type: 'string', default: '1000' },
    data: { type: 'string' },
  },
});
const [products, perRoute] = [Number(values.products), Number(values.requests)];

const folder =
  values.data === undefined ? mkdtempSync(join(tmpdir(), 'narx-bench-api-')) : resolve(values.data);
const filled = join(folder, 'filled');
const server = await startPostgres({
  dataDir: folder,
  settings: { shared_buffers: '256MB', max_wal_size: '2GB' },
});
const address = { host: '127.0.0.1', port: server.port, database: 'ecommerce', user: superuser };
const coordination = await startTable();
try {
  if (!existsSync(filled)) await fill();
  await measure();
} finally {
  await coordination.stop();
  await server.stop();
  if (values.data === undefined) rmSync(folder, { recursive: true, force: true });
}

async function fill(): Promise<void> {
  const before = new Client({ ...address, database: 'postgres' });
  await before.connect();
  await before.query('drop database if exists ecommerce with (force)');
  await before.query('create database ecommerce');
  await before.end();
  const client = new Client(address);
  await client.connect();
  const now = new Date();
  const migrations = fileURLToPath(new URL('../db/retail/migrations/', import.meta.url));
  await migrate(client, readMigrations(migrations), now);
  await fillForApi(client, { products, now }, (what) => console.error(`  filling: ${what}`));
  await client.query('checkpoint');
  await client.end();
  writeFileSync(filled, '');
}

interface Asked {
  route: RouteId;
  query: string;
  path?: Record<string, string>;
}

/** Requests by name; each call makes another one. */
function requests(): Record<string, () => Asked> {
  const any = <T>(of: readonly T[]): T => of[Math.floor(Math.random() * of.length)] as T;
  const number = (upTo: number) => 1 + Math.floor(Math.random() * upTo);
  // Marketplaces by seller, as the data has them.
  const product = (id = number(products)) => ({
    marketplace: MARKETPLACES[(1 + (id % sellers)) % 3] as string,
    kind: 'product',
    externalId: String(id),
  });
  const ago = (days: number) => new Date(Date.now() - days * 24 * 3_600_000).toISOString();
  const q = (words: string) => `q=${encodeURIComponent(words)}`;
  const large = () => product(77 + 10_000 * Math.floor((Math.random() * products) / 10_000));
  return {
    'products, a common word': () => ({ route: 'products', query: q(any(nouns)) }),
    'products, beginnings of words': () => ({
      route: 'products',
      query: q(`${any(nouns).slice(0, 3)} ${any(brands).slice(0, 3)}`),
    }),
    'products, a model': () => ({ route: 'products', query: q(`${any(brands)} ${number(997)}`) }),
    'products of a seller': () => {
      const seller = number(sellers);
      return { route: 'products', query: `marketplace=${MARKETPLACES[seller % 3]}&seller=${seller}` };
    },
    'products of a category': () => {
      const category = number(categories);
      return {
        route: 'products',
        query: `marketplace=${MARKETPLACES[category % 3]}&category=${category}&limit=100`,
      };
    },
    'products of a marketplace': () => ({
      route: 'products',
      query: `marketplace=${any(MARKETPLACES)}&limit=100`,
    }),
    products: () => ({ route: 'products', query: '' }),
    product: () => ({ route: 'product', query: '', path: product() }),
    'product with 500 SKUs': () => ({ route: 'product', query: '', path: large() }),
    history: () => ({ route: 'history', query: '', path: product() }),
    'history of 500 SKUs, a page of 500': () => ({ route: 'history', query: 'limit=500', path: large() }),
    prices: () => ({ route: 'prices', query: `at=${ago(Math.random() * 90)}`, path: product() }),
    'prices of 500 SKUs': () => ({ route: 'prices', query: `at=${ago(Math.random() * 90)}`, path: large() }),
    'drops of a day': () => ({ route: 'drops', query: `marketplace=${any(MARKETPLACES)}` }),
    'drops of a month': () => ({ route: 'drops', query: `since=${ago(30)}&limit=100` }),
    freshness: () => ({ route: 'freshness', query: '' }),
    health: () => ({ route: 'health', query: '' }),
    openapi: () => ({ route: 'openapi', query: '' }),
  };
}

async function measure(): Promise<void> {
  useRetailEnvironment(address, 'narx_api', coordination.url);
  process.env['FRESHNESS_HOURS'] = JSON.stringify(Object.fromEntries(MARKETPLACES.map((id) => [id, 24])));
  const measurements = new DynamoMeasurements(coordination.client, 'coordination');
  const at = new Date();
  for (const id of MARKETPLACES)
    await measurements.record(id, {
      measuredAt: at,
      newestObservationAt: at,
      oldestConfirmationAt: at,
      confirmedLastDay: 1,
    });
  const { handler } = await import('../functions/api.lambda.ts');
  const client = new Client(address);
  await client.connect();
  const sizes = await sizesOf(client);
  await client.end();

  const rows: { name: string; took: number[]; bytes: number }[] = [];
  for (const [name, make] of Object.entries(requests())) {
    const row = { name, took: [] as number[], bytes: 0 };
    // A tenth of them beforehand: an environment answers its first requests while it is compiled.
    for (let count = -Math.ceil(perRoute / 10); count < perRoute; count += 1) {
      const { route, query, path } = make();
      const event = {
        version: '2.0',
        routeKey: routeKey(route),
        rawQueryString: query,
        pathParameters: path,
      };
      const start = performance.now();
      const { statusCode, body } = await handler(event);
      const took = performance.now() - start;
      if (statusCode !== 200)
        throw new Error(`${apiRoutes[route].path}?${query} answered ${statusCode}: ${body}`);
      if (count < 0) continue;
      row.took.push(took);
      row.bytes += body.length;
    }
    row.took.sort((a, b) => a - b);
    rows.push(row);
  }
  const percentile = (of: readonly number[], share: number) => of[Math.ceil(of.length * share) - 1] ?? 0;
  const ms = (value: number) => value.toFixed(1);
  const all = rows.flatMap(({ took }) => took).sort((a, b) => a - b);
  const line = (name: string, took: readonly number[], kilobytes: string) => [
    name,
    ...[0.5, 0.95, 0.99, 1].map((share) => ms(percentile(took, share))),
    kilobytes,
  ];
  const number = (count: number) => count.toLocaleString('en');
  console.log(
    `${number(sizes.products)} products, ${number(sizes.skus)} SKUs, ${number(sizes.points)} price points, ${number(sizes.drops)} drops; ${number(perRoute)} requests each`,
  );
  console.log('');
  console.log(
    table(
      ['milliseconds', 'p50', 'p95', 'p99', 'max', 'KB'],
      [
        ...rows.map(({ name, took, bytes }) => line(name, took, (bytes / took.length / 1_000).toFixed(1))),
        line('all', all, ''),
      ],
    ),
  );
  const slow = rows.filter(({ took }) => percentile(took, 0.99) > P99_MS);
  if (slow.length === 0) return;
  console.error(`Above ${P99_MS} ms at p99: ${slow.map(({ name }) => name).join('; ')}.`);
  process.exitCode = 1;
}
