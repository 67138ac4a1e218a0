import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CloudModel } from '../../../local/cloud-model.ts';
import { loadTemplate, type Resource } from '../../../local/template/load.ts';
import { buildModel } from '../../../local/template/model.ts';

const hash = 'a'.repeat(64);
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'narx-template-'));
  mkdirSync(path.join(folder, `asset.${hash}`));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function model(resources: Record<string, Resource>): CloudModel {
  writeFileSync(
    path.join(folder, 'manifest.json'),
    JSON.stringify({
      artifacts: {
        'app.assets': { type: 'cdk:asset-manifest', properties: {} },
        app: { type: 'aws:cloudformation:stack', properties: { templateFile: 'app.template.json' } },
      },
    }),
  );
  writeFileSync(
    path.join(folder, 'app.template.json'),
    JSON.stringify({ Resources: resources, Parameters: { Prefix: { Type: 'String', Default: 'pre' } } }),
  );
  return buildModel(loadTemplate(folder), {
    queueUrl: (name) => `http://127.0.0.1:9000/000000000000/${name}`,
    postgres: { host: '127.0.0.1', port: 5999 },
  });
}

const worker: Resource = {
  Type: 'AWS::Lambda::Function',
  Properties: {
    Code: { S3Bucket: { 'Fn::Sub': `assets-\${AWS::Region}` }, S3Key: `${hash}.zip` },
    Handler: 'index.handler',
    MemorySize: 512,
    Timeout: 60,
  },
};
const withEnvironment = (variables: Record<string, unknown>): Resource => ({
  ...worker,
  Properties: { ...worker.Properties, Environment: { Variables: variables } },
});

test('every intrinsic of an environment resolves against the running endpoints', () => {
  const built = model({
    Jobs: { Type: 'AWS::SQS::Queue' },
    Table: { Type: 'AWS::DynamoDB::GlobalTable', Properties: { KeySchema: [], AttributeDefinitions: [] } },
    Bucket: { Type: 'AWS::S3::Bucket' },
    Database: {
      Type: 'AWS::RDS::DBInstance',
      Properties: {
        DBName: 'shop',
        MasterUsername: 'master',
        Tags: [{ Key: 'narx:domain', Value: 'ecommerce' }],
      },
    },
    Proxy: { Type: 'AWS::RDS::DBProxy' },
    Due: worker,
    Worker: withEnvironment({
      QUEUE_URLS: { 'Fn::Join': ['', ['{"uzum":"', { Ref: 'Jobs' }, '"}']] },
      QUEUE_ARN: { 'Fn::GetAtt': ['Jobs', 'Arn'] },
      TABLE: { Ref: 'Table' },
      BUCKET: { Ref: 'Bucket' },
      HOST: { 'Fn::GetAtt': ['Proxy', 'Endpoint'] },
      PORT: { 'Fn::GetAtt': ['Database', 'Endpoint.Port'] },
      FUNCTION: { Ref: 'Due' },
      SUB: { 'Fn::Sub': [`\${Prefix}/\${Jobs.QueueName}/\${AWS::Region}/\${own}/\${!kept}`, { own: 'x' }] },
      PICKED: { 'Fn::Select': [1, { 'Fn::Split': ['-', 'a-b-c'] }] },
    }),
  });
  const queueUrl = 'http://127.0.0.1:9000/000000000000/app-Jobs';
  expect(built.functions.find((spec) => spec.logicalId === 'Worker')).toEqual({
    logicalId: 'Worker',
    name: 'app-Worker',
    handler: 'index.handler',
    codeDir: path.join(folder, `asset.${hash}`),
    memoryMb: 512,
    timeoutSeconds: 60,
    environment: {
      QUEUE_URLS: `{"uzum":"${queueUrl}"}`,
      QUEUE_ARN: 'arn:aws:sqs:eu-central-1:000000000000:app-Jobs',
      TABLE: 'app-Table',
      BUCKET: 'app-bucket',
      HOST: '127.0.0.1',
      PORT: '5999',
      FUNCTION: 'app-Due',
      SUB: `pre/app-Jobs/eu-central-1/x/\${kept}`,
      PICKED: 'b',
    },
  });
});

