import { Logger } from '@aws-lambda-powertools/logger';
import { MetricUnit, Metrics as PowertoolsMetrics } from '@aws-lambda-powertools/metrics';
import { definitionOf, emits, metricNamespace } from '../contract/metrics.ts';
import type { Log, Metrics } from '../core/ports/runtime.ts';
import { vitals } from './vitals.ts';

/** Structured logs on stdout. Never pass a payload or a credential as a field (F52). */
export function createLog(serviceName: string): Log {
  const logger = new Logger({ serviceName });
  return {
    debug: (message, fields = {}) => logger.debug(message, fields),
    info: (message, fields = {}) => logger.info(message, fields),
    warn: (message, fields = {}) => logger.warn(message, fields),
    error: (message, fields = {}) => logger.error(message, fields),
  };
}

/** What the values of one `Metrics` belong to. */
export type MetricDimension = { marketplace: string } | { domain: string };

/**
 * Metrics in embedded metric format on stdout. Every metric has the dimension `service` (Powertools adds it: the
 * function's name as in `functions/<name>.lambda.ts`) and the one given here; alarms name the same set. Units come from the
 * catalogue. Call `flush` at the end of every invocation, failed ones included: it adds what the environment knows of itself,
 * as far as the catalogue says that this service reports it.
 */
export function createMetrics(serviceName: string, dimension: MetricDimension): Metrics & { flush(): void } {
  const metrics = new PowertoolsMetrics({
    namespace: metricNamespace,
    serviceName,
    defaultDimensions: dimension,
  });
  const add: Metrics['count'] = (name, value) => {
    const { unit } = definitionOf(name);
    metrics.addMetric(name, MetricUnit[unit === 'None' ? 'NoUnit' : unit], value);
  };
  const owner = 'marketplace' in dimension ? 'marketplace' : 'domain';
  const flush = (): void => {
    for (const { name, take } of vitals) {
      if (!emits(name, serviceName, owner)) continue;
      const value = take();
      if (value !== null) add(name, value);
    }
    metrics.publishStoredMetrics();
  };
  return { count: add, gauge: add, flush };
}
