import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../../functions/adapters/postgres/database.ts';
import type { Observation } from '../../../functions/core/history/runs.ts';
import { type ObservedValue, sameValue } from '../../../functions/core/history/value.ts';
import type { DatabaseAddress, TestPostgres } from '../../../local/postgres/for-tests.ts';
import { canonicalFold, fold, withoutHidden } from '../../core/history/observations.ts';
import {
  deliveries,
  instantOf,
  observationsOf,
  priced,
  pricesArbitrary,
  type Seen,
  skuNames,
  tiedVisits,
  untiedVisits,
} from './arbitrary-visits.ts';
import { databaseFor, startRetailPostgres } from './retail-database.ts';
import { storeUnderTest } from './store-under-test.ts';
import { gone, message, offer, ok, snapshot } from './visits.ts';

let server: TestPostgres;
let database: Database;
let reader: Database;
beforeAll(async () => {
  server = await startRetailPostgres();
  const address: DatabaseAddress = await server.createDatabase();
  database = databaseFor(address, 'narx_store');
  reader = databaseFor(address, 'narx_api');
});
afterAll(async () => {
  await Promise.all([database.close(), reader.close()]);
  await server.stop();
});

interface StoredSku {
  runs: { first: number; last: number; value: ObservedValue }[];
  current: ObservedValue;
  listed: boolean;
  startedAt: number;
  openPoints: number;
}

let cases = 0;

/** Stores the batches as visits of a product of its own, and reads back what the database knows of its SKUs. */
async function stored(batches: readonly Seen[][]): Promise<Map<string, StoredSku>> {
  cases += 1;
  const product = `case-${cases}`;
  const { store, quarantined } = storeUnderTest(database);
  for (const batch of batches) {
    await store.store(
      batch.map((visit, index) => {
        const at = new Date(instantOf(visit.hour)).toISOString();
        if (visit.prices === null) return message([gone(index, product, at)]);
        const offers = Object.entries(visit.prices).map(([sku, price]) => offer(sku, String(price)));
        return message([ok(index, snapshot(product, at, offers))]);
      }),
    );
  }
  expect(quarantined).toEqual([]);
  const skus = new Map<string, StoredSku>();
  const state = await reader.rows<[string, string | null, string, boolean, number, number]>(
    `select k.external_id, k.price, k.currency, k.listed, k.point_started_at,
       (select count(*)::int from price_point o where o.sku_id = k.id and o.last_confirmed_at is null)
     from sku k join product p on p.id = k.product_id where p.external_id = $1`,
    [product],
  );
  for (const [name, price, currency, listed, startedAt, openPoints] of state) {
    skus.set(name, { runs: [], current: priced(price, currency), listed, startedAt, openPoints });
  }
  const points = await reader.rows<[string, number, number, string | null, string]>(
    `select k.external_id, h.first_observed_at, h.last_confirmed_at, h.price, h.currency
     from price_history h join sku k on k.id = h.sku_id join product p on p.id = k.product_id
     where p.external_id = $1 order by 1, 2`,
    [product],
  );
  for (const [name, first, last, price, currency] of points)
    skus.get(name)?.runs.push({ first, last, value: priced(price, currency) });
  return skus;
}

async function forEachSku(
  batches: readonly Seen[][],
  check: (observations: Observation[], sku: StoredSku) => void,
): Promise<void> {
  const skus = await stored(batches);
  for (const name of skuNames) {
    const observations = observationsOf(batches, name);
    const sku = skus.get(name);
    expect(sku === undefined).toBe(observations.length === 0);
    if (sku) check(observations, sku);
  }
}

const check = async (
  arbitrary: fc.Arbitrary<Seen[][]>,
  predicate: (batches: Seen[][]) => Promise<void>,
): Promise<void> => {
  await fc.assert(fc.asyncProperty(arbitrary, predicate), { numRuns: 40 });
};

/**
 * Visits of one product with up to three SKUs that come and go, delivered in any order, some twice, in batches of any
 * size, through the store and back out of the database.
 */
