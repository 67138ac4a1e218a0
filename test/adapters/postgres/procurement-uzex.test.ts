import { Buffer } from 'node:buffer';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Database } from '../../../functions/adapters/postgres/database.ts';
import type { Reference } from '../../../functions/core/model/reference.ts';
import { judge } from '../../../functions/core/pages.ts';
import { marketplaces } from '../../../functions/marketplaces/index.ts';
import type { TestPostgres } from '../../../local/postgres/for-tests.ts';
import { type Served, serve } from '../../simulator/serve.ts';
import { databaseFor, now, startStoragePostgres } from './retail-database.ts';
import { storeUnderTest } from './store-under-test.ts';
import { message } from './visits.ts';

/** A lot as the simulator knows it. */
interface Lot {
  externalId: string;
  system: string;
  title: string;
  customer: { name: string; inn: string } | null;
  provider: { name: string; inn: string | null } | null;
  dealtAt: string | null;
  totals: { start: string | null; final: string | null };
  offers: { externalId: string; price: string | null; quantity?: string }[];
}

let server: TestPostgres;
let database: Database;
beforeAll(async () => {
  server = await startStoragePostgres('procurement');
  database = databaseFor(await server.createDatabase(), 'narx_store');
});
afterAll(async () => {
  await database.close();
  await server.stop();
});

let asked = 0;
/** Fetches, judges and stores one reference; returns what it led to. */
async function visit(served: Served, reference: Reference): Promise<readonly Reference[]> {
  asked += 1;
  const { url, method, headers, body } = marketplaces.uzex.request(reference);
  const response = await served.ask(url, { method, headers, body });
  const page = {
    url,
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: Buffer.from(await response.arrayBuffer()),
    receivedAt: new Date(now.getTime() - 3_600_000 + asked),
  };
  const action = judge(marketplaces.uzex, reference, 0, page, () => page.receivedAt);
  if (action.do !== 'visit') throw new Error(`${reference.externalId}: ${JSON.stringify(action)}`);
  const { visits, discovered } = action;
  const { store, quarantined } = storeUnderTest(database, 'procurement');
  await store.store([message(visits, { marketplace: 'uzex', discovered })]);
  expect(quarantined).toEqual([]);
  return discovered;
}

const lists = [
  'auction/deals/1/8',
  'shop/deals/1/7',
  'national/deals/1/7',
  'shop/unsold/1/7',
  'etender/tenders/1/9',
  'etender/selections/1/9',
  'etender/failed/1/9',
  'etender/deals/1/9',
];
const prefixes: Record<string, string> = {
  shop: 'shop:',
  'national-shop': 'national:',
  'shop-unfinished': 'shop-unsold:',
  etender: 'etender:',
};

/** All that is stored but for when it was seen. */
const contents = async () =>
  await database.rows(
    `select (select json_agg(p order by id) from product p), (select json_agg(k order by id) from sku k),
       (select json_agg(h order by sku_id, first_observed_at) from price_point h),
       (select json_agg(o order by id) from organisation o),
       (select json_agg(i order by product_id, external_id) from lot_item i),
       (select json_agg(to_jsonb(l) - 'observed_at' - 'last_outcome' order by product_id, page) from lot_page l)`,
    [],
  );

it('everything that UZEX states of its lots is in the database, once, and seeing it again changes nothing', async () => {
  const served = await serve('--uzex-auctions', '30', '--uzex-shop-deals', '20', '--uzex-trades', '40');
  const open: Reference[] = lists.map((externalId) => ({ kind: 'listing', externalId }));
  const seen = new Set<string>();
  for (let reference = open.shift(); reference; reference = open.shift()) {
    if (seen.has(reference.externalId)) continue;
    seen.add(reference.externalId);
    open.push(...(await visit(served, reference)));
  }
  const stored = new Map(
    (
      await database.rows<[string, ...unknown[]]>(
        `select l.external_id, l.title, b.inn, s.name, s.inn, l.start_total, l.final_total, l.dealt_at,
           (select json_agg(json_build_array(k.external_id, k.price::text, i.quantity::text) order by k.external_id::int)
            from sku k join lot_item i using (product_id, external_id)
            where k.product_id = l.product_id and k.listed)
         from lot l left join organisation b on b.id = l.buyer_id left join organisation s on s.id = l.supplier_id`,
        [],
      )
    ).map(([externalId, ...facts]) => [externalId, facts]),
  );
  const truth = await served.lines<Lot>('/truth/uzex');
  for (const lot of truth) {
    expect([lot.externalId, stored.get(`${prefixes[lot.system] ?? ''}${lot.externalId}`)]).toEqual([
      lot.externalId,
      [
        lot.title,
        lot.customer?.inn ?? null,
        lot.provider?.name ?? null,
        lot.provider?.inn ?? null,
        // An unsold request states what it was to cost.
        lot.system === 'shop-unfinished' ? expect.any(String) : lot.totals.start,
        lot.totals.final,
        lot.dealtAt === null ? null : Date.parse(lot.dealtAt),
        lot.offers.map(({ externalId, price, quantity }) => [externalId, price, quantity ?? null]),
      ],
    ]);
  }
  expect(stored.size).toBe(truth.length);
  const inns = new Set(
    truth.flatMap(({ customer, provider }) => [customer?.inn, provider?.inn ?? undefined]),
  );
  inns.delete(undefined);
  expect(await database.rows('select count(*)::int from organisation where inn is not null', [])).toEqual([
    [inns.size],
  ]);

  const before = await contents();
  for (const externalId of lists) await visit(served, { kind: 'listing', externalId });
  expect(await contents()).toEqual(before);
});
