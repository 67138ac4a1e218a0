import { compareValues, type ObservedValue, sameValue } from './value.ts';

/** One visit's view of one SKU. `at` is in epoch milliseconds. */
export interface Observation {
  readonly at: number;
  readonly value: ObservedValue;
}

/**
 * What may lie unseen between a run and the one before it. Splitting a run leaves behind observations that were folded
 * into it and of which only the value is known: a later run must not be drawn across them.
 *
 * - `nothing`: no observation between the two was ever stored.
 * - `earlier`, `later`: only observations of the earlier (later) neighbour's value.
 * - `anything`: observations of unknown values.
 */
export type Hidden = 'nothing' | 'earlier' | 'later' | 'anything';

/** A price point: a stretch of equal values. Both ends are instants at which the value was observed. */
export interface Run {
  readonly first: number;
  readonly last: number;
  readonly value: ObservedValue;
  readonly hiddenBefore: Hidden;
}

/**
 * What an observation did to a history.
 *
 * - `confirmed`: it lies in a run of its value; nothing changed.
 * - `extended`: the newest run now ends with it. `added`: it begins the newest run.
 * - `refined`: a late one that agreed with its surroundings; history equals the canonical fold there.
 * - `split`: a late one that contradicted a run. `unconfirmed`: a late one that could not be drawn without covering
 *   what may be hidden; history says nothing of its instant.
 * - `tie-kept`, `tie-replaced`: another value was known for its instant, and stands (was replaced).
 */
export type Effect =
  | 'confirmed'
  | 'extended'
  | 'added'
  | 'refined'
  | 'split'
  | 'unconfirmed'
  | 'tie-kept'
  | 'tie-replaced';

export interface Applied {
  readonly runs: readonly Run[];
  readonly effect: Effect;
}

/**
 * Adds one observation to a history, in any order of arrival. `runs` are in order of time, adjacent ones differ in
 * value, none overlap; so are the result's. When every observation is at or after the start of the newest run, that
 * run alone may be given: nothing before it is looked at.
 */
export function applyObservation(runs: readonly Run[], observation: Observation): Applied {
  const { at, value } = observation;
  const index = runs.findLastIndex((run) => run.first <= at);
  const run = runs[index];
  if (run === undefined) {
    return runs.length === 0 ? begin(runs, observation) : insertBefore(runs, 0, observation);
  }
  if (at <= run.last) {
    if (sameValue(run.value, value)) return { runs, effect: 'confirmed' };
    return at === run.first || at === run.last
      ? breakTie(runs, index, observation)
      : split(runs, index, observation);
  }
  if (index < runs.length - 1) return insertBefore(runs, index + 1, observation);
  if (!sameValue(run.value, value)) return begin(runs, observation);
  return { runs: runs.with(index, { ...run, last: at }), effect: 'extended' };
}

function begin(runs: readonly Run[], { at, value }: Observation): Applied {
  return { runs: [...runs, { first: at, last: at, value, hiddenBefore: 'nothing' }], effect: 'added' };
}

/** Between two runs, or before the first one. */
function insertBefore(runs: readonly Run[], index: number, { at, value }: Observation): Applied {
  const earlier = runs[index - 1];
  const later = runs[index];
  if (later === undefined) throw new RangeError('there is no run to insert before');
  const hidden = later.hiddenBefore;
  if (earlier !== undefined && sameValue(earlier.value, value)) {
    if (hidden !== 'nothing' && hidden !== 'earlier') return hide(runs, index, later);
    return { runs: runs.with(index - 1, { ...earlier, last: at }), effect: 'refined' };
  }
  if (sameValue(later.value, value)) {
    if (hidden !== 'nothing' && hidden !== 'later') return hide(runs, index, later);
    return { runs: runs.with(index, { ...later, first: at }), effect: 'refined' };
  }
  const inserted: Run = {
    first: at,
    last: at,
    value,
    hiddenBefore: hidden === 'later' ? 'anything' : hidden,
  };
  const moved: Run = { ...later, hiddenBefore: hidden === 'earlier' ? 'anything' : hidden };
  return { runs: runs.toSpliced(index, 1, inserted, moved), effect: 'refined' };
}

function hide(runs: readonly Run[], index: number, later: Run): Applied {
  return { runs: runs.with(index, { ...later, hiddenBefore: 'anything' }), effect: 'unconfirmed' };
}

/** Strictly inside a run of another value: only the run's two ends are still proven. */
function split(runs: readonly Run[], index: number, { at, value }: Observation): Applied {
  const run = runAt(runs, index);
  const pieces: Run[] = [
    { ...run, last: run.first },
    { first: at, last: at, value, hiddenBefore: 'earlier' },
    { ...run, first: run.last, hiddenBefore: 'later' },
  ];
  return { runs: runs.toSpliced(index, 1, ...pieces), effect: 'split' };
}

/** Another value at a proven end of a run. */
function breakTie(runs: readonly Run[], index: number, { at, value }: Observation): Applied {
  const run = runAt(runs, index);
  if (compareValues(value, run.value) < 0) return { runs, effect: 'tie-kept' };
  const pieces: Run[] = [];
  if (at > run.first) pieces.push({ ...run, last: run.first });
  pieces.push({
    first: at,
    last: at,
    value,
    // What was hidden in front of the run and had its value is no neighbour's any more.
    hiddenBefore: at > run.first ? 'earlier' : run.hiddenBefore === 'later' ? 'anything' : run.hiddenBefore,
  });
  if (at < run.last) pieces.push({ ...run, first: run.last, hiddenBefore: 'later' });
  const next = runs[index + 1];
  const replaced = runs.toSpliced(index, 1, ...pieces);
  if (next !== undefined && at === run.last && next.hiddenBefore === 'earlier') {
    replaced[index + pieces.length] = { ...next, hiddenBefore: 'anything' };
  }
  return { runs: joinEqualNeighbours(replaced), effect: 'tie-replaced' };
}

/**
 * A replaced value can equal a neighbour's. The two become one run, unless other values may be hidden between them:
 * then the shorter one is given up (the newest never is, because it is the current state).
 */
function joinEqualNeighbours(runs: readonly Run[]): Run[] {
  const joined: Run[] = [];
  for (const [index, next] of runs.entries()) {
    let run = next;
    for (let before = joined.at(-1); before !== undefined; before = joined.at(-1)) {
      if (!sameValue(before.value, run.value)) break;
      if (run.hiddenBefore !== 'anything') {
        joined.pop();
        run = { ...before, last: run.last };
        break;
      }
      const newest = index === runs.length - 1;
      if (newest || before.last - before.first <= run.last - run.first) {
        joined.pop();
      } else {
        return joinEqualNeighbours([...joined, ...giveUp(runs.slice(index + 1))]);
      }
    }
    joined.push(run);
  }
  return joined;
}

/** The run in front of these was given up: what it covered is hidden now. */
function giveUp(following: readonly Run[]): Run[] {
  return following.map((run, index) => (index === 0 ? { ...run, hiddenBefore: 'anything' } : run));
}

function runAt(runs: readonly Run[], index: number): Run {
  const run = runs[index];
  if (run === undefined) throw new RangeError(`there is no run ${index}`);
  return run;
}
