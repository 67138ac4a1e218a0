import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { isAlive } from '../../local/lifecycle/processes.ts';
import { type Stack, startStack } from '../../local/stack.ts';
import type { Resource } from '../../local/template/load.ts';

let folder: string;
let stack: Stack;
const printed: string[] = [];

/** Fixture handlers share the project's pg, as bundles carry their own. */
const preamble = `import { createRequire } from 'node:module';
  const require = createRequire(${JSON.stringify(path.resolve('package.json'))});
  const pg = require('pg');
  const query = async (user, text, values) => {
    const client = new pg.Client({ ...JSON.parse(process.env.ENDPOINTS).postgres.ecommerce, user });
    await client.connect();
    try { return (await client.query(text, values)).rows; } finally { await client.end(); }
  };`;

const handlers: Record<string, string> = {
  migrate: `export const handler = async () => {
    await query(process.env.DATABASE_USER, 'CREATE TABLE received (body text)');
    await query(process.env.DATABASE_USER, 'CREATE ROLE writer LOGIN');
    await query(process.env.DATABASE_USER, 'GRANT rds_iam TO writer');
    await query(process.env.DATABASE_USER, 'GRANT SELECT, INSERT ON received TO writer');
  };`,
  worker: `export const handler = async (event) => {
    const failed = [];
    for (const record of event.Records) {
      if (record.body === 'bad') failed.push({ itemIdentifier: record.messageId });
      else await query('writer', 'INSERT INTO received VALUES ($1)', [record.body]);
    }
    return { batchItemFailures: failed };
  };`,
  planner: `export const handler = async (event) => { console.log('planned');
    console.log(JSON.stringify({ _aws: { Timestamp: Date.now(), CloudWatchMetrics: [{ Namespace: 'Shop', Dimensions: [[]],
      Metrics: [{ Name: 'Planned', Unit: 'Count' }] }] }, Planned: 7 }));
    return { event, environment: process.env }; };`,
};

const lambda = (name: string, variables: Record<string, unknown>): Resource => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    Code: { S3Key: `${name}.zip` },
    FunctionName: name,
    Handler: 'index.handler',
    MemorySize: 512,
    Timeout: 100,
    Environment: { Variables: variables },
  },
});

const resources: Record<string, Resource> = {
  Jobs: {
    Type: 'AWS::SQS::Queue',
    Properties: {
      QueueName: 'jobs',
      VisibilityTimeout: 60,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 1 },
    },
  },
  Dead: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead' } },
  Bucket: { Type: 'AWS::S3::Bucket' },
  Table: {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      TableName: 'coordination',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    },
  },
  Database: {
    Type: 'AWS::RDS::DBInstance',
    Properties: {
      DBName: 'shop',
      MasterUsername: 'narx_master',
      Tags: [{ Key: 'narx:domain', Value: 'ecommerce' }],
    },
  },
  Migrate: lambda('migrate', { ENDPOINTS: 'aws', DATABASE_USER: 'narx_master' }),
  Worker: lambda('worker', { ENDPOINTS: 'aws' }),
  Planner: lambda('planner', { TIME_SCALE: '1', QUEUE_URL: { Ref: 'Jobs' } }),
  Migration: { Type: 'Custom::Trigger', Properties: { HandlerArn: { 'Fn::GetAtt': ['Migrate', 'Arn'] } } },
  Mapping: {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      EventSourceArn: { 'Fn::GetAtt': ['Jobs', 'Arn'] },
      FunctionName: { Ref: 'Worker' },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    },
  },
  DeadLetters: {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: 'dead-letters',
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': ['Dead', 'QueueName'] } }],
      Statistic: 'Maximum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
    },
  },
  Slots: {
    Type: 'AWS::Scheduler::Schedule',
    Properties: {
      Name: 'slots',
      ScheduleExpression: 'rate(5 minutes)',
      Target: {
        Arn: { 'Fn::GetAtt': ['Planner', 'Arn'] },
        Input: '{"at":"<aws.scheduler.scheduled-time>"}',
      },
    },
  },
};

