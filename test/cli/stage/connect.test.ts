import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { UsageError } from '../../../cli/command.ts';
import { serviceErrorLine } from '../../../cli/service-error.ts';
import { confirmOptions } from '../../../cli/stage/confirm.ts';
import { connectStage } from '../../../cli/stage/connect.ts';
import { stageMappings } from '../../../cli/stage/mappings.ts';
import { stageOptions, stageUsage } from '../../../cli/stage/options.ts';
import { startLambdaApi } from '../../../local/aws/lambda-api.ts';
import { announceStack } from '../../../local/stack-file.ts';
import { config } from '../../../narx.config.ts';
import { ofType, synthesized } from '../../support/synthesized.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'narx-stage-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const nowhere = 'http://127.0.0.1:9';
const running = {
  stage: 'local',
  region: 'eu-central-1',
  accountId: '000000000000',
  timeScale: 0.1,
  endpoints: {
    ...{ sqs: nowhere, s3: nowhere, dynamodb: nowhere, lambda: nowhere },
    postgres: { ecommerce: { host: '127.0.0.1', port: 1234, database: 'ecommerce' } },
    origins: {},
  },
  httpApis: {},
};
const announce = (changes: object = {}) =>
  announceStack(join(folder, 'stack.json'), { ...running, ...changes });
/** As a command does with its words. */
const connect = async (...words: string[]) => {
  const { values } = parseArgs({
    args: ['--folder', folder, ...words],
    options: { ...stageOptions, ...confirmOptions },
  });
  const stage = await connectStage(values);
  onTestFinished(() => stage.close());
  return stage;
};

it('every option of a command at a stage is explained', () => {
  for (const option of Object.keys(stageOptions)) expect(stageUsage).toContain(`--${option} `);
});

describe('the stack that runs here', () => {
  it('is found through the file that its runner wrote, and nothing is left of a half-written one', async () => {
    const withdraw = announce();
    expect(readdirSync(folder)).toEqual(['stack.json']);
    const stage = await connect();
    expect(stage).toMatchObject({ name: 'local', local: true, timeScale: 0.1, region: 'eu-central-1' });
    expect(stage.postgres('ecommerce')).toMatchObject({ port: 1234, database: 'ecommerce' });
    expect(stage.postgres('elsewhere')).toBeNull();
    withdraw();
    await expect(connect()).rejects.toThrow(/no stack is running in .*: start one with npm run dev/);
  });

  it('is not taken for running when the process that ran it has gone', async () => {
    announce();
    const file = join(folder, 'stack.json');
    const written = JSON.parse(readFileSync(file, 'utf8')) as object;
    // The same process id, given to a process that started at another time.
    writeFileSync(file, JSON.stringify({ ...written, identity: 'another' }));
    await expect(connect()).rejects.toThrow(UsageError);
  });

  it('answers with one line instead of hanging when it has just stopped listening', async () => {
    announce();
    const stage = await connect();
    const error: unknown = await stageMappings(stage).catch((thrown: unknown) => thrown);
    expect(serviceErrorLine(error)).toMatch(/^no answer \(ECONNREFUSED\): /);
  });
});

describe('names', () => {
  it('are those of the synthesized template, for every queue, function, table and bucket', async () => {
    announce();
    const { names } = await connect();
    const resources = synthesized('local', config);
    const named = (type: string, property: string) =>
      ofType(resources, type).map(([, properties]) => JSON.stringify(properties[property]));
    const queues = names.queues.flatMap(({ name, deadLetters }) => [name, deadLetters.name]);
    const schedules = 'narx-local-schedules-dlq';
    expect(named('AWS::SQS::Queue', 'QueueName').sort()).toEqual(
      [...queues, schedules].map((name) => JSON.stringify(name)).sort(),
    );
    expect(named('AWS::DynamoDB::GlobalTable', 'TableName')).toEqual([JSON.stringify(names.table)]);
    const functions = named('AWS::Lambda::Function', 'FunctionName');
    for (const [service, owner] of [
      ['scrape', 'uzex'],
      ['store', 'procurement'],
      ['gatekeeper', null],
    ] as const)
      expect(functions).toContain(JSON.stringify(names.function(service, owner)));
    const buckets = ofType(resources, 'AWS::S3::Bucket').map(([, { BucketName }]) => {
      const [, parts] = (BucketName as { 'Fn::Join': [string, unknown[]] })['Fn::Join'];
      const values: Record<string, string> = {
        'AWS::AccountId': '000000000000',
        'AWS::Region': 'eu-central-1',
      };
      return parts
        .map((part) => (typeof part === 'string' ? part : values[(part as { Ref: string }).Ref]))
        .join('');
    });
    expect(Object.values(names.buckets).sort()).toEqual(buckets.sort());
  });

  it('of queues lead to the mappings that feed their consumers', async () => {
    const uuid = '00000000-0000-4000-8000-000000000001';
    const description = {
      uuid,
      functionName: 'narx-local-scrape-uzum',
      queueName: 'narx-local-uzum-jobs',
      state: 'Enabled' as const,
    };
    const control = { list: () => [description], get: () => description, setEnabled: () => description };
    const api = await startLambdaApi({ region: running.region, accountId: running.accountId, timeScale: 1 });
    onTestFinished(() => api.close());
    api.connect({ host: vi.fn() as never, control, mappings: [] });
    announce({ endpoints: { ...running.endpoints, lambda: api.url } });
    const mappings = await stageMappings(await connect());
    expect(mappings).toMatchObject([{ queue: { owner: 'uzum', kind: 'jobs' }, uuid, state: 'Enabled' }]);
  });
});

describe('a stage in AWS', () => {
  beforeEach(() => {
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    return () => vi.unstubAllEnvs();
  });

  it('gets its account from a function that every stage has', async () => {
    const lambda = mockClient(LambdaClient);
    onTestFinished(() => lambda.restore());
    lambda
      .on(GetFunctionConfigurationCommand, { FunctionName: 'narx-prod-dispatch' })
      .resolves({ FunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:narx-prod-dispatch' });
    const { names, local, postgres } = await connect('--stage', 'prod');
    expect(local).toBe(false);
    expect(postgres('ecommerce')).toBeNull();
    expect(names.buckets.quarantine).toBe('narx-prod-quarantine-123456789012-eu-west-1');
    expect(names.queues.find(({ owner }) => owner === 'uzum')?.deadLetters.url).toBe(
      'https://sqs.eu-west-1.amazonaws.com/123456789012/narx-prod-uzum-jobs-dlq',
    );
  });

  it('that is not deployed is refused in one sentence that says what to check', async () => {
    const lambda = mockClient(LambdaClient);
    onTestFinished(() => lambda.restore());
    lambda.rejects(new ResourceNotFoundException({ message: 'none', $metadata: {} }));
    await expect(connect('--stage', 'prod')).rejects.toThrow(
      /^stage prod is not deployed in eu-west-1 of this account .* check AWS_PROFILE and AWS_REGION/,
    );
  });
});
