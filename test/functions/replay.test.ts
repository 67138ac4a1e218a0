import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { S3Spill } from '../../functions/adapters/s3/spill.ts';
import { SqsVisitsQueue } from '../../functions/adapters/sqs/visits-queue.ts';
import { type VisitsMessage, visitsMessageSchema } from '../../functions/contract/messages.ts';
import { handOver } from '../../functions/core/spill.ts';
import type { Fault } from '../../local/aws/fault.ts';
import { type S3Server, startS3 } from '../../local/aws/s3/server.ts';
import { type SqsServer, startSqs } from '../../local/aws/sqs/server.ts';
import { MemoryLog } from '../core/in-memory.ts';
import { captureTelemetry, invocation, setEnvironment } from './environment.ts';

let sqs: SqsServer;
let s3: S3Server;
let clients: { sqs: SQSClient; s3: S3Client };
let handler: typeof import('../../functions/replay.lambda.ts').handler;
let telemetry: () => string;
let queueFault: Fault | undefined;
let bucketFault: Fault | undefined;
const folder = mkdtempSync(join(tmpdir(), 'narx-replay-'));
const place = { region: 'eu-central-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };

beforeAll(async () => {
  sqs = await startSqs({
    ...{ timeScale: 1, region: place.region, accountId: '000000000000' },
    onRequest: (operation) => (operation === 'SendMessageBatch' ? queueFault : undefined),
  });
  s3 = await startS3({ dataDir: folder, region: place.region, onRequest: () => bucketFault });
  clients = {
    sqs: new SQSClient({ ...place, endpoint: sqs.url, maxAttempts: 1 }),
    s3: new S3Client({ ...place, endpoint: s3.url, forcePathStyle: true, maxAttempts: 1 }),
  };
  await clients.s3.send(new CreateBucketCommand({ Bucket: 'spill' }));
  await clients.sqs.send(new CreateQueueCommand({ QueueName: 'snapshots' }));
  const nowhere = 'http://127.0.0.1:9';
  const endpoints = {
    sqs: sqs.url,
    s3: s3.url,
    lambda: nowhere,
    dynamodb: nowhere,
    postgres: {},
    origins: {},
  };
  setEnvironment({
    ENDPOINTS: JSON.stringify(endpoints),
    SPILL_BUCKET: 'spill',
    QUARANTINE_BUCKET: 'quarantine',
    RAW_BUCKET: 'raw',
    MARKETPLACES: '{}',
    SNAPSHOTS_QUEUE_URLS: JSON.stringify({ ecommerce: sqs.queueUrl('snapshots') }),
  });
  ({ handler } = await import('../../functions/replay.lambda.ts'));
});
afterAll(async () => {
  clients.sqs.destroy();
  clients.s3.destroy();
  await Promise.all([sqs.close(), s3.close()]);
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  telemetry = captureTelemetry();
  queueFault = undefined;
  bucketFault = undefined;
});

const message = (jobNumber: number): VisitsMessage => ({
  ...{ v: 1, marketplace: 'uzum', sweepId: '2031-02-03T04:05:00.000Z.uzum.sweep', jobNumber, discovered: [] },
  visits: [
    {
      ...{ outcome: 'gone', index: 0, observedAt: '2031-02-03T04:05:06.007Z' },
      reference: { kind: 'product', externalId: String(jobNumber) },
    },
  ],
});
/** As scrape does, with this much time. */
async function scraped(jobNumber: number, { sendMs = 5_000, spillMs = 5_000 } = {}): Promise<number> {
  const budget = {
    mayStart: () => true,
    startableMs: () => 0,
    requestMs: () => 0,
    sendMs: () => sendMs,
    spillMs: () => spillMs,
  };
  const ports = {
    visits: new SqsVisitsQueue(clients.sqs, sqs.queueUrl('snapshots')),
    spill: new S3Spill(clients.s3, 'spill', 'ecommerce'),
    clock: { now: () => new Date() },
    log: new MemoryLog(),
  };
  return await handOver(message(jobNumber), ports, budget);
}
const keys = async () =>
  ((await clients.s3.send(new ListObjectsV2Command({ Bucket: 'spill' }))).Contents ?? []).map(
    ({ Key }) => Key,
  );
async function received(): Promise<VisitsMessage[]> {
  const QueueUrl = sqs.queueUrl('snapshots');
  const { Messages = [] } = await clients.sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
  );
  return Messages.map(({ Body = '' }) => visitsMessageSchema.parse(JSON.parse(Body)));
}

test.each<[string, Fault]>([
  ['answers with an error', { fault: 'error', code: 'ServiceUnavailable', status: 503 }],
  ['hangs', { fault: 'hang' }],
  ['resets connections', { fault: 'reset' }],
])(
  'what was scraped while the queue %s waits in the spill, and is in the queue when it is back',
  async (_, fault) => {
    queueFault = fault;
    expect(await scraped(1, { sendMs: 200 })).toBe(1);
    expect(await scraped(2, { sendMs: 200 })).toBe(1);
    expect(await keys()).toEqual([
      expect.stringMatching(/^spill\/ecommerce\/\d{4}-\d\d-\d\dT[\d:.]+Z-[0-9a-f-]{36}\.json\.gz$/),
      expect.anything(),
    ]);
    expect(await handler({}, invocation('r', 600))).toMatchObject({ ecommerce: { waiting: 2, replayed: 0 } });
    expect(telemetry()).toMatch(/"SpillObjects":2/);
    expect(telemetry()).toMatch(/"Heartbeat":1/);

    queueFault = undefined;
    expect(await handler({}, invocation('r'))).toEqual({
      ecommerce: { waiting: 0, oldestAgeMs: 0, replayed: 2, stopped: null },
    });
    expect(await received()).toEqual([message(1), message(2)]);
    expect(await keys()).toEqual([]);
  },
);

test('a bucket that hangs too ends the attempt in time, so that the job comes again', async () => {
  queueFault = { fault: 'hang' };
  bucketFault = { fault: 'hang' };
  await expect(scraped(3, { sendMs: 50, spillMs: 100 })).rejects.toThrow(/Neither the snapshots queue/);
});

test('a bucket that cannot be listed leaves no heartbeat', async () => {
  bucketFault = { fault: 'error', code: 'AccessDenied', status: 403 };
  await expect(handler({}, invocation('r'))).rejects.toThrow();
  expect(telemetry()).not.toMatch(/"Heartbeat"/);
});

test('a message that is spilled although the queue had taken it arrives twice, never less than once', async () => {
  queueFault = { fault: 'lose-response' };
  expect(await scraped(4)).toBe(1);
  queueFault = undefined;
  await handler({}, invocation('r'));
  expect((await received()).map(({ jobNumber }) => jobNumber)).toEqual([4, 4]);
});
