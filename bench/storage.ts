/**
 * `npx narx bench storage`: what price history costs on disk and in WAL, at the size of a real marketplace and over simulated
 * days, beside the design that most scrapers have. Stores with the deployed code in a PostgreSQL of its own, which is
 * deleted afterwards. Figures worth keeping go to bench/RESULTS.md by hand.
 */
import { rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { migrate, migrationsFolder, readMigrations } from '../functions/adapters/postgres/migrations.ts';
import { startPostgres, superuser } from '../local/postgres/server.ts';
import { sizeOf, tableSizes, totalBytes, updatesOf, writtenBy } from './storage/measure.ts';
import { NaiveDesign } from './storage/naive.ts';
import { dayMs, NarxUnderTest, type Pass, preparePartitions } from './storage/narx.ts';
import { type PassFigures, printFigures, type StorageFigures } from './storage/print.ts';
import { Shop, skusPerProduct } from './storage/shop.ts';

const tables = ['product', 'product_schedule', 'sku', 'price_point', 'price_drop'] as const;

const { values } = parseArgs({
  options: {
    products: { type: 'string', default: '500000' },
    days: { type: 'string', default: '30' },
    'naive-products': { type: 'string', default: '1000' },
    json: { type: 'boolean', default: false },
  },
});
const products = Number(values.products);
const days = Number(values.days);
const naiveProducts = Number(values['naive-products']);

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, '.narx', 'bench-storage');
/** Twice what is there at the end, because every table is rewritten once to see what a rewrite gives back; and the WAL. */
const needed = 2 * products * (2_000 + days * 30) + naiveProducts * days * 8_000 + 3e9;
const { bavail, bsize } = statfsSync(root);
if (bavail * bsize < needed) {
  console.error(
    `This needs ${(needed / 1e9).toFixed(1)} GB of disk, and ${((bavail * bsize) / 1e9).toFixed(1)} GB are free: choose fewer --products or --days.`,
  );
  process.exit(1);
}
rmSync(folder, { recursive: true, force: true });
const server = await startPostgres({
  dataDir: folder,
  settings: {
    // What is measured are bytes, which do not depend on whether somebody waits for the disk.
    fsync: 'off',
    synchronous_commit: 'off',
    shared_buffers: '512MB',
    max_wal_size: '2GB',
    checkpoint_timeout: '1h',
    // A simulated day takes a minute or two: autovacuum must look as often, and be as fast, as it is in a day.
    autovacuum_naptime: '1s',
    autovacuum_vacuum_cost_delay: '0',
  },
});
const end = async (): Promise<void> => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
};
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void end().then(() => process.exit(130)));

try {
  const figures = await measure();
  if (values.json) console.log(JSON.stringify(figures, null, 2));
  else printFigures(figures);
} finally {
  await end();
}

async function measure(): Promise<StorageFigures> {
  const address = { host: '127.0.0.1', port: server.port, database: 'storage' };
  const connect = async (database: string): Promise<Client> => {
    const client = new Client({ ...address, database, user: superuser });
    // When the server ends first, because of another error, that one is told.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const admin = await connect('postgres');
  for (const name of ['storage', 'naive']) await admin.query(`create database ${name}`);
  await admin.end();
  const owner = await connect('storage');
  const naiveClient = await connect('naive');

  const firstDay = Math.floor(Date.now() / dayMs) * dayMs - (days + 2) * dayMs;
  await migrate(owner, readMigrations(migrationsFolder('retail', import.meta.url)), new Date(firstDay));
  const shop = new Shop(products);
  const narx = new NarxUnderTest(address, shop, firstDay);
  const naive = new NaiveDesign(naiveClient, naiveProducts);
  await naive.create();

  const passes: PassFigures[] = [];
  const measured = async (
    name: string,
    isVacuumed: boolean,
    changes: number,
    work: () => Promise<Pass>,
  ): Promise<void> => {
    const vacuum = async () => {
      if (isVacuumed) await owner.query('vacuum');
    };
    await vacuum();
    const before = await tableSizes(owner, tables);
    let pass: Pass | undefined;
    const written = await writtenBy(owner, async () => {
      pass = await work();
    });
    await vacuum();
    const after = await tableSizes(owner, tables);
    if (pass === undefined) return;
    const heap = (sizes: typeof after) => sizes.reduce((sum, { heapBytes }) => sum + heapBytes, 0);
    passes.push({
      name,
      skusChanged: changes,
      pricePoints: pass.pricePoints,
      unchanged: pass.unchanged,
      walBytes: written.walBytes,
      fullPages: written.fullPages,
      heapBytesAdded: heap(after) - heap(before),
      bytesAdded: totalBytes(after) - totalBytes(before),
    });
  };

  await measured('first visit', true, skusPerProduct * products, () =>
    narx.load(progress('first visit of everything')),
  );
  const loaded = await tableSizes(owner, tables);
  await owner.query('select pg_stat_reset()');
  await measured('unchanged', true, 0, () => narx.visitAll(1, progress('nothing has changed')));
  const naivePasses: StorageFigures['naive']['passes'] = [];
  for (let day = 1; day <= days; day += 1) {
    const changed = shop.nextDay(day);
    await preparePartitions(owner, firstDay + (day + 1) * dayMs);
    await measured(`day ${day}`, false, changed, () =>
      narx.visitAll(day + 1, progress(`day ${day} of ${days}`)),
    );
    const before = await naive.bytes();
    let skus = 0;
    const { walBytes } = await writtenBy(naiveClient, async () => {
      skus = await naive.scrapeAll(day - 1, new Date(firstDay + day * dayMs));
    });
    const after = await naive.bytes();
    naivePasses.push({
      skus,
      walBytes,
      rowBytes: after.rows - before.rows,
      rawBytes: after.raw - before.raw,
    });
  }
  const updates = await updatesOf(owner, tables);
  await measured('unchanged', true, 0, () =>
    narx.visitAll(days + 2, progress('nothing has changed, once more')),
  );
  await narx.close();
  const worn = await tableSizes(owner, tables);
  process.stderr.write('rewriting every table, to see what that gives back\n');
  await owner.query('vacuum full');
  const fresh = await tableSizes(owner, tables);
  await owner.end();
  await naiveClient.end();
  return {
    products,
    skus: products * skusPerProduct,
    days,
    passes,
    loaded,
    tables: worn.map((size) => ({ ...size, fresh: sizeOf(fresh, size.table) })),
    updates,
    naive: { products: naiveProducts, passes: naivePasses },
  };
}

/** A line on stderr: rewritten in place on a terminal, else one every ten seconds. */
function progress(label: string): (done: number) => void {
  const started = Date.now();
  let told = started;
  return (done) => {
    const now = Date.now();
    const isOver = done === products;
    if (!isOver && now - told < (process.stderr.isTTY ? 200 : 10_000)) return;
    told = now;
    const rate = Math.round((done / Math.max(now - started, 1)) * 1_000).toLocaleString('en');
    const text = `${label}: ${done.toLocaleString('en')} of ${products.toLocaleString('en')} products, ${rate}/s`;
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[2K${text}${isOver ? '\n' : ''}` : `${text}\n`);
  };
}
