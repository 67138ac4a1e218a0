import type { AlarmId } from '../../lib/alarms/catalogue.ts';

/** Alarms that no drill makes fire yet. It only gets shorter: a new alarm comes with its drill. */
export const undrilled: readonly AlarmId[] = [
  'schedule-undeliverable',
  'price-changes-per-day',
  'cost-per-million',
  'dispatch-not-running',
  'audit-not-running',
  'observations-stopped',
  'observations-stale',
  'confirmed-per-day',
  'gatekeeper-not-running',
  'replay-not-running',
  'schedule-stopped',
  'worker-silent',
];
