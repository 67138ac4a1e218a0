import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { metricNamespace } from '../../functions/contract/metrics.ts';
import type { StageConfig } from '../config/schema.ts';
import { resourceName } from '../names.ts';
import type { AlarmDefinition, Level } from './definition.ts';
import { nameOf, type Owner } from './owner.ts';

/** The function whose log group on-call looks into; a NarxFunction is one. */
export interface LogSource {
  service: string;
  /** The marketplace or domain that it serves; null when it serves the whole stage. */
  owner: string | null;
}

/** Services with one function for the whole stage, and with one for each storage domain, whose metrics have a marketplace. */
const ofStage: readonly string[] = ['dispatch', 'gatekeeper', 'replay'];
const ofDomain: readonly string[] = ['audit'];

/** The function that emits a metric of ours; the first one, of an expression. Null when AWS publishes all of it. */
export function logsOf(metric: IMetric, config: StageConfig): LogSource | null {
  if (metric instanceof MathExpression) {
    const sources = Object.values(metric.usingMetrics).map((used) => logsOf(used, config));
    return sources.find((source) => source !== null) ?? null;
  }
  if (!(metric instanceof Metric) || metric.namespace !== metricNamespace) return null;
  const { service, marketplace, domain } = (metric.dimensions ?? {}) as Record<string, string>;
  if (service === undefined) return null;
  if (ofStage.includes(service)) return { service, owner: null };
  if (marketplace !== undefined && ofDomain.includes(service))
    return { service, owner: config.marketplaces[marketplace]?.domain ?? null };
  return { service, owner: marketplace ?? domain ?? null };
}

/** What on-call reads first: who is hurt, where the page is, and where to click. CloudWatch keeps 1,024 characters. */
export function describeAlarm(
  id: string,
  { impact, failureModes, missing }: AlarmDefinition,
  level: Level,
  place: { alarmName: string; region: string; config: StageConfig; logs: LogSource | null },
): string {
  const { alarmName, region, config, logs } = place;
  const base = config.alarms.runbookUrl;
  const page = base === null ? `docs/runbook/${id}.md` : `${base}/${id}.md`;
  const console = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}`;
  const group = logs && `/aws/lambda/${resourceName(config, logs.service, logs.owner)}`;
  return [
    `${level.toUpperCase()}: ${impact}`,
    `Runbook: ${page}`,
    `Failure modes: ${failureModes.join(', ')}`,
    `Missing data is ${missing.treat}: ${missing.because}.`,
    `Graph: ${console}#alarmsV2:alarm/${alarmName}`,
    // The console wants its fragment encoded twice, with $ in the place of %.
    ...(group ? [`Logs: ${console}#logsV2:log-groups/log-group/${group.replaceAll('/', '$252F')}`] : []),
  ].join('\n');
}

/** A page over several alarms: CloudWatch names those that set it off, and each has its own text. */
export function describePage(owner: Owner, config: StageConfig): string {
  const base = config.alarms.runbookUrl ?? 'docs/runbook';
  const whose = owner === 'stage' ? 'the whole stage' : nameOf(owner);
  return [
    `CRITICAL: Work of ${whose} has stopped or is about to. The alarms named below set this page off.`,
    `Runbook: ${base}/README.md, then the page of the alarm that is furthest down the flow`,
  ].join('\n');
}