describe('price history in the database, whatever the order, repetition and batching', () => {
  it('clause 1: the current state is that of the newest observation', async () => {
    await check(tiedVisits, async (batches) => {
      const newestSnapshot = Math.max(
        ...batches.flat().map((visit) => (visit.prices === null ? -1 : visit.hour)),
      );
      await forEachSku(batches, (observations, sku) => {
        const at = Math.max(...observations.map((o) => o.at));
        expect(observations.some((o) => o.at === at && sameValue(o.value, sku.current))).toBe(true);
        expect(sku.runs.at(-1)).toMatchObject({ last: at, value: sku.current, first: sku.startedAt });
        expect(sku.listed).toBe(at === instantOf(newestSnapshot));
        expect(sku.openPoints).toBe(sku.listed ? 1 : 0);
      });
    });
  });

  it('clause 2: no instant that was observed has another value', async () => {
    await check(tiedVisits, async (batches) => {
      await forEachSku(batches, (observations, sku) => {
        for (const { at } of observations) {
          const run = sku.runs.find((r) => r.first <= at && at <= r.last);
          if (run) expect(observations.some((o) => o.at === at && sameValue(o.value, run.value))).toBe(true);
        }
      });
    });
  });

  it('clause 3: visits that arrive in order, repeated or not, give the canonical fold', async () => {
    await check(untiedVisits, async (batches) => {
      const order = batches.flat().sort((a, b) => a.hour - b.hour);
      let next = 0;
      const inOrder = batches.map((batch) => {
        next += batch.length;
        return order.slice(next - batch.length, next);
      });
      await forEachSku(inOrder, (observations, sku) => {
        expect(sku.runs).toEqual(canonicalFold(observations));
      });
    });
  });

  it('clause 3: late visits that agree with their surroundings give the canonical fold', async () => {
    const exact = new Set(['confirmed', 'extended', 'added', 'refined']);
    await check(untiedVisits, async (batches) => {
      await forEachSku(batches, (observations, sku) => {
        if (fold(observations).effects.every((effect) => exact.has(effect)))
          expect(sku.runs).toEqual(canonicalFold(observations));
      });
    });
  });

  it('clause 4: history is never wider than the canonical fold', async () => {
    await check(untiedVisits, async (batches) => {
      await forEachSku(batches, (observations, sku) => {
        const canonical = canonicalFold(observations);
        for (const run of sku.runs) {
          const cover = canonical.find((c) => c.first <= run.first && run.last <= c.last);
          expect(cover && sameValue(cover.value, run.value)).toBe(true);
        }
      });
    });
  });

  it('clause 5: two values of one instant end as the same one in any order', async () => {
    const oneHour = fc
      .array(pricesArbitrary(40), { minLength: 2, maxLength: 5 })
      .map((all) => all.map((prices) => ({ hour: 3, prices })))
      .chain((tied) => untiedVisits.map((others) => ({ tied, others: others.flat() })))
      // The others have prices of their own, so that no tie is folded out of sight.
      .map(({ tied, others }) => [
        ...tied,
        ...others
          .filter((visit) => visit.hour !== 3 && visit.prices !== null)
          .map((visit) => ({
            hour: visit.hour,
            prices: Object.fromEntries(Object.keys(visit.prices ?? {}).map((sku) => [sku, 100 + visit.hour])),
          })),
      ])
      .chain(deliveries);
    await check(oneHour, async (batches) => {
      await forEachSku(batches, (observations, sku) => {
        expect(sku.runs).toEqual(canonicalFold(observations));
      });
    });
  });

  it('clause 6: adjacent points differ, do not overlap, and end where something was observed', async () => {
    await check(tiedVisits, async (batches) => {
      await forEachSku(batches, (observations, sku) => {
        for (const [index, run] of sku.runs.entries()) {
          for (const end of [run.first, run.last])
            expect(observations.some((o) => o.at === end && sameValue(o.value, run.value))).toBe(true);
          const next = sku.runs[index + 1];
          if (!next) continue;
          expect(run.last).toBeLessThan(next.first);
          expect(sameValue(run.value, next.value)).toBe(false);
        }
      });
    });
  });

  it('is exactly what the pure fold makes of the same arrivals', async () => {
    await check(untiedVisits, async (batches) => {
      await forEachSku(batches, (observations, sku) => {
        expect(sku.runs).toEqual(withoutHidden(fold(observations).runs));
      });
    });
  });

  it('answers price_at with the value in force and says whether the instant is confirmed', async () => {
    await check(untiedVisits, async (batches) => {
      const skus = await stored(batches);
      for (const [name, sku] of skus) {
        const answers = await reader.rows<[number, string | null, number, number, boolean]>(
          `select t, a.price, a.since, a.confirmed_until, a.confirmed
           from sku k join product p on p.id = k.product_id,
             generate_series($3::timestamptz, $4::timestamptz, interval '30 minutes') t, price_at(k.id, t) a
           where p.external_id = $1 and k.external_id = $2 order by t`,
          [
            `case-${cases}`,
            name,
            new Date(instantOf(-1)).toISOString(),
            new Date(instantOf(10)).toISOString(),
          ],
        );
        const expected = [];
        for (let at = instantOf(-1); at <= instantOf(10); at += 1_800_000) {
          const run = sku.runs.findLast((r) => r.first <= at);
          if (run) expected.push([at, run.value.price, run.first, run.last, at <= run.last]);
        }
        expect(answers).toEqual(expected);
      }
    });
  });
});
