import fc from 'fast-check';
import type { Observation } from '../../../functions/core/history/runs.ts';
import type { ObservedValue } from '../../../functions/core/history/value.ts';

export const skuNames = ['a', 'b', 'c'] as const;
type Prices = Partial<Record<(typeof skuNames)[number], number>>;
export interface Seen {
  hour: number;
  /** Null: the product was missing. */
  prices: Prices | null;
}

const maybePrice = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: undefined });
export const pricesArbitrary = (max: number): fc.Arbitrary<Prices> =>
  fc
    .record({ a: maybePrice(max), b: maybePrice(max), c: maybePrice(max) })
    .map((prices) => Object.fromEntries(Object.entries(prices).filter(([, price]) => price !== undefined)));
const seenArbitrary: fc.Arbitrary<Seen> = fc.record({
  hour: fc.integer({ min: 0, max: 9 }),
  prices: fc.option(pricesArbitrary(3), { nil: null, freq: 6 }),
});

/** Visits in any order, with repetitions, cut into batches of one to four. */
export function deliveries(visits: readonly Seen[]): fc.Arbitrary<Seen[][]> {
  if (visits.length === 0) return fc.constant([]);
  return fc
    .tuple(
      fc
        .array(fc.constantFrom(...visits), { maxLength: 4 })
        .chain((again) =>
          fc.shuffledSubarray([...visits, ...again], { minLength: visits.length + again.length }),
        ),
      fc.infiniteStream(fc.integer({ min: 1, max: 4 })),
    )
    .map(([order, sizes]) => cut(order, sizes));
}

function cut(order: readonly Seen[], sizes: Iterator<number>): Seen[][] {
  const batches: Seen[][] = [];
  for (let start = 0; start < order.length; ) {
    const size = Number(sizes.next().value);
    batches.push(order.slice(start, start + size));
    start += size;
  }
  return batches;
}

export const tiedVisits = fc.array(seenArbitrary, { minLength: 1, maxLength: 9 }).chain(deliveries);
export const untiedVisits = fc
  .uniqueArray(seenArbitrary, { selector: (visit) => visit.hour, minLength: 1, maxLength: 9 })
  .chain(deliveries);

const start = Date.parse('2026-08-31T20:00:00.000Z');
/** Four hours before the turn of a month, so that histories span two partitions. */
export const instantOf = (hour: number) => start + hour * 3_600_000;

export function priced(price: string | null, currency: string): ObservedValue {
  return { price, oldPrice: null, currency, availability: 'in_stock' };
}

/** Observations of one SKU in the order in which the store folds them: batch after batch, each in order of time. */
export function observationsOf(batches: readonly Seen[][], sku: (typeof skuNames)[number]): Observation[] {
  return batches.flatMap((batch) =>
    [...batch]
      .sort((a, b) => a.hour - b.hour)
      .flatMap(({ hour, prices }) => {
        const price = prices?.[sku];
        return price === undefined ? [] : [{ at: instantOf(hour), value: priced(String(price), 'UZS') }];
      }),
  );
}
