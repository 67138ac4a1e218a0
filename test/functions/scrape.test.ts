import { gzipSync } from 'node:zlib';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { DynamoFailureNotes } from '../../functions/adapters/dynamodb/failure-notes.ts';
import { DynamoLedger } from '../../functions/adapters/dynamodb/ledger.ts';
import { DynamoParkedReferences } from '../../functions/adapters/dynamodb/parked.ts';
import { type Job, visitsMessageSchema } from '../../functions/contract/messages.ts';
import { startTable, tableName } from '../adapters/dynamodb/table.ts';
import { startServer, type TestServer } from '../adapters/http/server.ts';
import { captureTelemetry, endpoints, invocation, setEnvironment } from './environment.ts';

const sqs = mockClient(SQSClient);
const s3 = mockClient(S3Client);
let table: Awaited<ReturnType<typeof startTable>>;
let server: TestServer;
let handler: typeof import('../../functions/scrape.lambda.ts').handler;
let ledger: DynamoLedger;
let telemetry: () => string;

/** Ids below 100 are products, from 100 on there are none, 500 is broken and 429 is one too many. */
beforeAll(async () => {
  table = await startTable();
  ledger = new DynamoLedger(table.client, tableName);
  server = await startServer((request, response) => {
    const id = Number(request.url?.split('/').at(-1));
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    if (id === 429) response.writeHead(429).end();
    else if (id === 500)
      response.writeHead(200, headers).end(gzipSync('{"payload":{"product":{"name":"x"}}}'));
    else if (id >= 100) response.writeHead(200, headers).end(gzipSync('{"payload":null}'));
    else response.writeHead(200, headers).end(gzipSync(JSON.stringify(product(id))));
  });
  setEnvironment({
    ENDPOINTS: endpoints(table.url, { 'https://api.uzum.uz': server.origin }),
    MARKETPLACE: 'uzum',
    MAX_RECEIVES: '5',
    SNAPSHOTS_QUEUE_URL: 'http://127.0.0.1:9/000000000000/snapshots',
    DOMAIN: 'ecommerce',
    SPILL_BUCKET: 'spill',
    QUARANTINE_BUCKET: 'quarantine',
    RAW_BUCKET: 'none',
    CONNECTIONS: '4',
    REQUEST_TIMEOUT_MS: '5000',
    USER_AGENT: 'narx (ops@example.com)',
    GATE: JSON.stringify({ cooldownHours: 1, maxCooldownHours: 24 }),
    RATE: JSON.stringify({ initialPerSecond: 10_000, minPerSecond: 1, maxPerSecond: 10_000 }),
    PROXY_SECRET: 'none',
    ROBOTS_OVERRIDES: '[]',
  });
  ({ handler } = await import('../../functions/scrape.lambda.ts'));
});
afterAll(async () => {
  await server.stop();
  await table.stop();
});
beforeEach(() => {
  telemetry = captureTelemetry();
  sqs.reset();
  s3.reset();
  s3.on(PutObjectCommand).resolves({});
  sqs.on(SendMessageBatchCommand).callsFake(({ Entries = [] }) => ({ Successful: Entries, Failed: [] }));
});

function product(id: number) {
  const title = `Choynak ${id}`;
  const category = { id: 7, title: 'Idishlar', parent: null };
  const seller = { id: 3, title: 'Bozor' };
  const skuList = [{ id: id * 10, availableAmount: 4, fullPrice: 90_000, purchasePrice: 81_000 }];
  const data = { id, title, localizableTitle: { uz: title, ru: title }, category, seller, skuList };
  return { payload: { data }, timestamp: '2031-02-03T04:05:06.123456789' };
}
function job(jobNumber: number, ids: number[]): Job {
  const slot = '2031-02-03T04:05:00.000Z';
  const references = ids.map((id) => ({ kind: 'product' as const, externalId: String(id) }));
  return { v: 1, marketplace: 'uzum', sweepId: `${slot}.uzum.sweep`, jobNumber, slot, references };
}
function batch(...bodies: string[]): SQSEvent {
  return {
    Records: bodies.map(
      (body, i) =>
        ({
          messageId: `message-${i}`,
          body,
          attributes: { ApproximateReceiveCount: '1' },
          eventSourceARN: 'arn:aws:sqs:eu-central-1:000000000000:narx-test-uzum-jobs',
        }) as SQSRecord,
    ),
  };
}
const visits = () =>
  sqs
    .commandCalls(SendMessageBatchCommand)
    .flatMap(({ args }) => args[0].input.Entries ?? [])
    .map(({ MessageBody = '' }) => visitsMessageSchema.parse(JSON.parse(MessageBody)));

test('a job goes from the queue over the network to visits that store decodes', async () => {
  const one = job(1, [1, 2, 100]);
  await ledger.planJobs([one], new Date(0));
  const response = await handler(batch(JSON.stringify(one)), invocation('r'));
  expect(response).toEqual({ batchItemFailures: [] });
  const [message, ...others] = visits();
  expect(others).toEqual([]);
  const bought = message?.visits.find(({ index }) => index === 1);
  expect(bought).toMatchObject({
    outcome: 'ok',
    snapshot: {
      externalId: '2',
      title: 'Choynak 2',
      currency: 'UZS',
      offers: [{ externalId: '20', price: '81000', oldPrice: '90000', available: 4 }],
    },
  });
  expect(message?.visits.find(({ index }) => index === 2)).toMatchObject({ outcome: 'gone' });
  expect(telemetry()).toMatch(/"PagesOk":2/);
});

