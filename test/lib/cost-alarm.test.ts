import { beforeEach, expect, it, vi } from 'vitest';
import { metric, metricNamespace } from '../../functions/contract/metrics.ts';
import type { AlarmSpec, MetricSpec } from '../../local/cloud-model.ts';
import { AlarmWatch } from '../../local/metrics/alarms.ts';
import { MetricCollector } from '../../local/metrics/collector.ts';
import { ofType, synthesized } from '../support/synthesized.ts';

// Loading the CDK and synthesizing takes seconds, on a machine that is busy many.
vi.setConfig({ testTimeout: 120_000 });

const name = 'narx-prod-cost-per-million-ecommerce';
const resources = synthesized('prod');
const hourMs = 3_600_000;
const midnight = Date.UTC(2031, 1, 3);

interface Query {
  Id: string;
  Expression?: string;
  Period?: number;
  ReturnData?: boolean;
  MetricStat?: {
    Metric: {
      Namespace: string;
      MetricName: string;
      Dimensions: { Name: string; Value: string | { Ref: string } }[];
    };
    Period: number;
    Stat: string;
  };
}

/** The synthesized alarm, as the evaluator takes it; functions by name. */
function theAlarm(): AlarmSpec {
  const found = ofType(resources, 'AWS::CloudWatch::Alarm').find(([, { AlarmName }]) => AlarmName === name);
  if (!found) throw new Error(`There is no alarm ${name}.`);
  const [logicalId, properties] = found;
  const metrics = (properties['Metrics'] as Query[]).map((query): MetricSpec => {
    const { Id: id, ReturnData: returnData = true, MetricStat: stat, Expression: expression } = query;
    if (!stat) return { id, returnData, expression: expression ?? '', periodSeconds: query.Period ?? 0 };
    const dimensions = stat.Metric.Dimensions.map(({ Name, Value }) => [
      Name,
      typeof Value === 'string' ? Value : functionName(Value.Ref),
    ]);
    return {
      ...{ id, returnData, namespace: stat.Metric.Namespace, name: stat.Metric.MetricName },
      ...{ dimensions: Object.fromEntries(dimensions), statistic: stat.Stat, periodSeconds: stat.Period },
    };
  });
  return {
    ...{ logicalId, name, description: '', rule: null, metrics, topic: null, suppressor: null },
    comparison: String(properties['ComparisonOperator']),
    threshold: Number(properties['Threshold']),
    evaluationPeriods: Number(properties['EvaluationPeriods']),
    datapointsToAlarm: Number(properties['DatapointsToAlarm']),
    treatMissingData: 'notBreaching',
  };
}

/** A reference to a function, or to the parameter through which a nested stack gets it. */
function functionName(ref: string): string {
  const parts = [...resources].filter(
    ([id, { Type }]) => Type === 'AWS::Lambda::Function' && ref.includes(id),
  );
  return String(parts[0]?.[1].Properties['FunctionName']);
}

let collector: MetricCollector;
let watch: AlarmWatch;
beforeEach(() => {
  collector = new MetricCollector({ timeScale: 1 });
  watch = new AlarmWatch({ alarms: [theAlarm()], collector, timeScale: 1, startedAt: new Date(midnight) });
});

/** So many visits in an hour, for which the scraper was busy so many seconds; and what the alarm says at the end of it. */
function hour(number: number, visits: number, busySeconds: number): string | undefined {
  const at = midnight + number * hourMs + 60_000;
  collector.put(
    metricNamespace,
    metric.visitsStored,
    { service: 'store', domain: 'ecommerce' },
    visits / 2,
    at,
  );
  collector.put(
    metricNamespace,
    metric.visitsUnchanged,
    { service: 'store', domain: 'ecommerce' },
    visits / 2,
    at,
  );
  collector.put('AWS/Lambda', 'Duration', { FunctionName: 'narx-prod-scrape-uzum' }, busySeconds * 1000, at);
  watch.evaluate(new Date(midnight + (number + 1) * hourMs));
  return watch.states()[0]?.state;
}

it('three hours in which a million visits would cost more than 10 dollars go to ALARM, one that is cheap ends it', () => {
  // 512 MB for a second and a half a visit: 10 dollars and a cent for a million, at 0.0000133334 a gigabyte-second.
  expect(hour(0, 4_000, 6_010)).toBe('OK');
  expect(hour(1, 4_000, 6_010)).toBe('OK');
  expect(hour(2, 4_000, 6_010)).toBe('ALARM');
  expect(hour(3, 4_000, 400)).toBe('OK');
});

it('9.99 dollars are fine, and a few dear visits say nothing', () => {
  for (let number = 0; number < 4; number += 1) expect(hour(number, 4_000, 5_990)).toBe('OK');
  for (let number = 4; number < 8; number += 1) expect(hour(number, 498, 60_000)).toBe('OK');
});
