import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyObservation, type Observation } from '../../../functions/core/history/runs.ts';
import { sameValue } from '../../../functions/core/history/value.ts';
import {
  canonicalFold,
  deliveriesOf,
  fold,
  observationArbitrary,
  untiedArbitrary,
  value,
  withoutHidden,
} from './observations.ts';

const anyDeliveries = fc.array(observationArbitrary, { maxLength: 16 }).chain(deliveriesOf);
const untiedDeliveries = untiedArbitrary.chain(deliveriesOf);
const runs = (numRuns: number) => ({ numRuns });

const observed = (text: string): Observation[] =>
  text
    .split(' ')
    .map((word) => ({ at: Number(word.slice(0, -1)), value: value(word.charCodeAt(word.length - 1)) }));
const drawn = (text: string): string =>
  fold(observed(text))
    .runs.map((run) => `${run.first}-${run.last}${String.fromCharCode(Number(run.value.price))}`)
    .join(' ');

describe('a price history, whatever the order of arrival', () => {
  it('clause 1: has the newest observation as its current state', () => {
    fc.assert(
      fc.property(
        anyDeliveries.filter((o) => o.length > 0),
        (deliveries) => {
          const newest = fold(deliveries).runs.at(-1);
          const at = Math.max(...deliveries.map((o) => o.at));
          expect(newest?.last).toBe(at);
          expect(deliveries.some((o) => o.at === at && newest && sameValue(o.value, newest.value))).toBe(
            true,
          );
        },
      ),
      runs(3000),
    );
  });

  it('clause 1: shows the newest observation that a tie leaves standing, when no two observations are equal', () => {
    const distinct = fc
      .uniqueArray(fc.integer({ min: 1, max: 8 }), { minLength: 1 })
      .chain((instants) =>
        fc.tuple(
          ...instants.map((at, index) =>
            fc
              .subarray([0, 1, 2], { minLength: 1 })
              .map((ties) => ties.map((tie) => ({ at, value: value(index * 3 + tie) }))),
          ),
        ),
      )
      .map((groups) => groups.flat())
      .chain(deliveriesOf);
    fc.assert(
      fc.property(distinct, (deliveries) => {
        expect(withoutHidden(fold(deliveries).runs)).toEqual(canonicalFold(deliveries));
      }),
      runs(1000),
    );
  });

  it('clause 2: never gives another value than the observed one at an instant that was observed', () => {
    fc.assert(
      fc.property(anyDeliveries, (deliveries) => {
        const history = fold(deliveries).runs;
        for (const { at } of deliveries) {
          const run = history.find((r) => r.first <= at && at <= r.last);
          if (!run) continue;
          expect(deliveries.some((o) => o.at === at && sameValue(o.value, run.value))).toBe(true);
        }
      }),
      runs(5000),
    );
  });

  it('clause 3: equals the canonical fold when observations arrive in order, repeated or not', () => {
    fc.assert(
      fc.property(untiedDeliveries, (deliveries) => {
        const inOrder = [...deliveries].sort((a, b) => a.at - b.at);
        expect(withoutHidden(fold(inOrder).runs)).toEqual(canonicalFold(inOrder));
      }),
      runs(1000),
    );
  });

  it('clause 3: equals the canonical fold when every late observation agreed with its surroundings', () => {
    const ok = new Set(['confirmed', 'extended', 'added', 'refined']);
    fc.assert(
      fc.property(untiedDeliveries, (deliveries) => {
        const { runs: history, effects } = fold(deliveries);
        fc.pre(effects.every((effect) => ok.has(effect)));
        expect(withoutHidden(history)).toEqual(canonicalFold(deliveries));
      }),
      runs(2000),
    );
  });

  it('clause 3: equals the canonical fold in any order when no value ever comes back', () => {
    const oneWay = fc
      .uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 12 })
      .map((instants) =>
        instants.sort((a, b) => a - b).map((at) => ({ at, value: value(Math.ceil(at / 8)) })),
      )
      .chain(deliveriesOf);
    fc.assert(
      fc.property(oneWay, (deliveries) => {
        expect(withoutHidden(fold(deliveries).runs)).toEqual(canonicalFold(deliveries));
      }),
      runs(1000),
    );
  });

  it('clause 4: is never wider than the canonical fold', () => {
    fc.assert(
      fc.property(untiedDeliveries, (deliveries) => {
        const canonical = canonicalFold(deliveries);
        for (const run of fold(deliveries).runs) {
          const cover = canonical.find((c) => c.first <= run.first && run.last <= c.last);
          expect(cover && sameValue(cover.value, run.value)).toBe(true);
        }
      }),
      runs(5000),
    );
  });

  it('clause 5: breaks a visible tie the same way in any order', () => {
    const withTie = fc
      .tuple(untiedArbitrary, fc.integer({ min: 1, max: 12 }))
      .map(([others, at]) => [
        ...others.filter((o) => o.at !== at),
        // Values of their own: neither can be folded into a run, so both are always compared.
        { at, value: value(77) },
        { at, value: value(78) },
      ])
      .chain((observations) => deliveriesOf(observations).map((deliveries) => deliveries));
    fc.assert(
      fc.property(withTie, (deliveries) => {
        const { runs: history, effects } = fold(deliveries);
        expect(history.filter((run) => run.value.price === '78')).toHaveLength(1);
        expect(history.some((run) => run.value.price === '77')).toBe(false);
        expect(effects.some((effect) => effect === 'tie-kept' || effect === 'tie-replaced')).toBe(true);
      }),
      runs(1000),
    );
  });

  it('clause 6: has adjacent points that differ and never overlap, with ends that were observed', () => {
    fc.assert(
      fc.property(anyDeliveries, (deliveries) => {
        const history = fold(deliveries).runs;
        for (const [index, run] of history.entries()) {
          expect(run.first).toBeLessThanOrEqual(run.last);
          for (const end of [run.first, run.last]) {
            expect(deliveries.some((o) => o.at === end && sameValue(o.value, run.value))).toBe(true);
          }
          const next = history[index + 1];
          if (!next) continue;
          expect(run.last).toBeLessThan(next.first);
          expect(sameValue(run.value, next.value)).toBe(false);
        }
      }),
      runs(5000),
    );
  });

  it('gives the same answer from the newest run alone as long as nothing is older than its start', () => {
    fc.assert(
      fc.property(anyDeliveries, fc.array(observationArbitrary), (before, after) => {
        const history = fold(before).runs;
        const tail = history.slice(-1);
        const start = tail[0]?.last ?? 0;
        const newer = after.map((o) => ({ ...o, at: o.at + start })).sort((a, b) => a.at - b.at);
        const whole = fold([...before, ...newer]).runs;
        let partial = tail;
        for (const observation of newer) partial = [...foldOnto(partial, observation)];
        expect([...history.slice(0, -1), ...partial]).toEqual(whole);
      }),
      runs(1000),
    );
  });
});