test('what cannot be parsed is quarantined and what is throttled parked, beside what is fine', async () => {
  const one = job(2, [3, 500, 429]);
  await ledger.planJobs([one], new Date(0));
  const before = Date.now();
  expect(await handler(batch(JSON.stringify(one)), invocation('r'))).toEqual({ batchItemFailures: [] });
  expect(visits().flatMap((message) => message.visits.map(({ index }) => index))).toEqual([0]);
  const key = s3.commandCalls(PutObjectCommand)[0]?.args[0].input.Key;
  expect(key).toMatch(/^quarantine\/uzum\/\d{4}-\d\d-\d\d\/format-changed\/product-500-/);
  expect(await ledger.books(one.sweepId)).toMatchObject({ quarantined: 1, parked: 1 });
  const parked = new DynamoParkedReferences(table.client, tableName);
  expect(await parked.due('uzum', new Date(before + 29_000), 10)).toEqual([]);
  const due = await parked.due('uzum', new Date(before + 120_000), 10);
  expect(due).toMatchObject([{ reason: 'throttled', references: [{ externalId: '429' }] }]);
});

test('messages that do not decode fail alone, with the reason in the log and without their content', async () => {
  const one = job(3, [4]);
  await ledger.planJobs([one], new Date(0));
  const event = batch('not json: secret', JSON.stringify({ ...one, v: 2 }), JSON.stringify(one));
  const response = await handler(event, invocation('r'));
  expect(response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual([
    'message-0',
    'message-1',
  ]);
  expect(visits()).toHaveLength(1);
  expect(telemetry()).toMatch(/PoisonMessage/);
  expect(telemetry()).toMatch(/not of the expected form \(v: /);
  expect(telemetry()).not.toContain('secret');
});

test('visits that the queue does not take are spilled, and their job is not fetched again', async () => {
  sqs.on(SendMessageBatchCommand).rejects(new Error('unreachable'));
  const one = job(7, [8]);
  await ledger.planJobs([one], new Date(0));
  expect(await handler(batch(JSON.stringify(one)), invocation('r'))).toEqual({ batchItemFailures: [] });
  expect(s3.commandCalls(PutObjectCommand)[0]?.args[0].input).toMatchObject({ Bucket: 'spill' });
  expect(telemetry()).toMatch(/"VisitsSpilled":1/);
});

test('a batch that failed whole is reported item by item, each with its reason noted and counted', async () => {
  sqs.on(SendMessageBatchCommand).rejects(new Error('unreachable'));
  s3.on(PutObjectCommand).rejects(new Error('SlowDown'));
  const jobs = [job(4, [5]), job(5, [6])];
  await ledger.planJobs(jobs, new Date(0));
  const event = batch(...jobs.map((one) => JSON.stringify(one)));
  expect((await handler(event, invocation('r'))).batchItemFailures).toHaveLength(2);
  await handler(event, invocation('r'));
  const notes = await new DynamoFailureNotes(table.client, tableName).read('narx-test-uzum-jobs', [
    'message-0',
    'message-9',
  ]);
  expect([...notes.keys()]).toEqual(['message-0']);
  expect(notes.get('message-0')).toMatchObject({
    failures: expect.any(Number),
    error: 'RetryLater',
    reason: expect.stringMatching(/^Neither the snapshots queue \(Error: unreachable\) nor the spill bucket/),
    functionName: 'narx-test-scrape-uzum',
  });
  expect(notes.get('message-0')?.failures).toBeGreaterThan(1);
});

test('a job that fails for the last time is entered as dead-lettered, and after its redrive as what it became', async () => {
  const one = job(10, [8, 429]);
  await ledger.planJobs([one], new Date(0));
  const received = (times: number) => {
    const event = batch(JSON.stringify(one));
    for (const record of event.Records) record.attributes.ApproximateReceiveCount = String(times);
    return handler(event, invocation('r'));
  };
  const accounts = async () => {
    const { parked, deadLettered, inFlight } = await ledger.books(one.sweepId);
    return { parked, deadLettered, inFlight };
  };
  const before = await accounts();
  sqs.on(SendMessageBatchCommand).rejects(new Error('unreachable'));
  s3.on(PutObjectCommand).rejects(new Error('unreachable'));
  await received(4);
  expect(await accounts()).toEqual(before);
  expect((await received(5)).batchItemFailures).toHaveLength(1);
  expect(await accounts()).toEqual({ ...before, deadLettered: 2, inFlight: before.inFlight - 2 });
  sqs.on(SendMessageBatchCommand).callsFake(({ Entries = [] }) => ({ Successful: Entries, Failed: [] }));
  await received(1);
  expect(await accounts()).toEqual({
    parked: before.parked + 1,
    deadLettered: 1,
    inFlight: before.inFlight - 2,
  });
});

test('without time left a job is returned before anything is fetched', async () => {
  let calls = 0;
  const context = invocation('r');
  context.getRemainingTimeInMillis = () => (calls++ === 0 ? 60_000 : 1_000);
  const response = await handler(batch(JSON.stringify(job(6, [7]))), context);
  expect(response.batchItemFailures).toHaveLength(1);
  expect(visits()).toEqual([]);
});
