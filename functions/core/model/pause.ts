import { z } from 'zod';

/** An operator's order that a storage domain is not written to; null: there is none. */
export const operatorPauseSchema = z
  .strictObject({
    reason: z.string().min(1),
    since: z.iso.datetime().transform((text) => new Date(text)),
  })
  .nullable();
export type OperatorPause = z.output<typeof operatorPauseSchema>;
