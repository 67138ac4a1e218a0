import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator } from 'aws-cdk-lib/aws-cloudwatch';
import { metric } from '../../functions/contract/metrics.ts';
import { rateMinutes } from '../config/schedule-expression.ts';
import type { MarketplaceSettings, StageConfig } from '../config/schema.ts';
import type { NarxFunction } from '../constructs/narx-function.ts';
import type { Scheduler } from '../constructs/scheduler.ts';
import { awsMetric, narxMetric } from './metrics.ts';
import type { RunbookAlarms } from './runbook-alarm.ts';

const { GREATER_THAN_THRESHOLD: above, LESS_THAN_THRESHOLD: below } = ComparisonOperator;

export function scheduleAlarms(
  alarms: RunbookAlarms,
  config: StageConfig,
  dispatch: NarxFunction,
  scheduler: Scheduler,
): void {
  alarms.add('dispatch-not-running', {
    dimension: null,
    logs: dispatch,
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

/** That the schedules of one marketplace reach dispatch. A marketplace without schedules is not expected to. */
export function scheduleAlarm(
  alarms: RunbookAlarms,
  marketplace: string,
  settings: MarketplaceSettings,
  dispatch: NarxFunction,
): void {
  if (Object.keys(settings.schedules).length === 0) return;
  const silence = longestSilenceMinutes({ marketplaces: { [marketplace]: settings } });
  alarms.add('schedule-stopped', {
    dimension: marketplace,
    logs: dispatch,
    metric: narxMetric('dispatch', { marketplace }, metric.heartbeat, 'Sum', Duration.minutes(silence)),
    comparison: below,
    thresholds: { critical: 1 },
    periods: 1,
    breaching: 1,
  });
}

/** It runs twice a day, so that a day always holds a run. */
export function migrateAlarm(alarms: RunbookAlarms, domain: string, migrate: NarxFunction): void {
  alarms.add('migrate-not-running', {
    dimension: domain,
    logs: migrate,
    metric: awsMetric(
      'AWS/Lambda',
      'Invocations',
      { FunctionName: migrate.functionName },
      'Sum',
      Duration.days(1),
    ),
    comparison: below,
    thresholds: { warning: 1 },
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
