import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { metric } from '../../functions/contract/metrics.ts';
import { rateMinutes } from '../config/schedule-expression.ts';
import type { MarketplaceSettings, StageConfig } from '../config/schema.ts';
import type { DeadLetteredQueue } from '../constructs/dead-lettered-queue.ts';
import type { NarxFunction } from '../constructs/narx-function.ts';
import type { Scheduler } from '../constructs/scheduler.ts';
import type { AlarmId } from './catalogue.ts';
import { awsMetric, fiveMinutes, narxMetric } from './metrics.ts';
import type { RunbookAlarms } from './runbook-alarm.ts';

const { GREATER_THAN_THRESHOLD: above, LESS_THAN_THRESHOLD: below } = ComparisonOperator;

/** Errors in two of three periods: a single one is repeated by whoever called. */
const repeatedly = { comparison: above, periods: 3, breaching: 2 };

export function dispatchAlarm(alarms: RunbookAlarms, dispatch: NarxFunction): void {
  alarms.add('dispatch-failing', {
    ...repeatedly,
    dimension: null,
    metric: lambdaErrors(dispatch),
    logs: dispatch,
    thresholds: { critical: 0 },
  });
}

/** Gaps that dispatch filled, or gave up filling, of all marketplaces: its log and the metrics say whose. */
export function gapAlarms(
  alarms: RunbookAlarms,
  marketplaces: readonly string[],
  dispatch: NarxFunction,
): void {
  const counted = (
    id: Extract<AlarmId, 'gaps-redispatched' | 'gaps-given-up'>,
    level: 'warning' | 'critical',
    name: typeof metric.gapsRedispatched | typeof metric.gapsGivenUp,
  ) =>
    alarms.add(id, {
      dimension: null,
      metric: new MathExpression({
        expression: marketplaces.map((_, i) => `FILL(m${i}, 0)`).join(' + '),
        usingMetrics: Object.fromEntries(
          marketplaces.map((marketplace, i) => [
            `m${i}`,
            narxMetric('dispatch', { marketplace }, name, 'Sum'),
          ]),
        ),
        period: fiveMinutes,
        label: 'References of all marketplaces',
      }),
      comparison: above,
      logs: dispatch,
      thresholds: { [level]: 0 },
      periods: 1,
      breaching: 1,
    });
  counted('gaps-redispatched', 'warning', metric.gapsRedispatched);
  counted('gaps-given-up', 'critical', metric.gapsGivenUp);
}

/**
 * Invocations that failed, and jobs that came back: a batch whose items all fail is no error to Lambda. What came back is
 * seen at the queue, as received and not deleted; a few are always on their way.
 */
export function scrapeAlarm(
  alarms: RunbookAlarms,
  marketplace: string,
  scrape: NarxFunction,
  jobs: DeadLetteredQueue,
): void {
  const queue = { QueueName: jobs.queue.queueName };
  const back = '(FILL(received, 0) - FILL(deleted, 0))';
  alarms.add('scrape-failing', {
    ...repeatedly,
    dimension: marketplace,
    logs: scrape,
    metric: new MathExpression({
      expression: `FILL(errors, 0) + IF(${back} > 5 AND ${back} > FILL(received, 0) / 2, ${back}, 0)`,
      usingMetrics: {
        errors: lambdaErrors(scrape),
        received: awsMetric('AWS/SQS', 'NumberOfMessagesReceived', queue, 'Sum'),
        deleted: awsMetric('AWS/SQS', 'NumberOfMessagesDeleted', queue, 'Sum'),
      },
      period: fiveMinutes,
      label: 'Failed invocations and returned jobs',
    }),
    thresholds: { warning: 0 },
  });
}

/** Invocations that failed, and batches that store returned to the queue. */
export function storeAlarm(alarms: RunbookAlarms, domain: string, store: NarxFunction): void {
  alarms.add('store-failing', {
    ...repeatedly,
    dimension: domain,
    metric: new MathExpression({
      expression: 'FILL(errors, 0) + FILL(returned, 0)',
      usingMetrics: {
        errors: lambdaErrors(store),
        returned: narxMetric('store', { domain }, metric.storeFailures, 'Sum'),
      },
      period: fiveMinutes,
      label: 'Failed invocations and returned batches',
    }),
    thresholds: { critical: 0 },
  });
}

