import type { BucketSpec, DatabaseSpec, QueueSpec, TableSpec } from '../cloud-model.ts';
import type { Template } from './load.ts';
import { type Properties, resourcesOf } from './properties.ts';
import type { ResolvedReferences } from './references.ts';

/** Attributes of CreateQueue that change how a queue behaves. Encryption is the cloud's business alone. */
const queueAttributes = [
  'VisibilityTimeout',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'DelaySeconds',
  'MaximumMessageSize',
  'RedrivePolicy',
  'RedriveAllowPolicy',
  'FifoQueue',
  'ContentBasedDeduplication',
];

/** Dead-letter queues first, so that creating the queues in this order works. */
export function queuesOf(template: Template, references: ResolvedReferences): QueueSpec[] {
  const queues = resourcesOf(template, references, 'AWS::SQS::Queue').map(({ properties }) => ({
    logicalId: properties.logicalId,
    name: references.nameOf(properties.logicalId),
    attributes: Object.fromEntries(
      queueAttributes.flatMap((name) => {
        const value = properties.value(name);
        if (value === undefined) return [];
        return [[name, typeof value === 'object' ? JSON.stringify(value) : String(value)]];
      }),
    ),
  }));
  const redrives = (queue: QueueSpec): number => (queue.attributes['RedrivePolicy'] === undefined ? 0 : 1);
  return queues.sort((a, b) => redrives(a) - redrives(b));
}

/** Tables as CreateTable takes them: on demand, without what only a global table has (replicas, streams, back-ups). */
export function tablesOf(template: Template, references: ResolvedReferences): TableSpec[] {
  return resourcesOf(template, references, 'AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable').map(
    ({ properties }) => {
      const name = references.nameOf(properties.logicalId);
      return {
        logicalId: properties.logicalId,
        name,
        create: {
          TableName: name,
          BillingMode: 'PAY_PER_REQUEST',
          KeySchema: properties.list('KeySchema'),
          AttributeDefinitions: properties.list('AttributeDefinitions'),
          ...indexes(properties, 'GlobalSecondaryIndexes'),
          ...indexes(properties, 'LocalSecondaryIndexes'),
        },
        ttlAttribute:
          properties.value('TimeToLiveSpecification.Enabled') === true
            ? properties.text('TimeToLiveSpecification.AttributeName')
            : null,
      };
    },
  );
}

function indexes(properties: Properties, property: string): Record<string, unknown> {
  const list = properties.list(property) as Record<string, unknown>[];
  if (list.length === 0) return {};
  const kept = list.map(({ IndexName, KeySchema, Projection }) => ({ IndexName, KeySchema, Projection }));
  return { [property]: kept };
}

/** Buckets by name; lifecycle rules and encryption are not simulated. */
export function bucketsOf(template: Template, references: ResolvedReferences): BucketSpec[] {
  return resourcesOf(template, references, 'AWS::S3::Bucket').map(({ properties }) => ({
    logicalId: properties.logicalId,
    name: references.nameOf(properties.logicalId),
  }));
}

/** One database per instance. Throws when an instance does not say which storage domain it serves. */
export function databasesOf(template: Template, references: ResolvedReferences): DatabaseSpec[] {
  const proxies = proxyOfInstance(template, references);
  return resourcesOf(template, references, 'AWS::RDS::DBInstance').map(({ properties }) => {
    const tags = properties.list('Tags') as { Key?: string; Value?: string }[];
    const domain = tags.find((tag) => tag.Key === 'narx:domain')?.Value;
    if (domain === undefined)
      throw new Error(`${properties.logicalId} (AWS::RDS::DBInstance) has no tag narx:domain.`);
    return {
      logicalId: properties.logicalId,
      databaseName: properties.text('DBName'),
      masterUsername: properties.text('MasterUsername'),
      domain,
      instanceName: references.nameOf(properties.logicalId),
      proxyName: proxies.get(references.nameOf(properties.logicalId)) ?? '',
      allocatedBytes: Number(properties.value('AllocatedStorage') ?? 0) * 1024 ** 3,
      // What RDS takes when nothing is said.
      backupRetentionDays: Number(properties.value('BackupRetentionPeriod') ?? 1),
    };
  });
}

/** Instance name to the name of the proxy that leads to it. */
function proxyOfInstance(template: Template, references: ResolvedReferences): Map<string, string> {
  return new Map(
    resourcesOf(template, references, 'AWS::RDS::DBProxyTargetGroup').flatMap(({ properties }) =>
      properties
        .list('DBInstanceIdentifiers')
        .map((instance): [string, string] => [String(instance), properties.text('DBProxyName')]),
    ),
  );
}

/** Connections that all instances of the template allow together: locally they are one server. */
export function maxConnectionsOf(template: Template): number {
  return Object.values(template.resources)
    .filter(({ Type }) => Type === 'AWS::RDS::DBParameterGroup')
    .map(({ Properties }) =>
      Number((Properties?.['Parameters'] as Record<string, unknown>)?.['max_connections'] ?? 0),
    )
    .reduce((sum, connections) => sum + connections, 0);
}
