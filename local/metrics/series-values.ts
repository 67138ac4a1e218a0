/** One value per period, oldest first; null where there is none. */
export type Series = readonly (number | null)[];
/** What a part of an expression is worth: a scalar, a time series, or an array of them. */
export type Value = number | Series | Series[];
export type Kind = 'scalar' | 'series' | 'array';

export const isScalar = (value: Value): value is number => typeof value === 'number';
export const isArray = (value: Value): value is Series[] =>
  Array.isArray(value) && value.every((item) => Array.isArray(item));

const known = (value: number): number | null => (Number.isFinite(value) ? value : null);

/**
 * Applies an operator point by point. A value that only one series lacks counts as 0, a point that all lack stays missing,
 * and so does a division by zero. Source: "Using metric math", arithmetic and comparison operators.
 */
export function combine(left: Value, right: Value, operator: (a: number, b: number) => number): Value {
  if (isArray(left)) return left.map((item) => combine(item, right, operator) as Series);
  if (isArray(right)) return right.map((item) => combine(left, item, operator) as Series);
  if (isScalar(left) && isScalar(right)) return operator(left, right);
  const length = isScalar(left) ? (right as Series).length : left.length;
  return Array.from({ length }, (_, index) => {
    const a = isScalar(left) ? left : (left[index] ?? null);
    const b = isScalar(right) ? right : (right[index] ?? null);
    const missing = (isScalar(left) || a === null) && (isScalar(right) || b === null);
    return missing ? null : known(operator(a ?? 0, b ?? 0));
  });
}

/** One series out of several, point by point over the values that are there. */
export function reduce(array: readonly Series[], reducer: (values: number[]) => number): Series {
  const length = array[0]?.length ?? 0;
  return Array.from({ length }, (_, index) => {
    const values = array.map((series) => series[index] ?? null).filter((value) => value !== null);
    return values.length === 0 ? null : reducer(values);
  });
}

/** Fills what is missing with a scalar, with another series, or with the value before it. */
export function fill(value: Value, filler: number | Series | 'REPEAT'): Value {
  if (isArray(value)) return value.map((item) => fill(item, filler) as Series);
  if (isScalar(value)) return value;
  let previous: number | null = null;
  return value.map((point, index) => {
    if (point !== null) previous = point;
    if (point !== null || filler === 'REPEAT') return point ?? previous;
    return isScalar(filler) ? filler : (filler[index] ?? null);
  });
}

/** `IF`: a point whose condition is missing is dropped; a true one without value is 0; a false one without value is dropped. */
export function choose(condition: number | Series, yes: number | Series, no: number | Series | null): Series {
  const length = [condition, yes, no].find((value): value is Series => Array.isArray(value))?.length ?? 0;
  const at = (value: number | Series | null, index: number) =>
    value === null || isScalar(value) ? value : (value[index] ?? null);
  return Array.from({ length }, (_, index) => {
    const decision = at(condition, index);
    if (decision === null) return null;
    if (decision === 0) return at(no, index);
    const chosen = at(yes, index);
    // A scalar condition takes the series as it is; only a series of conditions puts 0 for what is not there.
    return chosen === null && !isScalar(condition) ? 0 : chosen;
  });
}
