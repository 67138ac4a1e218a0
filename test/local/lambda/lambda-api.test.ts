import {
  GetEventSourceMappingCommand,
  InvokeCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Fault } from '../../../local/aws/fault.ts';
import { type LambdaApiServer, startLambdaApi } from '../../../local/aws/lambda-api.ts';
import type { FunctionSpec, MappingSpec } from '../../../local/cloud-model.ts';
import type { MappingControl, MappingDescription } from '../../../local/events/mappings.ts';
import type { Invocation, LambdaHost } from '../../../local/interfaces.ts';

const spec: FunctionSpec = {
  logicalId: 'Due',
  name: 'due',
  handler: 'index.handler',
  codeDir: '/',
  memoryMb: 128,
  timeoutSeconds: 3,
  environment: {},
};
const mappingSpec: MappingSpec = {
  logicalId: 'Mapping',
  uuid: '00000000-0000-4000-8000-000000000001',
  functionName: 'due',
  queueName: 'jobs',
  batchSize: 4,
  batchingWindowSeconds: 0,
  maximumConcurrency: 3,
  reportBatchItemFailures: true,
  enabled: true,
};

let api: LambdaApiServer;
let client: LambdaClient;
const invoke = vi.fn<LambdaHost['invoke']>();

let fault: Fault | undefined;
const asked: unknown[] = [];

beforeEach(async () => {
  let description: MappingDescription = {
    uuid: mappingSpec.uuid,
    functionName: 'due',
    queueName: 'jobs',
    state: 'Enabled',
  };
  const control: MappingControl = {
    list: () => [description],
    get: (uuid) => {
      if (uuid !== description.uuid)
        throw Object.assign(new Error('none'), { name: 'ResourceNotFoundException' });
      return description;
    },
    setEnabled: (_uuid, enabled) => {
      description = { ...description, state: enabled ? 'Enabled' : 'Disabled' };
      return description;
    },
  };
  invoke.mockReset();
  fault = undefined;
  asked.length = 0;
  api = await startLambdaApi({
    region: 'eu-central-1',
    accountId: '000000000000',
    timeScale: 0.000_01,
    onRequest: (...request) => {
      asked.push(request);
      return fault;
    },
  });
  api.connect({
    host: {
      functions: () => [spec],
      invoke,
      pids: () => ({}),
      pidOf: () => undefined,
      stop: async () => undefined,
    },
    control,
    mappings: [mappingSpec],
  });
  client = new LambdaClient({
    endpoint: api.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
});
afterEach(async () => {
  client.destroy();
  await api.close();
});

const answers = (payload: unknown, functionError: Invocation['functionError'] = null): Invocation => ({
  payload,
  functionError,
  durationMs: 1,
});

test('an invocation by name or ARN returns the handler’s payload', async () => {
  invoke.mockImplementation(async (_name, event) => answers({ echo: event }));
  for (const name of ['due', 'arn:aws:lambda:eu-central-1:000000000000:function:due:1']) {
    const result = await client.send(new InvokeCommand({ FunctionName: name, Payload: '{"a":"ў"}' }));
    expect(result.StatusCode).toBe(200);
    expect(result.FunctionError).toBeUndefined();
    expect(JSON.parse(result.Payload?.transformToString() ?? '')).toEqual({ echo: { a: 'ў' } });
    expect(invoke).toHaveBeenLastCalledWith('due', { a: 'ў' });
  }
});

test('a failed invocation is status 200 with FunctionError and the error as payload', async () => {
  invoke.mockResolvedValue(answers({ errorType: 'Broken', errorMessage: 'no' }, 'Unhandled'));
  const result = await client.send(new InvokeCommand({ FunctionName: 'due' }));
  expect(result).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
  expect(JSON.parse(result.Payload?.transformToString() ?? '')).toMatchObject({ errorType: 'Broken' });
});

test('an unknown function is ResourceNotFoundException', async () => {
  await expect(client.send(new InvokeCommand({ FunctionName: 'other' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: 'Function not found: arn:aws:lambda:eu-central-1:000000000000:function:other',
  });
});

test('an event over 6 MB is RequestTooLargeException and does not reach the function', async () => {
  const payload = JSON.stringify('x'.repeat(6 << 20));
  await expect(
    client.send(new InvokeCommand({ FunctionName: 'due', Payload: payload })),
  ).rejects.toMatchObject({ name: 'RequestTooLargeException' });
  expect(invoke).not.toHaveBeenCalled();
});

test('a payload that is not JSON is InvalidRequestContentException', async () => {
  await expect(client.send(new InvokeCommand({ FunctionName: 'due', Payload: '{' }))).rejects.toMatchObject({
    name: 'InvalidRequestContentException',
  });
});

test('an asynchronous event is accepted at once and tried three times under one request id when it fails', async () => {
  invoke.mockResolvedValue(answers({}, 'Unhandled'));
  const result = await client.send(
    new InvokeCommand({ FunctionName: 'due', InvocationType: 'Event', Payload: '{"n":1}' }),
  );
  expect(result.StatusCode).toBe(202);
  await vi.waitFor(() => expect(invoke).toHaveBeenCalledTimes(3));
  expect(
    invoke.mock.calls.every(([name, event]) => name === 'due' && JSON.stringify(event) === '{"n":1}'),
  ).toBe(true);
  const requestIds = new Set(invoke.mock.calls.map(([, , requestId]) => requestId));
  expect([...requestIds]).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
});

test('mappings are listed by function, and disabling one shows in its state', async () => {
  const listed = await client.send(new ListEventSourceMappingsCommand({ FunctionName: 'due' }));
  expect(listed.EventSourceMappings).toMatchObject([
    {
      UUID: mappingSpec.uuid,
      State: 'Enabled',
      BatchSize: 4,
      EventSourceArn: 'arn:aws:sqs:eu-central-1:000000000000:jobs',
      ScalingConfig: { MaximumConcurrency: 3 },
    },
  ]);
  const none = await client.send(new ListEventSourceMappingsCommand({ FunctionName: 'other' }));
  expect(none.EventSourceMappings).toEqual([]);
  await client.send(new UpdateEventSourceMappingCommand({ UUID: mappingSpec.uuid, Enabled: false }));
  const one = await client.send(new GetEventSourceMappingCommand({ UUID: mappingSpec.uuid }));
  expect(one.State).toBe('Disabled');
  await expect(client.send(new GetEventSourceMappingCommand({ UUID: 'none' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
});

test('faults are asked for by operation, function or mapping, and caller; a throttled call has no effect', async () => {
  invoke.mockResolvedValue(answers(null));
  fault = { fault: 'error', code: 'TooManyRequestsException', status: 429 };
  const call = () => client.send(new InvokeCommand({ FunctionName: 'due' }));
  await expect(call()).rejects.toMatchObject({ name: 'TooManyRequestsException' });
  expect(invoke).not.toHaveBeenCalled();
  fault = { fault: 'lose-response' };
  await expect(call()).rejects.toThrow();
  expect(invoke).toHaveBeenCalledTimes(1);
  fault = undefined;
  await client.send(new UpdateEventSourceMappingCommand({ UUID: mappingSpec.uuid, Enabled: false }));
  expect(asked).toEqual([
    ['Invoke', 'due', 'local'],
    ['Invoke', 'due', 'local'],
    ['UpdateEventSourceMapping', mappingSpec.uuid, 'local'],
  ]);
});
