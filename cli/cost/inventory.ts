import { type Emitter, metricCatalogue } from '../../functions/contract/metrics.ts';
import { rateMinutes } from '../../lib/config/schedule-expression.ts';
import type { StageConfig } from '../../lib/config/schema.ts';
import type { Resource, Template } from '../../local/template/load.ts';

/** What is paid for whether it is used or not, counted in the synthesized template. */
export interface Inventory {
  instances: { id: string; instanceClass: string; storageGb: number; multiAz: boolean }[];
  proxies: number;
  mappings: number;
  /** Metrics that alarms look at: an expression is paid for each metric in it. */
  alarmMetrics: number;
  alarms: number;
  compositeAlarms: number;
  /** Metrics of our own: each name once for each marketplace or storage domain that emits it. */
  customMetrics: number;
  dashboards: number;
  keys: number;
  httpApis: number;
  schedules: { name: string; perMonth: number; memoryMb: number }[];
  natGateways: number;
  interfaceEndpoints: number;
}

const minutesPerMonth = 730 * 60;

export function inventoryOf(template: Template, config: StageConfig): Inventory {
  const all = Object.entries(template.resources);
  const ofType = (type: string): [string, Record<string, unknown>][] =>
    all.filter(([, { Type }]) => Type === type).map(([id, { Properties = {} }]) => [id, Properties]);
  const count = (type: string): number => ofType(type).length;
  const alarms = ofType('AWS::CloudWatch::Alarm');
  return {
    instances: ofType('AWS::RDS::DBInstance').map(([id, properties]) => ({
      id,
      instanceClass: String(properties['DBInstanceClass']),
      storageGb: Number(properties['AllocatedStorage']),
      multiAz: properties['MultiAZ'] === true,
    })),
    proxies: count('AWS::RDS::DBProxy'),
    mappings: count('AWS::Lambda::EventSourceMapping'),
    alarms: alarms.length,
    alarmMetrics: alarms.reduce((sum, [, properties]) => sum + metricsOf(properties), 0),
    compositeAlarms: count('AWS::CloudWatch::CompositeAlarm'),
    customMetrics: customMetrics(config),
    dashboards: count('AWS::CloudWatch::Dashboard'),
    keys: count('AWS::KMS::Key'),
    httpApis: count('AWS::ApiGatewayV2::Api'),
    schedules: ofType('AWS::Scheduler::Schedule').map(([, properties]) => ({
      name: String(properties['Name']),
      perMonth: minutesPerMonth / (rateMinutes(String(properties['ScheduleExpression'])) ?? 1_440),
      memoryMb: memoryOf(template, properties),
    })),
    natGateways: count('AWS::EC2::NatGateway'),
    interfaceEndpoints: ofType('AWS::EC2::VPCEndpoint').filter(
      ([, properties]) => properties['VpcEndpointType'] === 'Interface',
    ).length,
  };
}

function metricsOf(properties: Record<string, unknown>): number {
  const queries = (properties['Metrics'] ?? []) as { MetricStat?: unknown }[];
  return Math.max(1, queries.filter(({ MetricStat }) => MetricStat !== undefined).length);
}

function customMetrics(config: StageConfig): number {
  const enabled = Object.values(config.marketplaces).filter((marketplace) => marketplace.enabled);
  const owners = {
    marketplace: enabled.length,
    domain: new Set(enabled.map(({ domain }) => domain)).size,
    stage: 1,
  };
  const ownerOf = (emitter: Emitter) => emitter.split('/')[1] as keyof typeof owners;
  return Object.values(metricCatalogue)
    .flatMap(({ emitters }) => emitters)
    .reduce((sum, emitter) => sum + owners[ownerOf(emitter)], 0);
}

/** Memory of the function that a schedule starts; 512 MB where its target cannot be told. */
function memoryOf(template: Template, schedule: Record<string, unknown>): number {
  const text = JSON.stringify(schedule['Target'] ?? {});
  const target = Object.entries(template.resources).find(
    ([id, resource]: [string, Resource]) =>
      resource.Type === 'AWS::Lambda::Function' && text.includes(`["${id}","Arn"]`),
  );
  return Number(target?.[1].Properties?.['MemorySize'] ?? 512);
}
