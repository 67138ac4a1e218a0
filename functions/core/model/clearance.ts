import { z } from 'zod';

/**
 * How far a marketplace's flow is known to have come: a job that was handed to the queue up to this instant is in no queue any
 * more. What came of it is in the database, among the dead letters, or nowhere. Null: nobody has looked yet.
 */
export const clearanceSchema = z.object({
  before: z.iso
    .datetime()
    .transform((text) => new Date(text))
    .nullable(),
});
export type Clearance = z.infer<typeof clearanceSchema>;
export const noClearance: Clearance = { before: null };

/** The later of both: what has come through stays so. */
export function clearedUpTo(current: Clearance, before: Date | null): Clearance {
  return before === null || (current.before !== null && current.before >= before) ? current : { before };
}
