import { ComparisonOperator } from 'aws-cdk-lib/aws-cloudwatch';
import { metric } from '../../functions/contract/metrics.ts';
import type { StageConfig } from '../config/schema.ts';
import type { DeadLetteredQueue } from '../constructs/dead-lettered-queue.ts';
import { awsMetric, narxMetric } from './metrics.ts';
import type { RunbookAlarms } from './runbook-alarm.ts';

const { GREATER_THAN_THRESHOLD: above, LESS_THAN_THRESHOLD: below } = ComparisonOperator;

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
