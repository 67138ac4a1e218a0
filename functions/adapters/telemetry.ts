import { Logger } from '@aws-lambda-powertools/logger';
import { MetricUnit, Metrics as PowertoolsMetrics } from '@aws-lambda-powertools/metrics';
import { metricNamespace } from '../contract/metrics.ts';
import type { Log, Metrics } from '../core/ports.ts';

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

/**
 * Metrics in embedded metric format on stdout. Every metric has the dimension `service` (Powertools adds it: the
 * function's name as in `functions/<name>.lambda.ts`) and those given here; alarms name the same set.
 * Call `flush` at the end of every invocation, failed ones included.
 */
export function createMetrics(
  serviceName: string,
  dimensions: Record<string, string>,
): Metrics & { flush(): void } {
  const metrics = new PowertoolsMetrics({
    namespace: metricNamespace,
    serviceName,
    defaultDimensions: dimensions,
  });
  return {
    count: (name, value) => metrics.addMetric(name, MetricUnit.Count, value),
    gauge: (name, value, unit) => metrics.addMetric(name, MetricUnit[unit], value),
    flush: () => metrics.publishStoredMetrics(),
  };
}
