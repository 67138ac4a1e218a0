import fc from 'fast-check';
import {
  applyObservation,
  type Effect,
  type Observation,
  type Run,
} from '../../../functions/core/history/runs.ts';
import { compareValues, type ObservedValue, sameValue } from '../../../functions/core/history/value.ts';

export function value(price: number | null, currency = 'UZS'): ObservedValue {
  return {
    price: price === null ? null : String(price),
    oldPrice: null,
    currency,
    availability: 'in_stock',
  };
}

/** Few instants and few values, so that every kind of neighbourhood comes up often. */
export const observationArbitrary: fc.Arbitrary<Observation> = fc.record({
  at: fc.integer({ min: 1, max: 12 }),
  value: fc.integer({ min: 1, max: 3 }).map((price) => value(price)),
});

export function fold(observations: readonly Observation[]): { runs: readonly Run[]; effects: Effect[] } {
  let runs: readonly Run[] = [];
  const effects: Effect[] = [];
  for (const observation of observations) {
    const applied = applyObservation(runs, observation);
    runs = applied.runs;
    effects.push(applied.effect);
  }
  return { runs, effects };
}

/** Sort by instant, let the greater value stand on a tie, merge equal neighbours: written apart from the product. */
export function canonicalFold(observations: readonly Observation[]) {
  const standing = new Map<number, ObservedValue>();
  for (const { at, value } of observations) {
    const known = standing.get(at);
    if (known === undefined || compareValues(value, known) > 0) standing.set(at, value);
  }
  const runs: { first: number; last: number; value: ObservedValue }[] = [];
  for (const [at, value] of [...standing].sort(([a], [b]) => a - b)) {
    const newest = runs.at(-1);
    if (newest && sameValue(newest.value, value)) newest.last = at;
    else runs.push({ first: at, last: at, value });
  }
  return runs;
}

export function withoutHidden(runs: readonly Run[]) {
  return runs.map(({ first, last, value }) => ({ first, last, value }));
}

/** One observation per instant at most: a set without ties. */
export const untiedArbitrary = fc.uniqueArray(observationArbitrary, { selector: (o) => o.at, maxLength: 12 });

/** Any order, with some deliveries repeated. */
export function deliveriesOf(observations: readonly Observation[]): fc.Arbitrary<Observation[]> {
  if (observations.length === 0) return fc.constant([]);
  return fc.array(fc.constantFrom(...observations), { maxLength: 6 }).chain((repeated) =>
    fc.shuffledSubarray([...observations, ...repeated], {
      minLength: observations.length + repeated.length,
    }),
  );
}
