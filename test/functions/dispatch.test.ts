import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import {
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  type SendMessageBatchCommandInput,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cursorKey } from '../../functions/adapters/dynamodb/items.ts';
import { DynamoLedger } from '../../functions/adapters/dynamodb/ledger.ts';
import { jobSchema } from '../../functions/contract/messages.ts';
import { startTable, tableName, writeItem } from '../adapters/dynamodb/table.ts';
import { captureTelemetry, endpoints, invocation, setEnvironment } from './environment.ts';

const sqs = mockClient(SQSClient);
const lambda = mockClient(LambdaClient);
const s3 = mockClient(S3Client);
const queue = 'http://127.0.0.1:9/000000000000/jobs-uzum';
let table: Awaited<ReturnType<typeof startTable>>;
let handler: typeof import('../../functions/dispatch.lambda.ts').handler;
let ledger: DynamoLedger;
let telemetry: () => string;

beforeAll(async () => {
  table = await startTable();
  ledger = new DynamoLedger(table.client, tableName);
  const plan = {
    referencesPerJob: 100,
    window: 500,
    maxBacklogMessages: 100,
    sweep: { first: 1, last: 800, everyHours: 24, beyond: 0 },
    sweepDeadlineHours: 24,
  };
  setEnvironment({
    ENDPOINTS: endpoints(table.url, {}),
    JOBS_QUEUE_URLS: JSON.stringify({ uzum: queue }),
    SNAPSHOTS_QUEUE_URLS: JSON.stringify({ uzum: 'http://127.0.0.1:9/000000000000/snapshots' }),
    DUE_FUNCTION_NAMES: JSON.stringify({ uzum: 'narx-due' }),
    SPILL_BUCKET: 'spill',
    STORAGE_DOMAINS: JSON.stringify({ uzum: 'ecommerce' }),
    PLANS: JSON.stringify({ uzum: plan }),
  });
  ({ handler } = await import('../../functions/dispatch.lambda.ts'));
});
afterAll(() => table.stop());
beforeEach(() => {
  telemetry = captureTelemetry();
  sqs.reset();
  lambda.reset();
  s3.reset();
  s3.on(ListObjectsV2Command).resolves({});
  sqs.on(GetQueueAttributesCommand).resolves({ Attributes: { ApproximateNumberOfMessages: '0' } });
  sqs.on(SendMessageBatchCommand).callsFake(({ Entries = [] }: SendMessageBatchCommandInput) => ({
    Successful: Entries,
    Failed: [],
  }));
});

const jobs = () =>
  sqs
    .commandCalls(SendMessageBatchCommand)
    .flatMap(({ args }) => args[0].input.Entries ?? [])
    .map(({ MessageBody = '' }) => jobSchema.parse(JSON.parse(MessageBody)));
const event = (mode: string, scheduledTime: string) => ({ marketplace: 'uzum', mode, scheduledTime });

