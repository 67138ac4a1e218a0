/**
 * The limit program: the least code that puts the same rows into the same Postgres from the same simulator. undici's
 * dispatcher, JSON.parse, hand checks, one `unnest` upsert per table per 300 products, two writers. It has none of what
 * narx is for (no queue, no retries, no history, no books): it says how fast this machine could possibly go.
 *
 * Usage: node bench/limit.ts <origin> <first id> <last id> <connections> <postgres url>; prints one JSON line.
 */
import { Client } from 'pg';
import { Pool } from 'undici';
import type { Sample } from './steady.ts';

const [origin = '', first = '1', last = '1', connections = '50', postgresUrl = ''] = process.argv.slice(2);
const BATCH = 300;

const schema = `
  create table if not exists seller (id bigint primary key, title text not null);
  create table if not exists category (id bigint primary key, parent_id bigint, title text not null);
  create table if not exists product (id bigint primary key, title text not null, seller_id bigint, category_id bigint,
    seen_at timestamptz not null);
  create table if not exists sku (id bigint primary key, product_id bigint not null, title text not null, price numeric not null,
    old_price numeric, available int not null);
  create table if not exists price_point (sku_id bigint, first_observed_at timestamptz, price numeric not null, old_price numeric,
    primary key (sku_id, first_observed_at));`;

interface Category {
  id: number;
  title: string;
  parent: Category | null;
}
interface Product {
  id: number;
  title: string;
  category: Category;
  seller: { id: number; title: string } | null;
  characteristics: { values: { title: string }[] }[];
  skuList: {
    id: number;
    purchasePrice: number;
    fullPrice: number | null;
    availableAmount: number;
    characteristics: { charIndex: number; valueIndex: number }[];
  }[];
}

function get(pool: Pool, path: string): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let status = 0;
    pool.dispatch(
      { path, method: 'GET', headers: { accept: 'application/json' } },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_controller, code) => {
          status = code;
        },
        onResponseData: (_controller, chunk) => {
          chunks.push(chunk);
        },
        onResponseEnd: () => resolve({ status, body: Buffer.concat(chunks) }),
        onResponseError: (_controller, error) => reject(error),
      },
    );
  });
}

async function write(client: Client, products: readonly Product[]): Promise<void> {
  const sellers = new Map<number, string>();
  const categories = new Map<number, Category>();
  const skus: [number, number, string, number, number | null, number][] = [];
  for (const product of products) {
    if (product.seller) sellers.set(product.seller.id, product.seller.title);
    for (let node: Category | null = product.category; node; node = node.parent)
      categories.set(node.id, node);
    for (const sku of product.skuList) {
      const title = sku.characteristics
        .map((pick) => product.characteristics[pick.charIndex]?.values[pick.valueIndex]?.title ?? '')
        .join(' ');
      const old = sku.fullPrice !== null && sku.fullPrice > sku.purchasePrice ? sku.fullPrice : null;
      skus.push([sku.id, product.id, title, sku.purchasePrice, old, sku.availableAmount]);
    }
  }
  const column = <T>(rows: readonly (readonly unknown[])[], index: number): T[] =>
    rows.map((row) => row[index] as T);
  const byId = [...products].sort((a, b) => a.id - b.id);
  skus.sort((a, b) => a[0] - b[0]);
  const sellerRows = [...sellers].sort((a, b) => a[0] - b[0]);
  const categoryRows = [...categories.values()].sort((a, b) => a.id - b.id);
  const now = new Date();
  await client.query('begin');
  await client.query(
    'insert into seller select * from unnest($1::bigint[], $2::text[]) on conflict (id) do update set title = excluded.title where seller.title is distinct from excluded.title',
    [column(sellerRows, 0), column(sellerRows, 1)],
  );
  await client.query(
    'insert into category select * from unnest($1::bigint[], $2::bigint[], $3::text[]) on conflict (id) do update set title = excluded.title where category.title is distinct from excluded.title',
    [
      categoryRows.map((c) => c.id),
      categoryRows.map((c) => c.parent?.id ?? null),
      categoryRows.map((c) => c.title),
    ],
  );
  await client.query(
    'insert into product select a, b, c, d, $5 from unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[]) as u(a, b, c, d) on conflict (id) do update set seen_at = excluded.seen_at',
    [
      byId.map((p) => p.id),
      byId.map((p) => p.title),
      byId.map((p) => p.seller?.id ?? null),
      byId.map((p) => p.category.id),
      now,
    ],
  );
  await client.query(
    'insert into sku select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::numeric[], $5::numeric[], $6::int[]) on conflict (id) do update set price = excluded.price, old_price = excluded.old_price, available = excluded.available',
    [0, 1, 2, 3, 4, 5].map((index) => column(skus, index)),
  );
  await client.query(
    'insert into price_point select a, $4, b, c from unnest($1::bigint[], $2::numeric[], $3::numeric[]) as u(a, b, c) on conflict do nothing',
    [column(skus, 0), column(skus, 3), column(skus, 4), now],
  );
  await client.query('commit');
}

function accept(body: Buffer): Product | null {
  const data = (JSON.parse(body.toString('utf8')) as { payload: { data: Product | null } | null }).payload
    ?.data;
  if (!data || typeof data.id !== 'number' || typeof data.title !== 'string') return null;
  for (const sku of data.skuList) if (!(sku.purchasePrice > 0)) throw new Error(`sku ${sku.id} has no price`);
  return data;
}

const pool = new Pool(origin, { connections: Number(connections), pipelining: 1 });
const clients = [new Client(postgresUrl), new Client(postgresUrl)];
await Promise.all(clients.map((client) => client.connect()));
await clients[0]?.query(schema);

const started = performance.now();
const waiting: Product[] = [];
const samples: Sample[] = [];
let next = Number(first);
let fetching = Number(connections);
let stored = 0;

async function fetcher(): Promise<void> {
  while (next <= Number(last)) {
    const id = next++;
    const { status, body } = await get(pool, `/api/v2/product/${id}`);
    const product = status === 200 ? accept(body) : null;
    if (product) waiting.push(product);
    // Two writers are the bottleneck's bound: do not buffer without limit.
    while (waiting.length > BATCH * 8) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  fetching -= 1;
}
async function writer(client: Client): Promise<void> {
  for (;;) {
    if (waiting.length >= BATCH || (fetching === 0 && waiting.length > 0)) {
      const batch = waiting.splice(0, BATCH);
      await write(client, batch);
      stored += batch.length;
      samples.push({ at: (performance.now() - started) / 1000, stored });
    } else if (fetching === 0) return;
    else await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
await Promise.all([...Array.from({ length: fetching }, fetcher), ...clients.map(writer)]);
const seconds = (performance.now() - started) / 1000;
const cpu = process.cpuUsage();
process.stdout.write(
  `${JSON.stringify({ products: stored, seconds, cpuSeconds: (cpu.user + cpu.system) / 1e6, samples })}\n`,
);
await Promise.all([pool.close(), ...clients.map((client) => client.end())]);
