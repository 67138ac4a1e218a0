import fc from 'fast-check';

type Path = readonly (string | number)[];

/** What is done to one place of a body. `scale` multiplies a number; other values are turned into 10 to that power. */
export type Change =
  | { change: 'drop' }
  | { change: 'replace'; by: unknown }
  | { change: 'scale'; exponent: number }
  | { change: 'repeat' };
export interface Mutation {
  /** Picks a place among all places of the body: its number, modulo how many there are. */
  place: number;
  change: Change;
}

const replacements = [
  null,
  '',
  'x',
  '159000',
  '-5',
  'Infinity',
  0,
  -1,
  0.5,
  159_000.123,
  1e13,
  1e300,
  Number.MAX_SAFE_INTEGER,
  true,
  false,
  [],
  {},
  [null],
];

export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({
    // Without the bias towards small numbers, which would break the root of the body again and again.
    place: fc.noBias(fc.nat(1_000_000)),
    change: fc.oneof(
      fc.constant<Change>({ change: 'drop' }),
      fc.constantFrom(...replacements).map((by): Change => ({ change: 'replace', by })),
      fc.integer({ min: -8, max: 12 }).map((exponent): Change => ({ change: 'scale', exponent })),
      fc.constant<Change>({ change: 'repeat' }),
    ),
  }),
  { minLength: 1, maxLength: 3 },
);

/** Every place in a JSON value but its root. */
export function places(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return entries.flatMap(([key, inner]) => [[...path, key], ...places(inner, [...path, key])]);
}

/** A changed copy. */
export function mutate(json: unknown, list: readonly Mutation[]): unknown {
  const copy: unknown = structuredClone(json);
  for (const { place, change } of list) {
    const all = places(copy);
    const path = all[place % all.length];
    if (path) apply(copy, path, change);
  }
  // As it will be on the wire: what JSON cannot hold is gone.
  return JSON.parse(JSON.stringify(copy));
}

function apply(root: unknown, path: Path, change: Change): void {
  const holder = path.slice(0, -1).reduce<unknown>((inner, key) => Reflect.get(Object(inner), key), root);
  const key = path.at(-1);
  if (typeof holder !== 'object' || holder === null || key === undefined) return;
  const old: unknown = Reflect.get(holder, key);
  if (change.change === 'drop') {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else Reflect.deleteProperty(holder, key);
  } else if (change.change === 'repeat') {
    if (Array.isArray(holder)) holder.push(structuredClone(old));
  } else if (change.change === 'replace')
    // A copy: a later change of the list may go into it, and the next run is to begin with what stands above.
    Reflect.set(holder, key, structuredClone(change.by));
  else Reflect.set(holder, key, (typeof old === 'number' ? old : 1) * 10 ** change.exponent);
}

/** Every number in a JSON value, those that are written as text too, as exact text. */
export function numbersIn(value: unknown): Set<string> {
  const texts = new Set<string>();
  const open = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === 'number' || (typeof next === 'string' && /^-?\d+(\.\d+)?$/.test(next)))
      texts.add(String(Number(next)));
    else if (typeof next === 'object' && next !== null) open.push(...Object.values(next));
  }
  return texts;
}