describe('a schedule’s event', () => {
  test('dispatches the next window, and its repetition collapses', async () => {
    const slot = '2031-02-03T04:05:00Z';
    expect(await handler(event('sweep', slot), invocation('one'))).toEqual({
      marketplace: 'uzum',
      mode: 'sweep',
      slot: '2031-02-03T04:05:00.000Z',
      outcome: 'dispatched',
      jobs: 5,
      references: 500,
    });
    expect(await handler(event('sweep', slot), invocation('two'))).toMatchObject({ outcome: 'collapsed' });
    expect(await handler(event('sweep', '2031-02-03T04:10:00Z'), invocation('three'))).toMatchObject({
      references: 300,
    });
    const ids = jobs().flatMap(({ references }) => references.map(({ externalId }) => Number(externalId)));
    expect(ids).toEqual(Array.from({ length: 800 }, (_, i) => i + 1));
    const [sweep] = await ledger.sweeps('uzum', 1);
    expect(sweep).toMatchObject({ sweepId: '2031-02-03T04:05:00.000Z.uzum.sweep', planned: true });
    expect(await ledger.books(sweep?.sweepId ?? '')).toMatchObject({ dispatched: 800, inFlight: 800 });
    expect(telemetry()).toMatch(/"ReferencesDispatched":500/);
    expect(telemetry()).toMatch(/"DispatchCollapsed":1/);
  });

  test('in refresh mode sends what the due function claims', async () => {
    const references = [{ kind: 'product', externalId: '42' }];
    const bytes = new TextEncoder().encode(JSON.stringify({ references }));
    lambda.on(InvokeCommand, { FunctionName: 'narx-due' }).resolves({ Payload: bytes } as object);
    const slot = '2031-02-03T04:05:00.000Z';
    expect(await handler(event('refresh', slot), invocation('one'))).toMatchObject({
      jobs: 1,
      references: 1,
    });
    expect(jobs()).toMatchObject([{ sweepId: `${slot}.uzum.refresh`, jobNumber: 0, references }]);
  });

  test('in discover mode sends the listings that the marketplace begins with', async () => {
    const slot = '2031-02-03T04:05:00.000Z';
    expect(await handler(event('discover', slot), invocation('one'))).toMatchObject({
      outcome: 'dispatched',
    });
    const references = [{ kind: 'listing', externalId: 'categories' }];
    expect(jobs()).toMatchObject([{ sweepId: `${slot}.uzum.discover`, jobNumber: 0, references }]);
  });

  test('in gaps mode sends again what the audit found missing and nothing more', async () => {
    const started = new Date(Date.now() - 2 * 3_600_000);
    const slot = started.toISOString();
    const sweepId = `${slot}.uzum.refresh`;
    const deadline = new Date(Date.now() + 3_600_000);
    const sweep = { sweepId, marketplace: 'uzum', mode: 'refresh' as const, startedAt: started, deadline };
    await ledger.openSweep({ ...sweep, planned: true });
    const references = ['7', '8'].map((externalId) => ({ kind: 'product' as const, externalId }));
    const job = { v: 1 as const, marketplace: 'uzum', sweepId, jobNumber: 0, slot, references };
    await ledger.planJobs([job], started);
    for await (const entry of ledger.jobs(sweep, null))
      await ledger.correct(entry, new Map([[1, 'missing']]));
    const now = new Date().toISOString();
    const waiting = { Bucket: 'spill', Prefix: 'spill/ecommerce/' };
    const one = { Contents: [{ Key: 'spill/ecommerce/one.json.gz' }] };
    s3.on(ListObjectsV2Command, waiting).resolvesOnce(one).resolves({});
    expect(await handler(event('gaps', now), invocation('one'))).toMatchObject({
      uzum: { outcome: 'nothing-missing' },
    });
    expect(await handler(event('gaps', now), invocation('one'))).toEqual({
      uzum: { outcome: 'dispatched', jobs: 1, references: 1 },
    });
    expect(jobs()).toEqual([{ ...job, only: [1] }]);
    expect(telemetry()).toMatch(/"GapsRedispatched":1/);
    expect(await handler({ mode: 'gaps', scheduledTime: now }, invocation('two'))).toMatchObject({
      uzum: { outcome: 'nothing-missing' },
    });
  });

  test('sweeps one range once when two dispatchers get it at once', async () => {
    const slot = '2031-02-05T04:05:00Z';
    const outcomes = await Promise.all(['a', 'b'].map((id) => handler(event('sweep', slot), invocation(id))));
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['collapsed', 'dispatched']);
    expect(jobs()).toHaveLength(5);
  });

  test.each([
    ['of no form', { marketplace: 'uzum' }, /Not an event of a schedule/],
    ['that is null', null, /Not an event of a schedule/],
    ['for a mode that does not exist', event('guess', '2031-02-03T04:05:00Z'), /mode: Invalid option/],
  ])('%s is rejected clearly', async (_, input, reason) => {
    await expect(handler(input, invocation('one'))).rejects.toThrow(reason);
    expect(jobs()).toEqual([]);
  });
});

test('a damaged checkpoint stops its marketplace, is counted, and is not overwritten', async () => {
  await writeItem(table.client, { ...cursorKey('uzum', 'sweep'), position: { S: 'zero' } });
  await expect(handler(event('sweep', '2031-02-06T04:05:00Z'), invocation('one'))).rejects.toThrow(
    /cannot be read/,
  );
  await expect(handler(event('gaps', '2031-02-06T04:06:00Z'), invocation('one'))).rejects.toThrow(
    /cannot be read/,
  );
  expect(jobs()).toEqual([]);
  expect(telemetry()).toMatch(/"CheckpointInvalid":1.*"CheckpointInvalid":1/s);
  expect(telemetry()).toMatch(/StopMarketplace/);
});