function synthesize(into: string, template: Record<string, Resource>): string {
  mkdirSync(into, { recursive: true });
  writeFileSync(
    path.join(into, 'manifest.json'),
    JSON.stringify({
      artifacts: {
        app: { type: 'aws:cloudformation:stack', properties: { templateFile: 'app.template.json' } },
      },
    }),
  );
  writeFileSync(path.join(into, 'app.template.json'), JSON.stringify({ Resources: template }));
  for (const [name, code] of Object.entries(handlers)) {
    mkdirSync(path.join(into, `asset.${name}`), { recursive: true });
    writeFileSync(path.join(into, `asset.${name}`, 'index.mjs'), preamble + code);
  }
  return into;
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'narx-stack-'));
  stack = await startStack({
    templateDir: synthesize(path.join(folder, 'cdk.out'), resources),
    dataDir: path.join(folder, 'data'),
    timeScale: 0.05,
    origins: { 'https://shop.example': 'http://127.0.0.1:1' },
    onOutput: (source, line) => printed.push(`${source}: ${line}`),
  });
});
afterAll(async () => {
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function rows(): Promise<string[]> {
  const client = new pg.Client({ ...stack.endpoints.postgres['ecommerce'], user: 'narx_master' });
  await client.connect();
  const result = await client.query<{ body: string }>('SELECT body FROM received ORDER BY body');
  await client.end();
  return result.rows.map((row) => row.body);
}

test('a message ends in the migrated database, or in the dead-letter queue, which alarms', async () => {
  for (const body of ['one', 'bad', 'two'])
    await stack.clients.sqs.send(
      new SendMessageCommand({ QueueUrl: stack.sqs.queueUrl('jobs'), MessageBody: body }),
    );
  await vi.waitFor(async () => expect(await rows()).toEqual(['one', 'two']), { timeout: 10_000 });
  // The one that failed is received no second time: its queue allows one receive.
  await vi.waitFor(() => expect(stack.sqs.statistics()['dead']?.visible).toBe(1), { timeout: 15_000 });
  await vi.waitFor(() => expect(stack.alarms()).toMatchObject([{ name: 'dead-letters', state: 'ALARM' }]), {
    timeout: 15_000,
    interval: 200,
  });
});

test('a schedule that is fired by hand delivers its slot to the function', async () => {
  const { payload } = await stack.fire('slots', new Date('2026-03-01T00:05:00Z'));
  expect(payload).toMatchObject({ event: { at: '2026-03-01T00:05:00Z' } });
  await vi.waitFor(() => expect(printed).toContain('planner: planned'));
});

test('invocations and what functions print as embedded metrics are kept as metrics', async () => {
  await stack.fire('slots');
  const sum = (namespace: string, name: string, dimensions: Record<string, string>): number | null =>
    stack.metrics.statistic(namespace, name, dimensions, 'Sum', Date.now() - 60_000, Date.now() + 60_000);
  await vi.waitFor(() => expect(sum('Shop', 'Planned', {})).toBeGreaterThanOrEqual(7));
  expect(sum('AWS/Lambda', 'Invocations', { FunctionName: 'planner' })).toBeGreaterThanOrEqual(1);
  expect(sum('AWS/Lambda', 'Errors', { FunctionName: 'planner' })).toBe(0);
});

test('the buckets of the template exist', async () => {
  const [bucket] = stack.model.buckets;
  const { $metadata } = await stack.clients.s3.send(new HeadBucketCommand({ Bucket: bucket?.name }));
  expect($metadata.httpStatusCode).toBe(200);
});

test('only variables that the template declares are overridden', async () => {
  const result = await stack.clients.lambda.send(new InvokeCommand({ FunctionName: 'planner' }));
  const { environment } = JSON.parse(result.Payload?.transformToString() ?? '');
  expect(environment).toMatchObject({ TIME_SCALE: '0.05', QUEUE_URL: stack.sqs.queueUrl('jobs') });
  expect(environment).not.toHaveProperty('ENDPOINTS');
});

test('a migration that fails stops the start with its reason and leaves nothing running', async () => {
  const templateDir = synthesize(path.join(folder, 'broken'), {
    ...resources,
    Migrate: lambda('migrate', { ENDPOINTS: 'aws', DATABASE_USER: 'nobody' }),
  });
  const dataDir = path.join(folder, 'broken-data');
  await expect(startStack({ templateDir, dataDir, timeScale: 0.1, origins: {} })).rejects.toThrow(
    'migrate, which runs before traffic, failed: error: role "nobody" does not exist',
  );
});

test('stop ends the functions and the database', async () => {
  const pids = [stack.postgres.pid, ...Object.values(stack.host.pids()).flat()];
  expect(pids.length).toBeGreaterThan(1);
  expect(await stack.stop()).toEqual([]);
  expect(pids.filter(isAlive)).toEqual([]);
});
