import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { metric } from '../../functions/contract/metrics.ts';
import type { StageConfig } from '../config/schema.ts';
import type { NarxFunction } from '../constructs/narx-function.ts';
import { awsMetric, narxMetric } from './metrics.ts';
import type { RunbookAlarms } from './runbook-alarm.ts';

/** US dollars for a gigabyte-second of Lambda on arm64, eu-central-1, the first tier (aws.amazon.com/lambda/pricing, 2026-11). */
const dollarsPerGigabyteSecond = 0.0000133334;
/** Fewer visits in an hour say nothing about what a million would cost. The smallest stage, `dev`, makes 833. */
const fewVisits = 500;
/** CloudWatch takes ten metrics into one alarm, two of which are the visits. */
const mostFunctions = 8;

/**
 * What the part of the bill that runs away runs away with: the time that workers spend for each visit (F55). What does not
 * grow with it (database, queues, storage) is the budget's to watch.
 */
export function costAlarm(
  alarms: RunbookAlarms,
  config: StageConfig,
  domain: string,
  workers: NarxFunction[],
): void {
  if (workers.length > mostFunctions)
    throw new Error(
      `The alarm on the cost of ${domain} takes ${mostFunctions} functions, not ${workers.length}.`,
    );
  const visits = '(FILL(stored, 0) + FILL(unchanged, 0))';
  const dollars = workers
    .map(({ service }, index) => {
      const gigabytes = config.functions[service].memoryMb / 1024;
      return `FILL(busy${index}, 0) * ${((gigabytes / 1000) * dollarsPerGigabyteSecond).toFixed(15)}`;
    })
    .join(' + ');
  const hour = Duration.hours(1);
  alarms.add('cost-per-million', {
    dimension: domain,
    metric: new MathExpression({
      expression: `IF(${visits} >= ${fewVisits}, 1000000 * (${dollars}) / ${visits}, 0)`,
      usingMetrics: {
        stored: narxMetric('store', { domain }, metric.visitsStored, 'Sum', hour),
        unchanged: narxMetric('store', { domain }, metric.visitsUnchanged, 'Sum', hour),
        ...Object.fromEntries(
          workers.map((worker, index) => [
            `busy${index}`,
            awsMetric('AWS/Lambda', 'Duration', { FunctionName: worker.functionName }, 'Sum', hour),
          ]),
        ),
      },
      period: hour,
      label: 'US dollars for a million visits',
    }),
    comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
    thresholds: { warning: config.alarms.dollarsPerMillionVisits },
    periods: 3,
    breaching: 3,
  });
}
