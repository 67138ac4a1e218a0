import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator } from 'aws-cdk-lib/aws-cloudwatch';
import { metric } from '../../functions/contract/metrics.ts';
import { rateMinutes } from '../config/schedule-expression.ts';
import type { StageConfig } from '../config/schema.ts';
import type { DeadLetteredQueue } from '../constructs/dead-lettered-queue.ts';
import type { NarxFunction } from '../constructs/narx-function.ts';
import type { Scheduler } from '../constructs/scheduler.ts';
import type { AlarmId } from './catalogue.ts';
import { awsMetric, narxMetric } from './metrics.ts';
import type { RunbookAlarms } from './runbook-alarm.ts';

const { GREATER_THAN_THRESHOLD: above, LESS_THAN_THRESHOLD: below } = ComparisonOperator;

/** Errors in two of three periods: a single one is repeated by whoever called. */
export function functionAlarm(
  alarms: RunbookAlarms,
  id: Extract<AlarmId, 'dispatch-failing' | 'scrape-failing' | 'store-failing'>,
  level: 'warning' | 'critical',
  fn: NarxFunction,
  dimension: string | null,
): void {
  alarms.add(id, {
    dimension,
    metric: awsMetric('AWS/Lambda', 'Errors', { FunctionName: fn.functionName }, 'Sum'),
    comparison: above,
    thresholds: { [level]: 0 },
    periods: 3,
    breaching: 2,
  });
}

/** A deployment runs migrate once: its one error counts. */
export function migrationAlarm(alarms: RunbookAlarms, migrate: NarxFunction, domain: string): void {
  alarms.add('migration-failed', {
    dimension: domain,
    metric: awsMetric('AWS/Lambda', 'Errors', { FunctionName: migrate.functionName }, 'Sum'),
    comparison: above,
    thresholds: { critical: 0 },
    periods: 1,
    breaching: 1,
  });
}

export function scheduleAlarms(
  alarms: RunbookAlarms,
  config: StageConfig,
  dispatch: NarxFunction,
  scheduler: Scheduler,
): void {
  alarms.add('dispatch-not-running', {
    dimension: null,
    metric: awsMetric(
      'AWS/Lambda',
      'Invocations',
      { FunctionName: dispatch.functionName },
      'Sum',
      Duration.minutes(longestSilenceMinutes(config)),
    ),
    comparison: below,
    thresholds: { critical: 1 },
    periods: 1,
    breaching: 1,
  });
  alarms.add('schedule-undeliverable', {
    dimension: null,
    metric: awsMetric(
      'AWS/SQS',
      'ApproximateNumberOfMessagesVisible',
      { QueueName: scheduler.undeliverable.queueName },
      'Maximum',
    ),
    comparison: above,
    thresholds: { warning: 0 },
    periods: 1,
    breaching: 1,
  });
}

export function queueAlarms(alarms: RunbookAlarms, config: StageConfig, source: DeadLetteredQueue): void {
  const { alarms: levels } = config;
  const dimension = `${source.owner}-${source.kind}`;
  const waiting = (queueName: string) =>
    awsMetric('AWS/SQS', 'ApproximateNumberOfMessagesVisible', { QueueName: queueName }, 'Maximum');
  alarms.add('dlq-not-empty', {
    dimension,
    // Not NumberOfMessagesSent: it does not count what a redrive policy moves.
    metric: waiting(source.deadLetters.queueName),
    comparison: above,
    thresholds: { critical: 0 },
    periods: 1,
    breaching: 1,
  });
  alarms.add('queue-age', {
    dimension,
    metric: awsMetric(
      'AWS/SQS',
      'ApproximateAgeOfOldestMessage',
      { QueueName: source.queue.queueName },
      'Maximum',
    ),
    comparison: above,
    thresholds: {
      warning: levels.queueAgeWarningHours * 3600,
      critical: levels.queueAgeCriticalHours * 3600,
    },
    periods: 3,
    breaching: 2,
  });
  alarms.add('backlog', {
    dimension,
    metric: waiting(source.queue.queueName),
    comparison: above,
    thresholds: { warning: levels.backlogWarning, critical: levels.backlogCritical },
    periods: 3,
    breaching: 2,
  });
}

/** What the ledger could not be told, by the function that tried. */
export function ledgerAlarm(
  alarms: RunbookAlarms,
  service: 'scrape' | 'store',
  dimension: { marketplace: string } | { domain: string },
): void {
  alarms.add('ledger-write-failed', {
    dimension: `${service}-${'marketplace' in dimension ? dimension.marketplace : dimension.domain}`,
    metric: narxMetric(service, dimension, metric.ledgerWriteFailed, 'Sum'),
    comparison: above,
    thresholds: { warning: 0 },
    periods: 1,
    breaching: 1,
  });
}

/** Three times the interval of the fastest schedule, from a quarter of an hour to a day. A cron is taken for daily. */
export function longestSilenceMinutes({ marketplaces }: Pick<StageConfig, 'marketplaces'>): number {
  const intervals = Object.values(marketplaces)
    .filter(({ enabled }) => enabled)
    .flatMap(({ schedules }) => Object.values(schedules))
    .map((expression) => rateMinutes(expression ?? '') ?? 1_440);
  return Math.min(1_440, Math.max(15, 3 * Math.min(...intervals)));
}
