import type { AlarmId } from '../../lib/alarms/catalogue.ts';

/** Alarms that no drill makes fire yet. It only gets shorter: a new alarm comes with its drill. */
export const undrilled: readonly AlarmId[] = [
  'schedule-undeliverable',
  'scrape-failing',
  'gaps-given-up',
  'spill-old',
  'currency-changed',
  'database-connections',
  'proxy-pinning',
  'proxy-borrow-latency',
  'price-changes-per-day',
  'worker-crashes',
  'memory-used',
  'duration-near-limit',
  'slow-queries',
  'log-volume',
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
