/** Where a reference of a sweep ended. The books balance when these (and those in flight) add up to what was dispatched. */
export const referenceOutcomes = [
  'stored',
  'unchanged',
  'gone',
  'quarantined',
  'parked',
  'dead-lettered',
] as const;
export type ReferenceOutcome = (typeof referenceOutcomes)[number];

/**
 * What the audit found when it looked for a reference in the database: nothing, although it has been under way for long
 * (`missing`), or nothing although the books called it done (`lost`). Neither is an outcome; both are dispatched again.
 */
export type Gap = 'missing' | 'lost';

/** Counts of a sweep, in references. Gaps count as in flight: their outcome is still to come. */
export interface Books {
  dispatched: number;
  stored: number;
  unchanged: number;
  gone: number;
  quarantined: number;
  parked: number;
  deadLettered: number;
  inFlight: number;
}

export function emptyBooks(): Books {
  return {
    dispatched: 0,
    stored: 0,
    unchanged: 0,
    gone: 0,
    quarantined: 0,
    parked: 0,
    deadLettered: 0,
    inFlight: 0,
  };
}
