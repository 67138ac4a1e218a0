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

/** Counts of a sweep, in references. */
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
