import { z } from 'zod';
import { referenceSchema } from './reference.ts';

const instant = z.iso.datetime().transform((text) => new Date(text));

/**
 * What every gate knows. `since` is when its state began. `closings` counts the closings in a row: a success after a
 * reopening that held makes it 0. `coolDownMs` is how long the last cool-down was to last. `benched` are the exits that
 * are not used before `until`, with how many times in a row they were benched.
 */
const standing = {
  since: instant,
  closings: z.number().int().nonnegative(),
  coolDownMs: z.number().nonnegative(),
  benched: z.record(z.string(), z.object({ until: instant, times: z.number().int().positive() })),
};

/**
 * Whether a marketplace may be asked (F30, F36), in the form in which all workers share it.
 *
 * - `open`: it may.
 * - `cooling`: nobody asks it before `until`; after that one probe decides. `probes` are references to probe with, the most
 *   telling first. `lease` is held by whoever is probing right now.
 * - `closed`: an operator closed it; only an operator opens it.
 */
export const gateSchema = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('open'), ...standing }),
  z.strictObject({
    state: z.literal('cooling'),
    ...standing,
    trouble: z.enum(['blocked', 'unavailable']),
    reason: z.string(),
    until: instant,
    probes: z.array(referenceSchema),
    lease: z.object({ owner: z.string().min(1), expiresAt: instant }).nullable(),
  }),
  z.strictObject({ state: z.literal('closed'), ...standing, reason: z.string() }),
]);
export type Gate = z.output<typeof gateSchema>;
/** `blocked`: we are not wanted. `unavailable`: nobody is answered. */
export type Trouble = Extract<Gate, { state: 'cooling' }>['trouble'];

/** The gate of a marketplace that nothing ever happened to. */
export function newGate(): Gate {
  return { state: 'open', since: new Date(0), closings: 0, coolDownMs: 0, benched: {} };
}
