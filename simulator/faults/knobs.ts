import { type Absurdity, absurdities } from '../site.ts';

export const blockKinds = [
  '403',
  '429',
  '429-retry-after',
  'captcha-page',
  'captcha-redirect',
  '404-wall',
  '500-blocked',
] as const;
export type BlockKind = (typeof blockKinds)[number];

export const outageKinds = ['refused', 'hang', '503'] as const;

/**
 * The faults of one marketplace, changed at run time. Shares are from 0 to 1 of the requests; which ones is decided
 * by the seed and the number of the request. Durations and counts start when the knob is set.
 */
export interface Knobs {
  /** After that many more requests, refuse everything for `forMs` (null: until the knob is cleared). */
  readonly block: {
    readonly kind: BlockKind;
    readonly afterRequests: number;
    readonly forMs: number | null;
    readonly retryAfterSeconds: number;
    /** Start counting again when the block is over. */
    readonly repeat: boolean;
  } | null;
  /** The answer sends the client to this address, whatever it is. */
  readonly redirect: { readonly share: number; readonly location: string } | null;
  readonly outage: { readonly kind: (typeof outageKinds)[number]; readonly forMs: number | null } | null;
  readonly drip: { readonly share: number; readonly bytesPerSecond: number } | null;
  /** The body goes on for so many megabytes; its length is not announced. */
  readonly huge: { readonly share: number; readonly megabytes: number } | null;
  /** Log-normal delay before the answer starts. */
  readonly latency: { readonly medianMs: number; readonly p99Ms: number } | null;
  /** The connection is reset in the middle of the body. */
  readonly resetShare: number;
  readonly errorShare: number;
  readonly errorStatus: number;
  readonly emptyShare: number;
  /** The body ends too early in a response that is otherwise complete. */
  readonly truncatedShare: number;
  readonly absurdShare: number;
  readonly absurdKinds: readonly Absurdity[];
  /** Null: the current shape. Begins after that many more requests, or with that epoch, whichever is later. */
  readonly shape: {
    readonly name: string;
    readonly share: number;
    readonly afterRequests: number;
    readonly fromEpoch: number;
  } | null;
}

export const noFaults: Knobs = {
  block: null,
  redirect: null,
  outage: null,
  drip: null,
  huge: null,
  latency: null,
  resetShare: 0,
  errorShare: 0,
  errorStatus: 502,
  emptyShare: 0,
  truncatedShare: 0,
  absurdShare: 0,
  absurdKinds: absurdities,
  shape: null,
};

/** What was wrong with knobs that someone sent, one sentence each. */
export class KnobError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join(' '));
    this.faults = faults;
  }
}

/** Checks one value; returns it, with defaults filled in, or says what it must be. */
type Check = (value: unknown) => { ok: unknown } | { must: string };

const share: Check = (value) =>
  typeof value === 'number' && value >= 0 && value <= 1 ? { ok: value } : { must: 'be a number from 0 to 1' };

const positive: Check = (value) =>
  typeof value === 'number' && Number.isFinite(value) && value > 0
    ? { ok: value }
    : { must: 'be a number above 0' };

const count: Check = (value) =>
  Number.isInteger(value) && Number(value) >= 0 ? { ok: value } : { must: 'be a whole number from 0' };

const text: Check = (value) =>
  typeof value === 'string' && value !== '' ? { ok: value } : { must: 'be a text' };

const flag: Check = (value) => (typeof value === 'boolean' ? { ok: value } : { must: 'be true or false' });

const oneOf =
  (words: readonly string[]): Check =>
  (value) =>
    words.includes(String(value)) ? { ok: value } : { must: `be one of ${words.join(', ')}` };

const orNull =
  (check: Check): Check =>
  (value) =>
    value === null ? { ok: null } : check(value);

/** An object with exactly these keys, or null; keys with a default may be left out. */
const record =
  (checks: Record<string, Check>, defaults: Record<string, unknown>): Check =>
  (value) => {
    if (value === null) return { ok: null };
    if (typeof value !== 'object' || Array.isArray(value)) return { must: 'be an object or null' };
    const given: Record<string, unknown> = { ...defaults, ...value };
    for (const key of Object.keys(given)) if (!checks[key]) return { must: `not have a "${key}"` };
    for (const [key, check] of Object.entries(checks)) {
      const result = check(given[key]);
      if ('must' in result) return { must: `have a "${key}" that must ${result.must}` };
    }
    return { ok: given };
  };

const absurdList: Check = (value) =>
  Array.isArray(value) && value.length > 0 && value.every((kind) => absurdities.includes(kind))
    ? { ok: value }
    : { must: `be a list of ${absurdities.join(', ')}` };

const httpError: Check = (value) =>
  Number.isInteger(value) && Number(value) >= 500 && Number(value) <= 599
    ? { ok: value }
    : { must: 'be a status from 500 to 599' };

const checks = (shapes: readonly string[]): Record<keyof Knobs, Check> => ({
  block: record(
    {
      kind: oneOf(blockKinds),
      afterRequests: count,
      forMs: orNull(positive),
      retryAfterSeconds: count,
      repeat: flag,
    },
    { afterRequests: 0, forMs: null, retryAfterSeconds: 30, repeat: false },
  ),
  redirect: record({ share, location: text }, { share: 1 }),
  outage: record({ kind: oneOf(outageKinds), forMs: orNull(positive) }, { forMs: null }),
  drip: record({ share, bytesPerSecond: positive }, { share: 1 }),
  huge: record({ share, megabytes: positive }, { share: 1 }),
  latency: record({ medianMs: positive, p99Ms: positive }, {}),
  resetShare: share,
  errorShare: share,
  errorStatus: httpError,
  emptyShare: share,
  truncatedShare: share,
  absurdShare: share,
  absurdKinds: absurdList,
  shape: record(
    { name: oneOf([...shapes, 'unknown']), share, afterRequests: count, fromEpoch: count },
    { share: 1, afterRequests: 0, fromEpoch: 0 },
  ),
});

/**
 * Merges a patch into knobs: each key given replaces that knob, null puts it back to its default. Returns a complete,
 * valid set; throws KnobError with every fault at once.
 */
export function mergeKnobs(current: Knobs, patch: unknown, shapes: readonly string[]): Knobs {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch))
    throw new KnobError(['Knobs must be a JSON object.']);
  const known: Record<string, Check> = checks(shapes);
  const faults: string[] = [];
  const merged: Record<string, unknown> = { ...current };
  for (const [key, value] of Object.entries(patch)) {
    const check = known[key];
    if (!check) {
      faults.push(`There is no knob "${key}"; there are ${Object.keys(known).join(', ')}.`);
      continue;
    }
    const result = value === null ? { ok: noFaults[key as keyof Knobs] } : check(value);
    if ('must' in result) faults.push(`"${key}" must ${result.must}.`);
    else merged[key] = result.ok;
  }
  if (faults.length > 0) throw new KnobError(faults);
  // Every key was checked above, so the record has the type that the checks describe.
  return merged as unknown as Knobs;
}
