import { z } from 'zod';

/**
 * How far the comparison of a marketplace's books with its database has come, and how many references were `lost` in this round
 * of it and in the one before. A round ends with the newest sweep; the next begins with the oldest in view.
 */
export const roundSchema = z.object({
  sweepId: z.string().nullable(),
  jobNumber: z.number().int().nullable(),
  lost: z.number().int().nonnegative(),
  lostBefore: z.number().int().nonnegative(),
});
export type Round = z.infer<typeof roundSchema>;
export const newRound: Round = { sweepId: null, jobNumber: null, lost: 0, lostBefore: 0 };
