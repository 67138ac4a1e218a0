import { z } from 'zod';

const instant = z.iso.datetime().transform((text) => new Date(text));

/**
 * How far a marketplace's flow is known to have come: a job that was handed to the queue up to this instant is in no queue any
 * more, and not in the spill. What came of it is in the database, among the dead letters, or nowhere. Null: nobody has looked yet.
 */
export const clearanceSchema = z.object({
  before: instant.nullable(),
  /** When the spill was looked at last, and when it was last not known to be empty. Null: nobody has looked yet. */
  spill: z.object({ lookedAt: instant, until: instant }).nullable().default(null),
});
export type Clearance = z.infer<typeof clearanceSchema>;
export const noClearance: Clearance = { before: null, spill: null };

/** The later of both: what has come through stays so. */
export function clearedUpTo(current: Clearance, before: Date | null): Clearance {
  return before === null || (current.before !== null && current.before >= before)
    ? current
    : { ...current, before };
}

/**
 * After a look at the spill. What came and went between two looks was there for less than `everyMs`; when they are farther
 * apart, for how long nobody knows, and it counts as not empty.
 */
export function lookedIntoSpill(
  current: Clearance,
  { waits, at, everyMs }: { waits: boolean; at: Date; everyMs: number },
): Clearance {
  const { spill } = current;
  const isKnown = spill !== null && at.getTime() - spill.lookedAt.getTime() <= everyMs;
  const until = isKnown && (!waits || at < spill.until) ? spill.until : at;
  // Of two detectors the one that was held up does not take back what the other has seen.
  return { ...current, spill: { lookedAt: spill && spill.lookedAt > at ? spill.lookedAt : at, until } };
}
