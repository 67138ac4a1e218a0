import { Duration, Stack } from 'aws-cdk-lib';
import { ComparisonOperator, type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { type MetricName, metric } from '../../functions/contract/metrics.ts';
import type { StageConfig } from '../config/schema.ts';
import type { DeadLetteredQueue } from '../constructs/dead-lettered-queue.ts';
import { NarxFunction } from '../constructs/narx-function.ts';
import { awsMetric, fiveMinutes, narxMetric, sumOf } from './metrics.ts';
import type { RunbookAlarms } from './runbook-alarm.ts';

const { GREATER_THAN_THRESHOLD: above } = ComparisonOperator;
const hour = Duration.hours(1);

/** What every function of the stage has, those that are added later included. */
export function everyFunctionAlarms(alarms: RunbookAlarms, config: StageConfig): void {
  const nested = Stack.of(alarms);
  const functions = (nested.nestedStackParent ?? nested).node
    .findAll()
    .filter((construct) => construct instanceof NarxFunction);
  for (const fn of functions) {
    const { timeoutSeconds } = config.functions[fn.service];
    const dimension = fn.owner === null ? fn.service : `${fn.service}-${fn.owner}`;
    alarms.add('duration-near-limit', {
      dimension,
      logs: fn,
      metric: awsMetric('AWS/Lambda', 'Duration', { FunctionName: fn.functionName }, 'p99'),
      comparison: above,
      thresholds: { warning: 0.8 * timeoutSeconds * 1000 },
      periods: 3,
      breaching: 2,
    });
    alarms.add('log-volume', {
      dimension,
      logs: fn,
      metric: awsMetric('AWS/Logs', 'IncomingBytes', { LogGroupName: fn.logGroup.logGroupName }, 'Sum', hour),
      comparison: above,
      thresholds: { warning: config.alarms.logMegabytesPerHour * 1_000_000 },
      periods: 1,
      breaching: 1,
    });
  }
}

/**
 * A worker that reads a queue. Its handler catches what goes wrong with a message, so that an error of the invocation
 * is a crash, a timeout or memory that ran out.
 */
export function crashAlarm(alarms: RunbookAlarms, worker: NarxFunction): void {
  alarms.add('worker-crashes', {
    dimension: `${worker.service}-${worker.owner}`,
    logs: worker,
    metric: awsMetric('AWS/Lambda', 'Errors', { FunctionName: worker.functionName }, 'Sum', hour),
    comparison: above,
    thresholds: { warning: 5 },
    periods: 1,
    breaching: 1,
  });
}

/** The owner of a function's metrics, as the catalogue wants it. */
type Of = { marketplace: string } | { domain: string };

export function memoryAlarm(alarms: RunbookAlarms, config: StageConfig, fn: NarxFunction, of: Of): void {
  alarms.add('memory-used', {
    dimension: `${fn.service}-${fn.owner}`,
    logs: fn,
    metric: narxMetric(fn.service, of, metric.memoryUsedMegabytes, 'Maximum'),
    comparison: above,
    thresholds: { warning: 0.85 * config.functions[fn.service].memoryMb },
    periods: 3,
    breaching: 2,
  });
}

/**
 * Work waits and nobody does it: a mapping that is off, or a function that cannot start. `paused` is 1 while the queue is
 * rightly left alone.
 */
export function silentWorkerAlarm(
  alarms: RunbookAlarms,
  worker: NarxFunction,
  source: DeadLetteredQueue,
  paused: IMetric,
): void {
  const waiting = awsMetric(
    'AWS/SQS',
    'ApproximateNumberOfMessagesVisible',
    { QueueName: source.queue.queueName },
    // At every moment of the period.
    'Minimum',
  );
  const runs = awsMetric('AWS/Lambda', 'Invocations', { FunctionName: worker.functionName }, 'Sum');
  alarms.add('worker-silent', {
    dimension: `${worker.service}-${worker.owner}`,
    logs: worker,
    metric: new MathExpression({
      expression: 'IF(FILL(waiting, 0) > 0 AND FILL(runs, 0) == 0 AND FILL(paused, 0) == 0, 1, 0)',
      usingMetrics: { waiting, runs, paused },
      period: fiveMinutes,
      label: 'Messages wait and nobody reads them',
    }),
    comparison: above,
    thresholds: { critical: 0 },
    periods: 3,
    breaching: 3,
  });
}

/** What the functions of one owner could not read from or write to the coordination table. */
export function coordinationAlarm(
  alarms: RunbookAlarms,
  dimension: string,
  of: Of,
  services: Service[],
): void {
  alarms.add('coordination-errors', {
    dimension,
    metric: sumOf(
      services.map((service) => narxMetric(service, of, metric.coordinationErrors, 'Sum')),
      'Calls that failed',
    ),
    comparison: above,
    thresholds: { critical: 0 },
    periods: 3,
    breaching: 2,
  });
}
type Service = Parameters<typeof narxMetric>[0];

export function slowQueryAlarm(alarms: RunbookAlarms, domain: string): void {
  const name: MetricName = metric.slowestStatementMilliseconds;
  alarms.add('slow-queries', {
    dimension: domain,
    metric: narxMetric('store', { domain }, name, 'p99'),
    comparison: above,
    // A third of what PostgreSQL lets the store's statements take.
    thresholds: { warning: 5_000 },
    periods: 3,
    breaching: 2,
  });
}
