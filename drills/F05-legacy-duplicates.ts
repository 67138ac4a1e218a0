import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { metric } from '../functions/contract/metrics.ts';
import { superuser } from '../local/postgres/server.ts';
import type { Drill } from './drill.ts';
import type { World } from './harness/world.ts';

const products = 60;
const scrapes = 40;
const dayMs = 86_400_000;
/** Ids that the simulated marketplace does not have: what is compared is the file. */
const firstId = 9_000_001;

export const drill: Drill = {
  id: 'F05',
  failure: 'a history in which every row stands twice, in no order, is imported twice',
  mutation: {
    file: 'functions/core/history/runs.ts',
    find: '  if (!sameValue(run.value, value)) return begin(runs, observation);\n',
    replace: '  if (at > run.last) return begin(runs, observation);\n',
    removes: 'the comparison with the price before',
    failsWith: /^price points are what the file says once: /,
  },
  async run(world) {
    const { rows, points } = history(Date.now());
    const folder = mkdtempSync(join(tmpdir(), 'narx-F05-'));
    const csv = join(folder, 'history.csv');
    try {
      writeFileSync(csv, ['external_id,observed_at,sku_id,price,title', ...rows].join('\n'));
      const command = `npx narx import ${csv} --marketplace uzum --currency UZS --json`;
      const first = await world.inject('a legacy history is imported', () => world.operator.looks(command));
      world.check('exit code of the import', first.code, 0);
      world.check('the report of what was folded', JSON.parse(first.stdout || 'null'), {
        ...{ rows: rows.length, rejected: 0, duplicates: rows.length / 2, conflicts: 0 },
        ...{ pricePoints: points.length, confirmations: rows.length / 2 - points.length },
        ...{ products, skus: 2 * products, snapshots: products * scrapes },
        ...{ sent: products * scrapes, done: true },
      });
      await stored(world, points);
      rmSync(`${csv}.import.json`);
      await world.operator.looks(command);
      await stored(world, points);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    world.checkThat(
      'the audit finds nothing twice',
      world.alarms.on('duplicate-rows').length === 0,
      'it does',
    );

    const duplicate = `from price_point where sku_id = (select min(id) from sku) order by first_observed_at limit 1`;
    await world.inject('a price point that repeats another is forced into the table', () =>
      sql(
        world,
        `insert into price_point (sku_id, first_observed_at, last_confirmed_at, availability, currency, price, old_price)
         select sku_id, first_observed_at - interval '1 hour', first_observed_at - interval '1 hour',
           availability, currency, price, old_price ${duplicate}`,
      ),
    );
    await world.alarms.fires('duplicate-rows');
    await sql(
      world,
      `delete from price_point where (sku_id, first_observed_at) = (select sku_id, first_observed_at ${duplicate})`,
    );
    await world.alarms.clears('duplicate-rows');
    world.recovered();
  },
};

type Point = [sku: string, price: number, since: number, until: number];

/** Rows as a scraper without memory writes them, each twice and shuffled; and what they say. */
function history(now: number): { rows: string[]; points: Point[] } {
  const start = Math.floor(now / dayMs) * dayMs - scrapes * dayMs;
  const rows: string[] = [];
  const points: Point[] = [];
  for (let product = 0; product < products; product += 1)
    for (const sku of [1, 2]) {
      let last: Point | null = null;
      for (let scrape = 0; scrape < scrapes; scrape += 1) {
        const at = start + scrape * dayMs;
        // The first SKU keeps its price; the second changes it every few days, and back.
        const price = 100 + product + (sku === 2 ? Math.floor(scrape / (2 + (product % 5))) % 3 : 0);
        const id = firstId + product;
        const row = `${id},${new Date(at).toISOString()},${id}${sku},${price},Choynak ${product}`;
        rows.push(row, row);
        if (last?.[1] === price) last[3] = at;
        else {
          last = [`${id}${sku}`, price, at, at];
          points.push(last);
        }
      }
    }
  return { rows: shuffled(rows), points };
}

/** Always the same disorder. */
function shuffled(rows: readonly string[]): string[] {
  const places = rows.map((row, index) => ({ row, place: (index * 7_919 + 13) % rows.length }));
  return places.sort((a, b) => a.place - b.place).map(({ row }) => row);
}

/** Waits until the store has worked off everything, and compares. */
async function stored(world: World, points: readonly Point[]): Promise<void> {
  const done = () => {
    const { visible, inFlight, delayed } = world.queue('ecommerce-snapshots');
    return visible + inFlight + delayed === 0;
  };
  await world.until('the store has worked off the import', done, {
    seen: () => [
      world.queue('ecommerce-snapshots'),
      world.metric('store', metric.storeFailures, { domain: 'ecommerce' }),
    ],
  });
  const rows = await sql(
    world,
    `select k.external_id as sku, h.price::float8 as price, extract(epoch from h.first_observed_at)::float8 * 1000 as since,
       extract(epoch from h.last_confirmed_at)::float8 * 1000 as until
     from price_history h join sku k on k.id = h.sku_id order by k.external_id, h.first_observed_at`,
  );
  const text = ({ sku, price, since, until }: Record<string, unknown>) => `${sku} ${price} ${since} ${until}`;
  const seen = new Set(rows.map(text));
  const expected = points.map(([sku, price, since, until]) => text({ sku, price, since, until }));
  const missing = expected.filter((point) => !seen.has(point));
  world.checkThat(
    'price points are what the file says once',
    missing.length === 0 && rows.length === points.length,
    `expected ${points.length}, saw ${rows.length}; missing: ${missing.slice(0, 2).join('; ') || 'none'}`,
  );
}

async function sql(world: World, statement: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ ...world.stack.endpoints.postgres.ecommerce, user: superuser });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}
