import { z } from 'zod';

/**
 * How fast a marketplace is asked, over all its workers (F35). Times are milliseconds of the epoch, with fractions.
 * `rate` is requests per second; `nextFreeAt` is the end of the last stretch of time that a worker has taken;
 * `notBefore` is when the marketplace lets us come back (Retry-After); `slowedAt` is when the rate last fell.
 */
export const paceSchema = z.strictObject({
  rate: z.number().positive(),
  nextFreeAt: z.number().nonnegative(),
  notBefore: z.number().nonnegative(),
  slowedAt: z.number().nonnegative(),
});
export type Pace = z.output<typeof paceSchema>;

/** The pace of a marketplace that was not asked yet; `rate` in requests per second. */
export function newPace(rate: number): Pace {
  return { rate, nextFreeAt: 0, notBefore: 0, slowedAt: 0 };
}