test('an intrinsic that is needed and cannot be resolved is an error that names resource and property', () => {
  expect(() => model({ Worker: withEnvironment({ KEY: { 'Fn::ImportValue': 'elsewhere' } }) })).toThrow(
    'Worker (AWS::Lambda::Function), property Environment.Variables.KEY: the local stack cannot resolve {"Fn::ImportValue":"elsewhere"}.',
  );
});

test('an intrinsic in a property that the local stack does not use is left alone', () => {
  const built = model({
    Jobs: { Type: 'AWS::SQS::Queue', Properties: { KmsMasterKeyId: { 'Fn::ImportValue': 'key' } } },
  });
  expect(built.queues[0]?.attributes).toEqual({});
});

test('a queue comes after its dead-letter queue and keeps its redrive policy as JSON', () => {
  const built = model({
    Jobs: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        QueueName: 'jobs',
        VisibilityTimeout: 360,
        RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 5 },
      },
    },
    Dead: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'jobs-dead' } },
  });
  expect(built.queues.map((queue) => queue.name)).toEqual(['jobs-dead', 'jobs']);
  expect(built.queues[1]?.attributes).toEqual({
    VisibilityTimeout: '360',
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: 'arn:aws:sqs:eu-central-1:000000000000:jobs-dead',
      maxReceiveCount: 5,
    }),
  });
});

test('mappings, schedules and triggers name the function and the queue that they join', () => {
  const built = model({
    Jobs: { Type: 'AWS::SQS::Queue' },
    Late: { Type: 'AWS::SQS::Queue' },
    Worker: worker,
    WorkerVersion: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'Worker' } } },
    Mapping: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        BatchSize: 4,
        EventSourceArn: { 'Fn::GetAtt': ['Jobs', 'Arn'] },
        FunctionName: { Ref: 'Worker' },
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 3 },
      },
    },
    Schedule: {
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        ScheduleExpression: 'rate(5 minutes)',
        State: 'DISABLED',
        Target: {
          Arn: { 'Fn::GetAtt': ['Worker', 'Arn'] },
          Input: '{"at":"<aws.scheduler.scheduled-time>"}',
          DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['Late', 'Arn'] } },
        },
      },
    },
    After: {
      Type: 'Custom::Trigger',
      DependsOn: ['Before'],
      Properties: { HandlerArn: { Ref: 'WorkerVersion' } },
    },
    Before: {
      Type: 'Custom::Trigger',
      Properties: {
        HandlerArn: { Ref: 'WorkerVersion' },
        ServiceToken: { 'Fn::GetAtt': ['Provider', 'Arn'] },
      },
    },
    Provider: { Type: 'AWS::Lambda::Function', Properties: { Code: { ZipFile: 'x' } } },
  });
  expect(built.mappings).toEqual([
    {
      logicalId: 'Mapping',
      uuid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/),
      functionName: 'app-Worker',
      queueName: 'app-Jobs',
      batchSize: 4,
      batchingWindowSeconds: 0,
      maximumConcurrency: 3,
      reportBatchItemFailures: true,
      enabled: true,
    },
  ]);
  expect(built.schedules).toEqual([
    {
      logicalId: 'Schedule',
      name: 'app-Schedule',
      expression: 'rate(5 minutes)',
      timezone: 'UTC',
      functionName: 'app-Worker',
      input: '{"at":"<aws.scheduler.scheduled-time>"}',
      enabled: false,
      maximumRetryAttempts: 185,
      deadLetterQueueName: 'app-Late',
    },
  ]);
  expect(built.triggers.map((trigger) => trigger.logicalId)).toEqual(['Before', 'After']);
  expect(built.triggers[0]?.functionName).toBe('app-Worker');
  // What serves the deployment's custom resources is not part of the system.
  expect(built.functions.map((spec) => spec.name)).toEqual(['app-Worker']);
});

