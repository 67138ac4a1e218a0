import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { DynamoGates } from '../../functions/adapters/dynamodb/gates.ts';
import { DynamoLedger } from '../../functions/adapters/dynamodb/ledger.ts';
import { type Job, visitsMessageSchema } from '../../functions/contract/messages.ts';
import { readOptions } from '../../simulator/options.ts';
import { type Simulator, startSimulator } from '../../simulator/simulator.ts';
import { startTable, tableName } from '../adapters/dynamodb/table.ts';
import { captureTelemetry, endpoints, invocation, setEnvironment } from './environment.ts';

const sqs = mockClient(SQSClient);
let table: Awaited<ReturnType<typeof startTable>>;
let simulator: Simulator;

beforeAll(async () => {
  table = await startTable();
  simulator = await startSimulator(readOptions(['--yandex-products', '30', '--proxies', '2']));
});
afterAll(async () => {
  await simulator.close();
  await table.stop();
});
let said: () => string;
beforeEach(() => {
  said = captureTelemetry();
  vi.resetModules();
  sqs.reset();
  sqs.on(SendMessageBatchCommand).callsFake(({ Entries = [] }) => ({ Successful: Entries, Failed: [] }));
});

async function start(proxies: readonly string[]) {
  const local = JSON.parse(endpoints(table.url, simulator.origins)) as object;
  setEnvironment({
    ENDPOINTS: JSON.stringify({ ...local, proxies: { yandex: proxies } }),
    MARKETPLACE: 'yandex',
    MAX_RECEIVES: '5',
    SNAPSHOTS_QUEUE_URL: 'http://127.0.0.1:9/000000000000/snapshots',
    DOMAIN: 'ecommerce',
    SPILL_BUCKET: 'spill',
    QUARANTINE_BUCKET: 'quarantine',
    RAW_BUCKET: 'none',
    CONNECTIONS: '2',
    REQUEST_TIMEOUT_MS: '5000',
    USER_AGENT: 'narx (ops@example.com)',
    GATE: JSON.stringify({ cooldownHours: 1, maxCooldownHours: 24 }),
    RATE: JSON.stringify({ initialPerSecond: 10_000, minPerSecond: 1, maxPerSecond: 10_000 }),
    PROXY_SECRET: 'none',
    ROBOTS_OVERRIDES: '[]',
  });
  return (await import('../../functions/scrape.lambda.ts')).handler;
}
let jobNumber = 0;
async function batch(externalIds: string[]): Promise<SQSEvent> {
  const slot = '2031-02-03T04:05:00.000Z';
  const references = externalIds.map((externalId) => ({ kind: 'product' as const, externalId }));
  const sweepId = `${slot}.yandex.refresh`;
  const job: Job = { v: 1, marketplace: 'yandex', sweepId, jobNumber: ++jobNumber, slot, references };
  await new DynamoLedger(table.client, tableName).planJobs([job], new Date(0));
  const record = { messageId: 'm', body: JSON.stringify(job), attributes: { ApproximateReceiveCount: '1' } };
  return { Records: [record] } as unknown as SQSEvent;
}
const control = async (path: string, init?: RequestInit) => await fetch(`${simulator.control}${path}`, init);
async function products(): Promise<string[]> {
  const lines = (await (await control('/truth/yandex')).text()).trim().split('\n');
  return lines.map((line) => (JSON.parse(line) as { externalId: string }).externalId);
}

test('a marketplace that serves nobody without proxies does not start without them, and says what to do', async () => {
  await expect(start([])).rejects.toThrow(
    /Yandex Market serves nobody without proxies: name a secret.* marketplaces\.yandex\.proxies of narx\.config\.ts/,
  );
});

test('with proxies every page comes through them; blocked, they are benched one after the other, and the gate closes with the last', async () => {
  const handler = await start(simulator.proxies);
  const ids = await products();
  expect(await handler(await batch(ids.slice(0, 6)), invocation('r'))).toEqual({ batchItemFailures: [] });
  const visits = sqs
    .commandCalls(SendMessageBatchCommand)
    .flatMap(({ args }) => args[0].input.Entries ?? [])
    .flatMap(({ MessageBody = '' }) => visitsMessageSchema.parse(JSON.parse(MessageBody)).visits);
  expect(visits.map(({ outcome }) => outcome)).toEqual(Array(6).fill('ok'));
  const used = (await (await control('/proxies')).json()) as { tunnels: number }[];
  expect(used.every(({ tunnels }) => tunnels > 0)).toBe(true);

  await control('/knobs/yandex', {
    method: 'PUT',
    body: JSON.stringify({ block: { kind: 'captcha-page', afterRequests: 0 } }),
  });
  expect(await handler(await batch(ids.slice(6, 20)), invocation('r'))).toEqual({ batchItemFailures: [] });
  const gate = await new DynamoGates(table.client, tableName).read('yandex');
  expect(gate).toMatchObject({ state: 'cooling', closings: 1 });
  const benched = Object.keys(gate.benched);
  expect(benched).toHaveLength(2);
  const bench = /"message": "Exit benched",[\s\S]*?"exit": "([^"]+)"[\s\S]*?"gate": "(\w+)"/g;
  const steps = [...said().matchAll(bench)].map(([, exit, state]) => ({ exit, gate: state }));
  expect(steps.map(({ gate: state }) => state)).toEqual(['open', 'cooling']);
  expect(steps.map(({ exit }) => exit).sort()).toEqual(benched.sort());
  // What they are called tells nobody how to use them.
  for (const { password } of simulator.proxies.map((address) => new URL(address)))
    expect(said()).not.toContain(password);

  const before = await control('/stats').then((response) => response.text());
  expect(await handler(await batch(ids.slice(0, 4)), invocation('closed'))).toEqual({
    batchItemFailures: [],
  });
  expect(JSON.parse(await control('/stats').then((response) => response.text())).yandex).toMatchObject({
    requests: (JSON.parse(before) as { yandex: { requests: number } }).yandex.requests,
  });
  const stats = (await (await control('/stats')).json()) as { yandex: { refused: number } };
  // For each of two exits: two in flight, and one more to be sure.
  expect(stats.yandex.refused).toBeLessThanOrEqual(6);
});
