import type { AlarmId } from '../../lib/alarms/catalogue.ts';

/** Alarms that no drill makes fire, each with the reason why none can, and what holds the alarm in its place. */
export const undrilled: Partial<Record<AlarmId, string>> = {};
