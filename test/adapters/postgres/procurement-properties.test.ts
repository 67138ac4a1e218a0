import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Database } from '../../../functions/adapters/postgres/database.ts';
import type { Snapshot } from '../../../functions/core/model/snapshot.ts';
import type { TestPostgres } from '../../../local/postgres/for-tests.ts';
import { dealItems, dealRow, item, lots } from './lots.ts';
import { databaseFor, startStoragePostgres } from './retail-database.ts';
import { storeUnderTest } from './store-under-test.ts';

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

/** One page of the lot at an hour: its row in a list, or its items, of which any may be missing. */
interface Page {
  hour: number;
  kind: 'row' | 'items';
  status: string | null;
  supplier: number;
  quantities: (number | null)[];
}

const page: fc.Arbitrary<Page> = fc.record({
  hour: fc.integer({ min: 0, max: 9 }),
  kind: fc.constantFrom('row', 'items'),
  status: fc.constantFrom(null, 'open', 'dealt'),
  supplier: fc.integer({ min: 1, max: 3 }),
  quantities: fc.array(fc.option(fc.integer({ min: 1, max: 3 })), { minLength: 1, maxLength: 2 }),
});

/** Any pages, with repetitions, in two orders of arrival and two ways to cut them into batches. */
const deliveries = fc.array(page, { minLength: 1, maxLength: 6 }).chain((pages) => {
  const twice = [...pages, ...pages.slice(0, 2)];
  const arrival = fc.shuffledSubarray(twice, { minLength: twice.length });
  const size = fc.integer({ min: 1, max: 3 });
  return fc.tuple(fc.tuple(arrival, size), fc.tuple(arrival, size));
});

const hourOf = (hour: number) => `2026-09-14T0${hour}:00:00.000Z`;

function snapshot(lot: string, { hour, kind, status, supplier, quantities }: Page): Snapshot {
  if (kind === 'items') {
    const offers = quantities.flatMap((quantity, at) =>
      quantity === null ? [] : [item(String(at + 1), String(100 + quantity), String(quantity))],
    );
    return dealItems(lot, hourOf(hour), [item('0', '1'), ...offers]);
  }
  const party = { inn: `30000000${supplier}`, name: `Supplier ${supplier}` };
  // The same facts in every case: ties are broken by what is stated.
  return dealRow(lot, hourOf(hour), { status, extra: { supplier: party, displayNo: 'same' } });
}

/** Everything that the database says now of a lot; histories of prices have properties of their own. */
async function told(lot: string) {
  const described = await database.rows(
    `select l.title, l.status, l.final_total, o.inn, l.described_at,
       (select count(*)::int from lot_page s where s.product_id = l.product_id)
     from lot l left join organisation o on o.id = l.supplier_id where l.external_id = $1`,
    [lot],
  );
  const items = await database.rows(
    `select k.external_id, k.price, k.listed, i.quantity, i.unit from sku k join product p on p.id = k.product_id
     join lot_item i on i.product_id = p.id and i.external_id = k.external_id where p.external_id = $1 order by k.external_id collate "C"`,
    [lot],
  );
  return { described, items };
}

/** The same, worked out from all pages at once: of each kind the newest, of each item its newest page. */
function expected(pages: readonly Page[]) {
  const newestFirst = [...pages].sort((a, b) => b.hour - a.hour);
  const row = newestFirst.find((one) => one.kind === 'row');
  const own = newestFirst.find((one) => one.kind === 'items');
  const described = [
    row ? 'Бумага' : 'Item 0',
    row?.status ?? null,
    row ? '4100000.5' : null,
    row ? `30000000${row.supplier}` : null,
    Date.parse(hourOf(newestFirst[0]?.hour ?? 0)),
    (row ? 1 : 0) + (own ? 1 : 0),
  ];
  const items = [['0', '1', true, '10', 'пач']];
  for (const at of [0, 1]) {
    const seen = newestFirst.find((one) => one.kind === 'items' && (one.quantities[at] ?? null) !== null);
    const quantity = seen?.quantities[at];
    if (quantity != null)
      items.push([String(at + 1), String(100 + quantity), seen === own, String(quantity), 'пач']);
  }
  return { described: [described], items: own ? items : [] };
}

let cases = 0;
async function deliver(pages: readonly Page[], batchSize: number): Promise<string> {
  cases += 1;
  const lot = String(cases);
  const { store, quarantined } = storeUnderTest(database, 'procurement');
  for (let at = 0; at < pages.length; at += batchSize)
    await store.store([lots(pages.slice(at, at + batchSize).map((one) => snapshot(lot, one)))]);
  expect(quarantined).toEqual([]);
  return lot;
}

it('a lot is what its newest pages say, in whatever order, how often and how batched they arrive', async () => {
  const withoutTies = deliveries.filter(([[pages]]) => {
    const instants = new Set(pages.map((one) => JSON.stringify([one.hour, one.kind])));
    return instants.size === new Set(pages.map((one) => JSON.stringify(one))).size;
  });
  await fc.assert(
    fc.asyncProperty(withoutTies, async ([[pages, size]]) => {
      expect(await told(await deliver(pages, size))).toEqual(expected(pages));
    }),
    { numRuns: 60 },
  );
});

it('two statements of one page at one instant end as the same one in any order', async () => {
  const atOnce = deliveries.map((both) =>
    both.map(
      ([pages, size]) =>
        [
          // Items: every page lists both, so that nothing is folded out of sight.
          pages.map((one) => ({ ...one, hour: 3, quantities: [one.quantities[0] ?? 1, one.supplier] })),
          size,
        ] as const,
    ),
  );
  await fc.assert(
    fc.asyncProperty(atOnce, async ([first, second]) => {
      const [one, other] = [await deliver(...(first ?? [[], 1])), await deliver(...(second ?? [[], 1]))];
      expect(await told(other)).toEqual(await told(one));
    }),
    { numRuns: 40 },
  );
});
