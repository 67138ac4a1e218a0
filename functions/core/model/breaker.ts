import { z } from 'zod';

const instant = z.iso.datetime().transform((text) => new Date(text));
const lease = z.object({ owner: z.string().min(1), expiresAt: instant }).nullable();

/**
 * Whether a storage domain's database is written to (F02), in the form in which all workers share it. `openings` counts
 * the openings in a row: a reopening that held makes it 0.
 *
 * - `closed`: it is. `failures` are those in a row that mean that nobody could be served. `drain`: it has just come back,
 *   and batches start one after the other at a growing rate; `nextAt` is when the next one may.
 * - `open`: nobody writes. From `probeAt` on the gatekeeper asks whether it can be written to. `lease` is held by whoever
 *   asks right now. `since` is when the outage was noticed.
 * - `half-open`: it answers again, and one batch, `trial`, shows whether it stores. Everybody else waits.
 */
export const breakerSchema = z.discriminatedUnion('state', [
  z.strictObject({
    state: z.literal('closed'),
    since: instant,
    openings: z.number().int().nonnegative(),
    failures: z.number().int().nonnegative(),
    drain: z.object({ startedAt: instant, nextAt: instant }).nullable(),
  }),
  z.strictObject({
    state: z.literal('open'),
    since: instant,
    openings: z.number().int().positive(),
    reason: z.string(),
    probeAt: instant,
    lease,
  }),
  z.strictObject({
    state: z.literal('half-open'),
    since: instant,
    openings: z.number().int().positive(),
    reason: z.string(),
    probeAt: instant,
    lease,
    trial: lease,
  }),
]);
export type Breaker = z.output<typeof breakerSchema>;

/** The breaker of a domain that nothing ever happened to. */
export function newBreaker(): Breaker {
  return { state: 'closed', since: new Date(0), openings: 0, failures: 0, drain: null };
}
