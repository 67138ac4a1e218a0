import { type MetricOwner, metricCatalogue, metricNamespace } from '../../functions/contract/metrics.ts';
import type { StageConfig } from '../../lib/config/schema.ts';
import { objectsIn, type Resource, textOf } from '../support/synthesized.ts';

/** CloudWatch, eu-central-1, first tier (aws.amazon.com/cloudwatch/pricing, 2026-11), US dollars a month. */
const dollars = { metric: 0.3, alarmMetric: 0.1, composite: 0.5 };

/** Custom metrics of a stage: each name with each of its owners, by each service. */
export function countMetrics({ marketplaces, storageDomains }: StageConfig): number {
  const enabled = Object.values(marketplaces).filter((settings) => settings.enabled);
  const domains = new Set(enabled.map(({ domain }) => domain));
  const owners: Record<MetricOwner, number> = {
    marketplace: enabled.length,
    domain: Object.keys(storageDomains).filter((domain) => domains.has(domain)).length,
    stage: 1,
  };
  return Object.values(metricCatalogue)
    .flatMap(({ emitters }) => emitters.map((emitter) => owners[emitter.split('/')[1] as MetricOwner]))
    .reduce((sum, count) => sum + count, 0);
}

/** `docs/metrics.md`, from the catalogue, and the alarms of a synthesized stage. */
export function metricsPage(
  stages: readonly { config: StageConfig; title: string; resources: ReadonlyMap<string, Resource> }[],
): string {
  const [whole] = stages;
  if (!whole) throw new Error('There is no stage to write about.');
  const watchers = alarmsByMetric([...whole.resources.values()]);
  const rows = Object.entries(metricCatalogue).map(([key, { unit, says, emitters }]) => {
    const name = key.charAt(0).toUpperCase() + key.slice(1);
    const alarms = [...(watchers.get(name) ?? [])].sort().map((id) => `[${id}](runbook/${id}.md)`);
    return `| \`${name}\` | ${unit} | ${emitters.join(', ')} | ${says} | ${alarms.join(', ')} |`;
  });
  const costs = stages.map(({ config, title, resources }) => {
    const all = [...resources.values()];
    const metrics = countMetrics(config);
    const alarms = all.filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
    const read = alarms.map(metricsRead).reduce((sum, count) => sum + count, 0);
    const composites = all.filter(({ Type }) => Type === 'AWS::CloudWatch::CompositeAlarm').length;
    const month = metrics * dollars.metric + read * dollars.alarmMetric + composites * dollars.composite;
    return `| ${title} | ${metrics} | ${alarms.length}, reading ${read} | ${composites} | ${month.toFixed(0)} |`;
  });
  return `# Metrics

Written from \`functions/contract/metrics.ts\` by \`npm run docs\`; do not edit.

Namespace \`${metricNamespace}\`. Each metric has the dimension \`service\` and that of its owner (\`marketplace\`, \`domain\`), as after the slash. A function that is not called
reports nothing; a count that is not reported is 0.

| metric | unit | from | says | watched by |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

What AWS publishes itself (AWS/Lambda, AWS/SQS, AWS/RDS, AWS/Logs) is watched too and costs nothing but its alarms.

## What it costs

Each name with each owner is one custom metric, at most so many as the tables of \`narx.config.ts\` have rows: never a product or a SKU. US dollars a month
(eu-central-1, 2026-11: ${dollars.metric} a metric, ${dollars.alarmMetric} for each metric that an alarm reads, ${dollars.composite} a composite alarm):

| stage | custom metrics | alarms | composite alarms | dollars a month |
| --- | --- | --- | --- | --- |
${costs.join('\n')}
`;
}

const metricsRead = ({ Properties }: Resource): number =>
  Math.max(1, [...objectsIn(Properties['Metrics'])].filter(({ object }) => 'MetricStat' in object).length);

/** Metric name to the ids of the alarms that read it. */
function alarmsByMetric(resources: readonly Resource[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { Type, Properties } of resources) {
    if (Type !== 'AWS::CloudWatch::Alarm') continue;
    const id = /Runbook: .*?([a-z-]+)\.md/.exec(textOf(Properties['AlarmDescription']))?.[1] ?? '';
    for (const { object } of objectsIn(Properties)) {
      if (object['Namespace'] !== metricNamespace) continue;
      const name = String(object['MetricName']);
      found.set(name, (found.get(name) ?? new Set()).add(id));
    }
  }
  return found;
}
