import { Duration, Stack } from 'aws-cdk-lib';
import { ComparisonOperator, type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { type MetricName, metric } from '../../functions/contract/metrics.ts';
import type { StageConfig } from '../config/schema.ts';
import type { DeadLetteredQueue } from '../constructs/dead-lettered-queue.ts';
import { NarxFunction } from '../constructs/narx-function.ts';
import { awsMetric, fiveMinutes, narxMetric, sumOf, worstOf } from './metrics.ts';
import type { RunbookAlarms } from './runbook-alarm.ts';

const { GREATER_THAN_THRESHOLD: above } = ComparisonOperator;
const hour = Duration.hours(1);

/**
 * What every function has, those that are added later included: one alarm for each owner, on the worst of its functions. An
 * alarm for each would take up the room that a stack has for other resources.
 */
export function everyFunctionAlarms(alarms: RunbookAlarms, config: StageConfig): void {
  const nested = Stack.of(alarms);
  const functions = (nested.nestedStackParent ?? nested).node
    .findAll()
    .filter((construct) => construct instanceof NarxFunction);
  for (const [owner, group] of Map.groupBy(functions, (fn) => fn.owner)) {
    const [logs] = group;
    if (logs === undefined) continue;
    const dimension = owner ?? 'stage';
    alarms.add('duration-near-limit', {
      dimension,
      logs,
      metric: worstOf(
        group.map((fn) => ({
          metric: awsMetric('AWS/Lambda', 'Duration', { FunctionName: fn.functionName }, 'p99'),
          full: config.functions[fn.service].timeoutSeconds * 1000,
          label: fn.service,
        })),
        'p99 of the duration, % of the limit',
      ),
      comparison: above,
      thresholds: { warning: 80 },
      periods: 3,
      breaching: 2,
    });
    alarms.add('log-volume', {
      dimension,
      logs,
      metric: worstOf(
        group.map((fn) => ({
          metric: awsMetric(
            'AWS/Logs',
            'IncomingBytes',
            { LogGroupName: fn.logGroup.logGroupName },
            'Sum',
            hour,
          ),
          full: config.alarms.logMegabytesPerHour * 1_000_000,
          label: fn.service,
        })),
        'Bytes of the last hour, % of what is allowed',
        hour,
      ),
      comparison: above,
      thresholds: { warning: 100 },
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

/** `functions` serve the same owner and report their memory. */
export function memoryAlarm(
  alarms: RunbookAlarms,
  config: StageConfig,
  functions: readonly [NarxFunction, ...NarxFunction[]],
  of: Of,
): void {
  const [logs] = functions;
  alarms.add('memory-used', {
    dimension: logs.owner,
    logs,
    metric: worstOf(
      functions.map(({ service }) => ({
        metric: narxMetric(service, of, metric.memoryUsedMegabytes, 'Maximum'),
        full: config.functions[service].memoryMb,
        label: service,
      })),
      'Memory used, % of the limit',
    ),
    comparison: above,
    thresholds: { warning: 85 },
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
