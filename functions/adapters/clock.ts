import type { Clock } from '../core/ports/runtime.ts';

/** The time of the machine. */
export const systemClock: Clock = { now: () => new Date() };
