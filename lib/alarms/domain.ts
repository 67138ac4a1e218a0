import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { metric } from '../../functions/contract/metrics.ts';
import type { DomainSettings, Settings } from '../config/schema.ts';
import type { Database } from '../constructs/database.ts';
import type { NarxFunction } from '../constructs/narx-function.ts';
import { gatekeeperAlarm } from './marketplace.ts';
import { awsMetric, fiveMinutes, narxMetric } from './metrics.ts';
import type { RunbookAlarms } from './runbook-alarm.ts';

const { GREATER_THAN_THRESHOLD: above, LESS_THAN_THRESHOLD: below } = ComparisonOperator;
const gib = 1024 ** 3;
/** Twenty times what a request may take. A cold start, of which a quiet API has many, stays below it. */
const slowApiMs = 1_000;
const microsecondsPerSecond = 1_000_000;
/** RDS ships its log every five minutes. */
const restorableWithinSeconds = 3_600;

/** What store, audit, archive and gatekeeper say about a storage domain. */
export function domainAlarms(alarms: RunbookAlarms, domain: string): void {
  alarms.add('breaker-open', {
    dimension: domain,
    metric: narxMetric('gatekeeper', { domain }, metric.breakerOpen, 'Maximum', Duration.minutes(1)),
    comparison: above,
    thresholds: { critical: 0 },
    periods: 1,
    breaching: 1,
  });
  gatekeeperAlarm(alarms, domain, { domain });
  alarms.add('audit-not-running', {
    dimension: domain,
    // Three runs of the audit.
    metric: narxMetric('audit', { domain }, metric.heartbeat, 'Sum', Duration.minutes(15)),
    comparison: below,
    thresholds: { critical: 1 },
    periods: 1,
    breaching: 1,
  });
  for (const [id, name] of [
    ['rows-quarantined', metric.rowsQuarantined],
    ['currency-changed', metric.currencyChanges],
  ] as const)
    alarms.add(id, {
      dimension: domain,
      metric: narxMetric('store', { domain }, name, 'Sum'),
      comparison: above,
      thresholds: { warning: 0 },
      periods: 1,
      breaching: 1,
    });
  alarms.add('archive-run-missed', {
    dimension: domain,
    // Three runs of the archive.
    metric: narxMetric('archive', { domain }, metric.heartbeat, 'Sum', Duration.hours(3)),
    comparison: below,
    thresholds: { critical: 1 },
    periods: 1,
    breaching: 1,
  });
  alarms.add('partition-missing', {
    dimension: domain,
    metric: narxMetric('audit', { domain }, metric.partitionsMissing, 'Maximum'),
    comparison: above,
    thresholds: { critical: 0 },
    periods: 3,
    breaching: 2,
  });
  alarms.add('duplicate-rows', {
    dimension: domain,
    metric: narxMetric('audit', { domain }, metric.duplicateRows, 'Maximum'),
    comparison: above,
    thresholds: { critical: 0 },
    periods: 3,
    breaching: 2,
  });
}

/** How the read API answers: a request that is slow or fails was asked by somebody who waits for it. */
export function apiAlarms(alarms: RunbookAlarms, domain: string, api: NarxFunction): void {
  alarms.add('api-failing', {
    dimension: domain,
    logs: api,
    metric: new MathExpression({
      expression: 'FILL(errors, 0) + FILL(failures, 0)',
      usingMetrics: {
        errors: awsMetric('AWS/Lambda', 'Errors', { FunctionName: api.functionName }, 'Sum'),
        failures: narxMetric('api', { domain }, metric.apiFailures, 'Sum'),
      },
      period: fiveMinutes,
      label: 'Requests that failed',
    }),
    comparison: above,
    thresholds: { critical: 0 },
    periods: 3,
    breaching: 2,
  });
  alarms.add('api-slow', {
    dimension: domain,
    logs: api,
    metric: awsMetric('AWS/Lambda', 'Duration', { FunctionName: api.functionName }, 'p99'),
    comparison: above,
    thresholds: { warning: slowApiMs },
    periods: 3,
    breaching: 3,
  });
}

/** What RDS says about the instance and its proxy. */
export function databaseAlarms(
  alarms: RunbookAlarms,
  domain: string,
  settings: DomainSettings,
  marks: Settings['storage'],
  database: Database,
): void {
  const instance = { DBInstanceIdentifier: database.instance.instanceIdentifier };
  // What waits for the database says so.
  const logs = { service: 'store', owner: domain };
  const proxy = { ProxyName: database.proxy.dbProxyName };
  alarms.add('database-connections', {
    dimension: domain,
    logs,
    metric: awsMetric('AWS/RDS', 'DatabaseConnections', instance, 'Maximum'),
    comparison: above,
    thresholds: { warning: 0.8 * settings.maxConnections, critical: 0.95 * settings.maxConnections },
    periods: 3,
    breaching: 2,
  });
  alarms.add('free-storage', {
    dimension: domain,
    logs,
    // Of what was allocated at first: storage that has grown by itself alarms later in percent, not in bytes.
    metric: awsMetric('AWS/RDS', 'FreeStorageSpace', instance, 'Minimum'),
    comparison: below,
    thresholds: {
      warning: Math.round((marks.warnBelowPercent / 100) * settings.allocatedStorageGb * gib),
      critical: Math.round((marks.criticalBelowPercent / 100) * settings.allocatedStorageGb * gib),
    },
    periods: 3,
    breaching: 3,
  });
  alarms.add('storage-held', {
    dimension: domain,
    metric: narxMetric('gatekeeper', { domain }, metric.storageHeld, 'Maximum', Duration.minutes(1)),
    comparison: above,
    thresholds: { critical: 0 },
    periods: 1,
    breaching: 1,
  });
  alarms.add('storage-forecast', {
    dimension: domain,
    metric: narxMetric('gatekeeper', { domain }, metric.daysUntilFull, 'Minimum', Duration.hours(1)),
    comparison: below,
    thresholds: { warning: marks.forecastDays },
    periods: 3,
    breaching: 3,
  });
  alarms.add('backup-missing', {
    dimension: domain,
    metric: narxMetric('gatekeeper', { domain }, metric.restorableAgeSeconds, 'Minimum'),
    comparison: above,
    thresholds: { warning: restorableWithinSeconds },
    periods: 3,
    breaching: 3,
  });
  alarms.add('proxy-pinning', {
    dimension: domain,
    logs,
    metric: awsMetric('AWS/RDS', 'DatabaseConnectionsCurrentlySessionPinned', proxy, 'Average'),
    comparison: above,
    thresholds: { warning: 0 },
    periods: 3,
    breaching: 3,
  });
  alarms.add('proxy-borrow-latency', {
    dimension: domain,
    logs,
    metric: awsMetric('AWS/RDS', 'DatabaseConnectionsBorrowLatency', proxy, 'Average'),
    comparison: above,
    thresholds: { warning: microsecondsPerSecond },
    periods: 3,
    breaching: 2,
  });
}
