import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { main } from '../../cli/main.ts';
import { connectStage, type Stage } from '../../cli/stage/connect.ts';
import { S3Quarantine } from '../../functions/adapters/s3/quarantine.ts';
import { visitsMessageSchema } from '../../functions/contract/messages.ts';
import { startLambdaApi } from '../../local/aws/lambda-api.ts';
import { startS3 } from '../../local/aws/s3/server.ts';
import { startSqs } from '../../local/aws/sqs/server.ts';
import type { FunctionSpec } from '../../local/cloud-model.ts';
import type { LambdaHost } from '../../local/interfaces.ts';
import { announceStack } from '../../local/stack-file.ts';
import { invocation, setEnvironment } from '../functions/environment.ts';

const folder = mkdtempSync(join(tmpdir(), 'narx-quarantine-'));
const place = { region: 'eu-central-1', accountId: '000000000000', timeScale: 1 };
const closing: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
let stage: Stage;
let printed: string[];

/** The real replay function behind the Lambda API, as `narx` finds it. */
beforeAll(async () => {
  const [sqs, s3, lambda] = await Promise.all([
    startSqs(place),
    startS3({ ...place, dataDir: join(folder, 's3') }),
    startLambdaApi(place),
  ]);
  closing.push(...[sqs, s3, lambda].map((server) => () => server.close()));
  const dynamodb = 'http://127.0.0.1:9';
  const endpoints = { sqs: sqs.url, s3: s3.url, lambda: lambda.url, dynamodb, postgres: {}, origins: {} };
  closing.push(announceStack(join(folder, 'stack.json'), { stage: 'local', ...place, endpoints }));
  stage = await connectStage({ folder });
  closing.push(() => stage.close());
  const { clients, names } = stage;
  await clients.s3.send(new CreateBucketCommand({ Bucket: names.buckets.quarantine }));
  await clients.sqs.send(new CreateQueueCommand({ QueueName: 'narx-local-ecommerce-snapshots' }));
  setEnvironment({
    ENDPOINTS: JSON.stringify(endpoints),
    SPILL_BUCKET: names.buckets.spill,
    QUARANTINE_BUCKET: names.buckets.quarantine,
    RAW_BUCKET: names.buckets.raw,
    SNAPSHOTS_QUEUE_URLS: JSON.stringify({ ecommerce: sqs.queueUrl('narx-local-ecommerce-snapshots') }),
    MARKETPLACES: JSON.stringify({ uzum: { domain: 'ecommerce', keepRaw: false } }),
  });
  const { handler } = await import('../../functions/replay.lambda.ts');
  const spec = { name: names.function('replay', null) } as FunctionSpec;
  const host: LambdaHost = {
    invoke: async (_name, payload) => ({
      payload: await handler(payload, invocation('r')),
      functionError: null,
      durationMs: 0,
    }),
    functions: () => [spec],
    pids: () => ({}),
    pidOf: () => undefined,
    stop: async () => undefined,
  };
  lambda.connect({ host, control: {} as never, mappings: [] });
});
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});
beforeEach(() => {
  printed = [];
  for (const stream of ['log', 'error'] as const)
    vi.spyOn(console, stream).mockImplementation((line) => void printed.push(String(line)));
});

const quarantine = async (...words: string[]) => await main(['quarantine', ...words, '--folder', folder]);
const text = () => printed.join('\n');
const receivedAt = new Date('2031-02-03T04:05:06.000Z');
function product(id: number) {
  const skuList = [{ id: id * 10, availableAmount: 4, fullPrice: 90_000, purchasePrice: 81_000 }];
  const category = { id: 7, title: 'Idishlar', parent: null };
  const data = { id, title: `Choynak ${id}`, category, seller: { id: 3, title: 'Bozor' }, skuList };
  return { payload: { data } };
}
/** Puts a page there that an older parser did not understand; today's does if the body is a product. */
async function put(id: number, body: unknown, reason = 'format-changed'): Promise<string> {
  return await new S3Quarantine(stage.clients.s3, stage.names.buckets.quarantine).put({
    ...{ marketplace: 'uzum', reason, detail: 'payload.data: missing' },
    reference: { kind: 'product', externalId: String(id) },
    job: { sweepId: '2031-02-03T04:05:00.000Z.uzum.sweep', jobNumber: 4, index: id },
    page: {
      ...{ url: `https://api.uzum.uz/api/v2/product/${id}`, status: 200, receivedAt },
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(body)),
    },
  });
}
async function received() {
  const QueueUrl = stage.names.queues.find(({ owner }) => owner === 'ecommerce')?.url;
  const { Messages = [] } = await stage.clients.sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
  );
  return Messages.map(({ Body = '' }) => visitsMessageSchema.parse(JSON.parse(Body)));
}

it('lists by reason, shows one, and replays what the deployed parser understands now, without fetching', async () => {
  const key = await put(1, product(1));
  await put(2, { payload: { product: { name: 'x' } } });
  await put(3, product(3), 'rejected');

  expect(await quarantine('list')).toBe(0);
  expect(text()).toMatch(/uzum +format-changed +page +2 +2031-02-03 +2031-02-03\nuzum +rejected/);
  printed = [];
  expect(await quarantine('show', key)).toBe(0);
  expect(text()).toContain(
    'uzum: product 1, format-changed\n  payload.data: missing\n  arrived at 2031-02-03T04:05:06.000Z, in job 4',
  );
  expect(text()).toContain('"Choynak 1"');

  printed = [];
  expect(await quarantine('replay', '--reason', 'format-changed', '--dry-run')).toBe(2);
  expect(text()).toContain('1 would be replayed (1 visits), 1 kept, 0 no longer there');
  expect(await received()).toEqual([]);

  printed = [];
  expect(await quarantine('replay', '--reason', 'format-changed')).toBe(2);
  expect(text()).toMatch(
    /1 replayed \(1 visits\), 1 kept, .*\n {2}kept: 1 format-changed, such as quarantine\/uzum\//,
  );
  expect(await received()).toMatchObject([
    {
      jobNumber: 4,
      visits: [
        {
          index: 1,
          snapshot: { externalId: '1', observedAt: receivedAt.toISOString(), offers: [{ price: '81000' }] },
        },
      ],
    },
  ]);

  printed = [];
  await quarantine('list', '--keys');
  expect(printed).toHaveLength(2);
  expect(printed).not.toContain(key);
  expect(await quarantine('replay', '--marketplace', 'uzum', '--reason', 'rejected')).toBe(0);
});

it('says in one line what it cannot do', async () => {
  expect(await quarantine('list', '--marketplace', 'uzumm')).toBe(1);
  expect(text()).toContain('no marketplace "uzumm"; there are uzum, ');
  expect(await quarantine('show', 'quarantine/uzum/nothing')).toBe(1);
  expect(text()).toContain(
    'no object quarantine/uzum/nothing in the quarantine; narx quarantine list --keys',
  );
  expect(await quarantine('replay', '--limit', '0')).toBe(1);
  expect(text()).toContain('--limit must be a number from 1 on');
});
