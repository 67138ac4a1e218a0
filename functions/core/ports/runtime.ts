import type { MetricName } from '../../contract/metrics.ts';

export interface Clock {
  now(): Date;
}

export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** Names and units are the catalogue's. */
export interface Metrics {
  /** Adds to what is summed up. */
  count(name: MetricName, value: number): void;
  /** States a value as it is at this moment. */
  gauge(name: MetricName, value: number): void;
}
