import { z } from 'zod';

const instant = z.iso.datetime().transform((text) => new Date(text));

/**
 * How full a storage domain's disk is, and whether that keeps it from being written to (F01), in the form in which all
 * runs of the gatekeeper share it.
 *
 * - `state`: `held` while nothing is written because the disk is nearly full. `since` is when that began or ended.
 * - `freeBytes` at `measuredAt`, as last measured; null before the first measurement.
 * - `daysUntilFull` at the pace of the last days, as computed at `forecastAt`; null when it does not fill up.
 */
export const storageSchema = z.strictObject({
  state: z.enum(['free', 'held']),
  since: instant,
  freeBytes: z.number().nonnegative().nullable(),
  measuredAt: instant,
  daysUntilFull: z.number().nonnegative().nullable(),
  forecastAt: instant,
});
export type Storage = z.output<typeof storageSchema>;

/** The disk of a domain that was never measured: it holds nothing back. */
export function newStorage(): Storage {
  const never = new Date(0);
  return {
    ...{ state: 'free', since: never, freeBytes: null, measuredAt: never },
    ...{ daysUntilFull: null, forecastAt: never },
  };
}