test('a global table becomes an on-demand CreateTable with its indexes and its time to live', () => {
  const keys = [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ];
  const index = { IndexName: 'byState', KeySchema: keys, Projection: { ProjectionType: 'ALL' } };
  const built = model({
    Table: {
      Type: 'AWS::DynamoDB::GlobalTable',
      Properties: {
        KeySchema: keys,
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        GlobalSecondaryIndexes: [{ ...index, WriteOnDemandThroughputSettings: {} }],
        Replicas: [{ Region: { Ref: 'AWS::Region' } }],
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      },
    },
  });
  expect(built.tables).toEqual([
    {
      logicalId: 'Table',
      name: 'app-Table',
      ttlAttribute: 'ttl',
      create: {
        TableName: 'app-Table',
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: keys,
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        GlobalSecondaryIndexes: [index],
      },
    },
  ]);
});

test('a database takes its domain from the tag', () => {
  const resources: Record<string, Resource> = {
    Database: {
      Type: 'AWS::RDS::DBInstance',
      Properties: {
        DBName: 'shop',
        MasterUsername: 'owner',
        DBInstanceIdentifier: 'narx-shop',
        AllocatedStorage: '20',
        Tags: [{ Key: 'narx:domain', Value: 'ecommerce' }],
      },
    },
    Proxy: { Type: 'AWS::RDS::DBProxy', Properties: { DBProxyName: 'narx-proxy' } },
    Targets: {
      Type: 'AWS::RDS::DBProxyTargetGroup',
      Properties: { DBProxyName: { Ref: 'Proxy' }, DBInstanceIdentifiers: [{ Ref: 'Database' }] },
    },
  };
  expect(model(resources).databases).toEqual([
    {
      logicalId: 'Database',
      databaseName: 'shop',
      masterUsername: 'owner',
      domain: 'ecommerce',
      instanceName: 'narx-shop',
      proxyName: 'narx-proxy',
      allocatedBytes: 20 * 1024 ** 3,
      backupRetentionDays: 1,
    },
  ]);
});

test('alarms keep their expressions, and composite rules name alarms by name', () => {
  const built = model({
    Jobs: { Type: 'AWS::SQS::Queue' },
    Errors: {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        ComparisonOperator: 'GreaterThanThreshold',
        EvaluationPeriods: 3,
        Threshold: 5,
        TreatMissingData: 'notBreaching',
        Metrics: [
          { Id: 'ratio', Expression: 'errors / FILL(calls, 1)' },
          ...['errors', 'calls'].map((id) => ({
            Id: id,
            ReturnData: false,
            MetricStat: {
              Metric: {
                Namespace: 'AWS/SQS',
                MetricName: id,
                Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': ['Jobs', 'QueueName'] } }],
              },
              Period: 60,
              Stat: 'Sum',
            },
          })),
        ],
      },
    },
    Any: {
      Type: 'AWS::CloudWatch::CompositeAlarm',
      Properties: {
        AlarmRule: { 'Fn::Join': ['', ['ALARM("', { 'Fn::GetAtt': ['Errors', 'Arn'] }, '")']] },
      },
    },
  });
  expect(built.alarms[0]).toMatchObject({
    name: 'app-Errors',
    threshold: 5,
    datapointsToAlarm: 3,
    treatMissingData: 'notBreaching',
  });
  expect(built.alarms[0]?.metrics).toEqual([
    { id: 'ratio', returnData: true, expression: 'errors / FILL(calls, 1)', periodSeconds: 60 },
    ...['errors', 'calls'].map((id) => ({
      id,
      returnData: false,
      namespace: 'AWS/SQS',
      name: id,
      dimensions: { QueueName: 'app-Jobs' },
      statistic: 'Sum',
      periodSeconds: 60,
    })),
  ]);
  expect(built.alarms[1]).toMatchObject({ name: 'app-Any', rule: 'ALARM("app-Errors")' });
});

test('a folder without a synthesized app, or without the stack, says what to do', () => {
  expect(() => loadTemplate(path.join(folder, 'none'))).toThrow(/run `npx cdk synth` first/);
  model({});
  expect(() => loadTemplate(folder, { stackName: 'other' })).toThrow(/has no stack other; it has app/);
});
