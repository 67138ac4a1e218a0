import { z } from 'zod';
import { availabilities } from '../../core/model/snapshot.ts';

/** What requests and responses of the read API are made of. Descriptions end up in the OpenAPI document. */
export const instant = z.iso
  .datetime({ precision: 3 })
  .meta({ description: 'An instant in UTC, with milliseconds' });
export const amount = z
  .string()
  .regex(/^\d+(\.\d+)?$/)
  .meta({ description: 'An exact amount of money, as a decimal number' });
export const currency = z.string().regex(/^[A-Z]{3}$/);
export const availability = z.enum(availabilities);
/** What has a price; listings are the pipeline's own business. */
export const productKind = z.enum(['product', 'ad', 'lot']);
export type ProductKind = z.infer<typeof productKind>;

export const confirmed = z.object({ oldest: instant.nullable(), newest: instant.nullable() }).meta({
  id: 'Confirmed',
  description:
    'When the prices in this response were last seen at their marketplaces: the one that was seen longest ago, and the newest. Null when there are none.',
});
export type Confirmed = z.infer<typeof confirmed>;

/** RFC 9457. `errors` names each parameter that is at fault. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int().min(400).max(599),
    detail: z.string(),
    errors: z.array(z.object({ parameter: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problemSchema>;
