import type { Chance } from './chance.ts';

/**
 * What can happen to a call of a process to the outside.
 *
 * - `refused`: it fails, and has no effect. `lost-answer`: it has its effect, and seems to fail.
 * - `late-effect`: it seems to fail, and takes effect a while later all the same.
 * - `repeated`: the answer is lost and the SDK asks again, so that it takes effect twice and the second answer counts.
 * - `death-before`, `death-after`: the process is killed just before (after) the effect.
 * - `sleep`: the process stops for longer than any lease or visibility timeout just before the call, and then goes on.
 * - `partial`: a batch of which the queue takes only some.
 */
export const faultKinds = [
  'refused',
  'lost-answer',
  'late-effect',
  'repeated',
  'death-before',
  'death-after',
  'sleep',
  'partial',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** The `n`-th call (from 0) at a place, such as `store: commit`. */
export interface Fault {
  readonly place: string;
  readonly n: number;
  readonly kind: FaultKind;
}

/** Which faults a run meets. */
export interface FaultPlan {
  at(place: string, n: number): FaultKind | null;
}

/** Every call fails with this probability, in a way that follows from the seed. */
export function randomFaults(chance: Chance, probability: number): FaultPlan {
  return {
    at: (place, n) =>
      chance.happens(place, n, probability, 1)
        ? (faultKinds[chance.pick(place, n, faultKinds.length, 2)] ?? null)
        : null,
  };
}

/** Exactly these. */
export function theseFaults(faults: readonly Fault[]): FaultPlan {
  const kinds = new Map(faults.map(({ place, n, kind }) => [`${place} ${n}`, kind]));
  return { at: (place, n) => kinds.get(`${place} ${n}`) ?? null };
}

export const noFaults: FaultPlan = { at: () => null };

export function describeFault({ place, n, kind }: Fault): string {
  return `${place} #${n + 1}: ${kind}`;
}
