import type { AlarmSpec, MetricSpec } from '../cloud-model.ts';
import type { Template } from './load.ts';
import { type Properties, resourcesOf } from './properties.ts';
import type { ResolvedReferences } from './references.ts';

interface MetricQuery {
  Id: string;
  Expression?: string;
  Period?: number;
  ReturnData?: boolean;
  MetricStat?: {
    Metric: { Namespace: string; MetricName: string; Dimensions?: Dimension[] };
    Period: number;
    Stat: string;
  };
}
interface Dimension {
  Name: string;
  Value: string;
}

/** Metric alarms, then composite ones; the rule of a composite names alarms by name, not by ARN. */
export function alarmsOf(template: Template, references: ResolvedReferences): AlarmSpec[] {
  const metricAlarms = resourcesOf(template, references, 'AWS::CloudWatch::Alarm').map(({ properties }) => {
    const evaluationPeriods = properties.number('EvaluationPeriods');
    return {
      logicalId: properties.logicalId,
      name: references.nameOf(properties.logicalId),
      description: properties.text('AlarmDescription', '') ?? '',
      rule: null,
      metrics: metricsOf(properties),
      comparison: properties.text('ComparisonOperator'),
      threshold: properties.number('Threshold'),
      evaluationPeriods,
      datapointsToAlarm: properties.number('DatapointsToAlarm', evaluationPeriods),
      treatMissingData: treatmentOf(properties.text('TreatMissingData', 'missing') ?? 'missing'),
      topic: topicOf(properties),
      suppressor: null,
    };
  });
  const compositeAlarms = resourcesOf(template, references, 'AWS::CloudWatch::CompositeAlarm').map(
    ({ properties }): AlarmSpec => ({
      logicalId: properties.logicalId,
      name: references.nameOf(properties.logicalId),
      description: properties.text('AlarmDescription', '') ?? '',
      rule: properties.text('AlarmRule').replaceAll(/arn:aws:cloudwatch:[^:]*:[^:]*:alarm:/g, ''),
      metrics: [],
      comparison: '',
      threshold: 0,
      evaluationPeriods: 1,
      datapointsToAlarm: 1,
      treatMissingData: 'missing',
      topic: topicOf(properties),
      suppressor: suppressorOf(properties),
    }),
  );
  return [...metricAlarms, ...compositeAlarms];
}

/** The last part of a name that may be an ARN. */
const bareName = (text: string): string =>
  text.replace(/^arn:aws:(cloudwatch:[^:]*:[^:]*:alarm|sns:[^:]*:[^:]*):/, '');

function topicOf(properties: Properties): string | null {
  const [topic] = properties.list('AlarmActions');
  return topic === undefined ? null : bareName(String(topic));
}

function suppressorOf(properties: Properties): AlarmSpec['suppressor'] {
  const name = properties.text('ActionsSuppressor', null);
  if (name === null) return null;
  return {
    name: bareName(name),
    waitSeconds: properties.number('ActionsSuppressorWaitPeriod'),
    extensionSeconds: properties.number('ActionsSuppressorExtensionPeriod'),
  };
}

function metricsOf(properties: Properties): MetricSpec[] {
  const queries = properties.list('Metrics') as MetricQuery[];
  if (queries.length === 0)
    return [
      {
        id: 'm1',
        returnData: true,
        namespace: properties.text('Namespace'),
        name: properties.text('MetricName'),
        dimensions: dimensionsOf(properties.list('Dimensions') as Dimension[]),
        statistic: properties.text('ExtendedStatistic', null) ?? properties.text('Statistic'),
        periodSeconds: properties.number('Period'),
      },
    ];
  const periods = queries.flatMap((query) => query.MetricStat?.Period ?? query.Period ?? []);
  return queries.map((query): MetricSpec => {
    const common = { id: query.Id, returnData: query.ReturnData ?? true };
    if (query.MetricStat)
      return {
        ...common,
        namespace: query.MetricStat.Metric.Namespace,
        name: query.MetricStat.Metric.MetricName,
        dimensions: dimensionsOf(query.MetricStat.Metric.Dimensions ?? []),
        statistic: query.MetricStat.Stat,
        periodSeconds: query.MetricStat.Period,
      };
    // An expression without a period of its own has that of the metrics it is made of.
    return {
      ...common,
      expression: query.Expression ?? '',
      periodSeconds: query.Period ?? Math.max(...periods),
    };
  });
}

function dimensionsOf(list: Dimension[]): Record<string, string> {
  return Object.fromEntries(list.map(({ Name, Value }) => [Name, String(Value)]));
}

function treatmentOf(text: string): AlarmSpec['treatMissingData'] {
  const known = (['breaching', 'notBreaching', 'ignore', 'missing'] as const).find((value) => value === text);
  if (known === undefined) throw new Error(`TreatMissingData ${text} is not known to CloudWatch.`);
  return known;
}
