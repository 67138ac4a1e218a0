import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { metric } from '../../functions/contract/metrics.ts';
import type { DeadLetteredQueue } from '../constructs/dead-lettered-queue.ts';
import type { NarxFunction } from '../constructs/narx-function.ts';
import { awsMetric, fiveMinutes, narxMetric } from './metrics.ts';
import type { RunbookAlarms } from './runbook-alarm.ts';

const { GREATER_THAN_THRESHOLD: above } = ComparisonOperator;

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

/** A deployment runs migrate once, a schedule twice a day: one error counts. */
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

function lambdaErrors(fn: NarxFunction, period = fiveMinutes): IMetric {
  return awsMetric('AWS/Lambda', 'Errors', { FunctionName: fn.functionName }, 'Sum', period);
}