/** A slot whose due references could not be had is left out, and no error of dispatch. */
export function dueAlarm(alarms: RunbookAlarms, domain: string, due: NarxFunction): void {
  alarms.add('due-failing', {
    ...repeatedly,
    dimension: domain,
    metric: lambdaErrors(due),
    logs: due,
    thresholds: { warning: 0 },
  });
}

function lambdaErrors(fn: NarxFunction, period = fiveMinutes): IMetric {
  return awsMetric('AWS/Lambda', 'Errors', { FunctionName: fn.functionName }, 'Sum', period);
}

/** A deployment runs migrate once, a schedule once a day: one error counts. */
export function migrationAlarm(alarms: RunbookAlarms, migrate: NarxFunction, domain: string): void {
  alarms.add('migration-failed', {
    dimension: domain,
    metric: lambdaErrors(migrate),
    logs: migrate,
    comparison: above,
    thresholds: { critical: 0 },
    periods: 1,
    breaching: 1,
  });
}

/** One run an hour, which takes up where the last one failed: two of three that fail will not get on by themselves. */
export function archiveAlarm(alarms: RunbookAlarms, archive: NarxFunction, domain: string): void {
  alarms.add('archive-failing', {
    dimension: domain,
    metric: lambdaErrors(archive, Duration.hours(1)),
    logs: archive,
    comparison: above,
    thresholds: { warning: 0 },
    periods: 3,
    breaching: 2,
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

export function queueAlarms(alarms: RunbookAlarms, config: StageConfig, source: DeadLetteredQueue): void {
  const { alarms: levels } = config;
  const dimension = `${source.owner}-${source.kind}`;
  const logs = { service: source.kind === 'jobs' ? 'scrape' : 'store', owner: source.owner };
  const waiting = (queueName: string) =>
    awsMetric('AWS/SQS', 'ApproximateNumberOfMessagesVisible', { QueueName: queueName }, 'Maximum');
  alarms.add('dlq-not-empty', {
    dimension,
    logs,
    // Not NumberOfMessagesSent: it does not count what a redrive policy moves.
    metric: waiting(source.deadLetters.queueName),
    comparison: above,
    thresholds: { critical: 0 },
    periods: 1,
    breaching: 1,
  });
  alarms.add('queue-age', {
    dimension,
    logs,
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
    logs,
    metric: waiting(source.queue.queueName),
    comparison: above,
    thresholds: { warning: levels.backlogWarning, critical: levels.backlogCritical },
    periods: 3,
    breaching: 2,
  });
}

/** What replay says about the spill of a storage domain, and whether it says anything. */
export function spillAlarms(alarms: RunbookAlarms, config: StageConfig, domain: string): void {
  const { queueAgeWarningHours, queueAgeCriticalHours } = config.alarms;
  alarms.add('spill-waiting', {
    dimension: domain,
    metric: narxMetric('replay', { domain }, metric.spillObjects, 'Maximum'),
    comparison: above,
    thresholds: { warning: 0 },
    periods: 1,
    breaching: 1,
  });
  alarms.add('spill-old', {
    dimension: domain,
    metric: narxMetric('replay', { domain }, metric.oldestSpillAgeSeconds, 'Maximum'),
    comparison: above,
    // What waits in the spill ages as what waits in the queue does.
    thresholds: { warning: queueAgeWarningHours * 3600, critical: queueAgeCriticalHours * 3600 },
    periods: 3,
    breaching: 2,
  });
  alarms.add('replay-not-running', {
    dimension: domain,
    // Five runs of replay.
    metric: narxMetric('replay', { domain }, metric.heartbeat, 'Sum'),
    comparison: below,
    thresholds: { critical: 1 },
    periods: 1,
    breaching: 1,
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
