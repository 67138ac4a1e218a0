import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { emits, type MetricName, metricNamespace } from '../../functions/contract/metrics.ts';
import type { Settings } from '../config/schema.ts';

/** The period of everything that is not said otherwise: the slots of dispatch and audit. */
export const fiveMinutes = Duration.minutes(5);

/** A metric of our own, with exactly the dimensions that functions/adapters/telemetry.ts gives it. */
export function narxMetric(
  service: keyof Settings['functions'],
  dimension: { marketplace: string } | { domain: string },
  name: MetricName,
  statistic: 'Sum' | 'Maximum' | 'Minimum' | 'p99',
  period: Duration = fiveMinutes,
): Metric {
  const owner = 'marketplace' in dimension ? 'marketplace' : 'domain';
  if (!emits(name, service, owner))
    throw new Error(`By functions/contract/metrics.ts, ${service} emits no ${name} with a ${owner}.`);
  return new Metric({
    namespace: metricNamespace,
    metricName: name,
    dimensionsMap: { service, ...dimension },
    statistic,
    period,
  });
}

/** A metric of an AWS service. */
export function awsMetric(
  namespace: 'AWS/Lambda' | 'AWS/SQS' | 'AWS/RDS' | 'AWS/Logs',
  name: string,
  dimensionsMap: Record<string, string>,
  statistic: 'Sum' | 'Maximum' | 'Minimum' | 'Average' | 'p99',
  period: Duration = fiveMinutes,
): Metric {
  return new Metric({ namespace, metricName: name, dimensionsMap, statistic, period });
}

/** The sum of several metrics; those that report nothing count as zero. */
export function sumOf(metrics: Metric[], label: string): MathExpression {
  return new MathExpression({
    expression: metrics.map((_, index) => `FILL(m${index}, 0)`).join(' + '),
    usingMetrics: Object.fromEntries(metrics.map((one, index) => [`m${index}`, one])),
    period: fiveMinutes,
    label,
  });
}

/** The largest of several values, each in percent of its own `full`. */
export function worstOf(
  parts: readonly { metric: Metric; full: number; label: string }[],
  label: string,
  period: Duration = fiveMinutes,
): MathExpression {
  const shares = parts.map(({ full }, index) => `100 * m${index} / ${full}`);
  return new MathExpression({
    expression: `MAX([${shares.join(', ')}])`,
    usingMetrics: Object.fromEntries(
      parts.map((part, index) => [`m${index}`, part.metric.with({ label: part.label })]),
    ),
    period,
    label,
  });
}

/** Pages below which a share says nothing. */
const fewPages = 20;

/**
 * `part` of `whole` in percent, over pages; `otherwise` while there are too few to judge. Metrics are summed; those that
 * report nothing count as zero.
 */
export function pageShare(
  marketplace: string,
  part: MetricName[],
  whole: MetricName[],
  otherwise: number,
  label: string,
): MathExpression {
  const sum = (names: MetricName[]) => `(${names.map((name) => `FILL(${idOf(name)}, 0)`).join(' + ')})`;
  return new MathExpression({
    expression: `IF(${sum(whole)} >= ${fewPages}, 100 * ${sum(part)} / ${sum(whole)}, ${otherwise})`,
    usingMetrics: Object.fromEntries(
      [...new Set([...part, ...whole])].map((name) => [
        idOf(name),
        narxMetric('scrape', { marketplace }, name, 'Sum'),
      ]),
    ),
    period: fiveMinutes,
    label,
  });
}

/** 1 while there are pages and `wanted` are none of them, else 0. */
export function noneOf(
  marketplace: string,
  wanted: MetricName,
  whole: MetricName[],
  label: string,
): MathExpression {
  const names = [...new Set([wanted, ...whole])];
  const sum = whole.map((name) => `FILL(${idOf(name)}, 0)`).join(' + ');
  return new MathExpression({
    expression: `IF((${sum}) >= ${fewPages} AND FILL(${idOf(wanted)}, 0) == 0, 1, 0)`,
    usingMetrics: Object.fromEntries(
      names.map((name) => [idOf(name), narxMetric('scrape', { marketplace }, name, 'Sum')]),
    ),
    period: fiveMinutes,
    label,
  });
}

/** CloudWatch wants ids of metrics to begin with a small letter. */
function idOf(name: MetricName): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
