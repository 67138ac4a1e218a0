import { z } from 'zod';
import { referenceSchema } from '../core/model/reference.ts';
import { visitSchema } from './messages.ts';

const common = {
  v: z.literal(1),
  marketplace: z.string().min(1),
  reason: z.string().min(1),
  detail: z.string(),
  /** When the page had arrived. */
  observedAt: z.iso.datetime(),
};
const job = z.object({ sweepId: z.string().min(1), jobNumber: z.number().int().nonnegative() });

/** What the quarantine keeps, each in an object of its own: a page that was not understood, or a row that the database refused. */
export const quarantinedSchema = z.discriminatedUnion('type', [
  z.object({
    ...common,
    type: z.literal('page'),
    reference: referenceSchema,
    /** The job that fetched it, and the place of the reference in it. */
    job: job.extend({ index: z.number().int().nonnegative() }),
    url: z.string(),
    status: z.number().int(),
    headers: z.record(z.string(), z.string()),
    body: z.object({ encoding: z.enum(['utf8', 'base64']), data: z.string() }),
  }),
  z.object({ ...common, type: z.literal('row'), job, row: z.union([visitSchema, referenceSchema]) }),
]);
export type Quarantined = z.infer<typeof quarantinedSchema>;

/** Every object of the quarantine begins with this; marketplace, day and reason follow, so that a list tells without reading. */
export const quarantinePrefix = 'quarantine/';
