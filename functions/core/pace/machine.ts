import type { Pace } from '../model/pace.ts';

/**
 * The shared rate as a state machine: a leaky bucket whose rate rises by a little with every clean second and halves when
 * the marketplace pushes back (additive increase, multiplicative decrease). Every function returns the next state, or the
 * very same object when nothing changes. Times are milliseconds of the epoch.
 */
export interface PaceLimits {
  /** Requests per second, never fewer and never more. */
  floor: number;
  ceiling: number;
}

/** A stretch of time that one worker has for itself: `count` requests from `startsAt` on, one every `intervalMs`. */
export interface Stretch {
  startsAt: number;
  count: number;
  intervalMs: number;
}

/** No invocation of Lambda is longer. */
const FURTHEST_AHEAD_MS = 15 * 60_000;
/** From the floor to the ceiling without one pushback takes this long. */
const CLIMB_SECONDS = 600;
/** All that is in flight when the rate falls was sent at the old one: it says nothing about the new one. */
export const WINDOW_MS = 10_000;

/**
 * Takes a stretch for up to `wanted` requests that begins and ends within `horizonMs`: a worker does not wait longer than
 * it lives. A stretch of no requests takes nothing; its `startsAt` is when to ask again.
 */
export function reserved(
  pace: Pace,
  wanted: number,
  at: number,
  horizonMs: number,
  limits: PaceLimits,
): { pace: Pace; stretch: Stretch } {
  const rate = within(pace.rate, limits);
  // Further ahead nobody can have taken starts: it was a worker whose clock is wrong (F38).
  const taken = pace.nextFreeAt > at + FURTHEST_AHEAD_MS ? at : pace.nextFreeAt;
  const startsAt = Math.max(at, taken, pace.notBefore);
  const intervalMs = 1000 / rate;
  const fits = Math.floor((at + horizonMs - startsAt) / intervalMs);
  const count = Math.max(0, Math.min(wanted, fits));
  const stretch = { startsAt, count, intervalMs };
  if (count === 0) return { pace, stretch };
  return { pace: { ...pace, rate, nextFreeAt: startsAt + count * intervalMs }, stretch };
}

/** `seconds` of the shared time went by without a pushback. */
export function quickened(pace: Pace, seconds: number, limits: PaceLimits): Pace {
  const step = ((limits.ceiling - limits.floor) / CLIMB_SECONDS) * seconds;
  const rate = within(pace.rate + step, limits);
  return rate === pace.rate ? pace : { ...pace, rate };
}

/**
 * The marketplace pushed back on a request that was sent at `askedAt`. Of all that were sent before the rate fell, and of
 * all that is reported within one window, only the first counts. `notBefore` is 0 when it named no time.
 */
export function slowed(
  pace: Pace,
  push: { askedAt: number; at: number; notBefore: number },
  windowMs: number,
  limits: PaceLimits,
): Pace {
  const notBefore = Math.max(pace.notBefore, push.notBefore);
  const counts = push.askedAt >= pace.slowedAt && push.at - pace.slowedAt >= windowMs;
  if (!counts) return notBefore === pace.notBefore ? pace : { ...pace, notBefore };
  return { ...pace, rate: within(pace.rate / 2, limits), slowedAt: push.at, notBefore };
}

function within(rate: number, { floor, ceiling }: PaceLimits): number {
  return Math.min(ceiling, Math.max(floor, rate));
}