describe('late observations', () => {
  it.each([
    ['moves the next point back when it has its value', '1a 5b 3b', '1-1a 3-5b'],
    ['extends the point before it when it has its value', '1a 5b 3a', '1-3a 5-5b'],
    ['becomes a point of its own between two others', '1a 5b 3c', '1-1a 3-3c 5-5b'],
    ['splits a run that it contradicts into what is proven', '1a 3a 5a 2b', '1-1a 2-2b 5-5a'],
    ['heals the split when the hidden observation is delivered again', '1a 3a 5a 2b 3a', '1-1a 2-2b 3-5a'],
    ['is not drawn across what a split may have hidden', '1a 3a 5a 2b 4b', '1-1a 2-2b 5-5a'],
    ['is drawn across a gap in which nothing can be hidden', '1a 2b 5a 4b', '1-1a 2-4b 5-5a'],
    ['replaces the value of the same instant when it is greater', '1a 2b 3c 2d', '1-1a 2-2d 3-3c'],
    ['joins the runs that a replaced value made equal', '1b 2a 3b 2b', '1-3b'],
  ])('%s', (_name, deliveries, history) => {
    expect(drawn(deliveries)).toBe(history);
  });
});

function foldOnto(start: ReturnType<typeof fold>['runs'], observation: Observation) {
  return applyObservation(start, observation).runs;
}
