import type { Log, Metrics } from '../../functions/core/ports/runtime.ts';

/** Nobody reads the logs of thousands of runs. */
export const quiet: Log & Metrics = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  count: () => undefined,
  gauge: () => undefined,
};
