import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../functions/adapters/clock.ts';
import { DynamoGates } from '../../functions/adapters/dynamodb/gates.ts';
import { gateKey, paceKey } from '../../functions/adapters/dynamodb/items.ts';
import { DynamoLedger } from '../../functions/adapters/dynamodb/ledger.ts';
import { DynamoParkedReferences } from '../../functions/adapters/dynamodb/parked.ts';
import { type Job, visitsMessageSchema } from '../../functions/contract/messages.ts';
import { gateSettings } from '../../functions/core/gate/settings.ts';
import { keepGate } from '../../functions/core/gatekeeper.ts';
import { newGate } from '../../functions/core/model/gate.ts';
import { newPace } from '../../functions/core/model/pace.ts';
import { readOptions } from '../../simulator/options.ts';
import { type Simulator, startSimulator } from '../../simulator/simulator.ts';
import { readItem, startTable, tableName, writeItem } from '../adapters/dynamodb/table.ts';
import { MemoryLog, MemoryMetrics } from '../core/in-memory.ts';
import { captureTelemetry, endpoints, invocation, setEnvironment } from './environment.ts';

const gate = { cooldownHours: 1, maxCooldownHours: 24 };
const HOUR = 3_600_000;
const MINUTE = 60_000;
const connections = 4;

/** How far the function's clock is ahead of the machine's: what would be waited for is skipped. */
let ahead = 0;
const now = () => Date.now() + ahead;

const sqs = mockClient(SQSClient);
let table: Awaited<ReturnType<typeof startTable>>;
let simulator: Simulator;
let handler: typeof import('../../functions/scrape.lambda.ts').handler;
let ledger: DynamoLedger;

beforeAll(async () => {
  table = await startTable();
  ledger = new DynamoLedger(table.client, tableName);
  simulator = await startSimulator(readOptions(['--seed', '7', '--uzum-products', '400']));
  setEnvironment({
    ENDPOINTS: endpoints(table.url, simulator.origins),
    MARKETPLACE: 'uzum',
    MAX_RECEIVES: '5',
    SNAPSHOTS_QUEUE_URL: 'http://127.0.0.1:9/000000000000/snapshots',
    DOMAIN: 'ecommerce',
    SPILL_BUCKET: 'spill',
    QUARANTINE_BUCKET: 'quarantine',
    RAW_BUCKET: 'none',
    CONNECTIONS: String(connections),
    REQUEST_TIMEOUT_MS: '2000',
    USER_AGENT: 'narx (ops@example.com)',
    GATE: JSON.stringify(gate),
    RATE: JSON.stringify({ initialPerSecond: 10_000, minPerSecond: 1, maxPerSecond: 10_000 }),
    PROXY_SECRET: 'none',
    ROBOTS_OVERRIDES: '[]',
  });
  ({ handler } = await import('../../functions/scrape.lambda.ts'));
});
afterAll(async () => {
  await simulator.close();
  await table.stop();
});

let jobNumber = 0;
beforeEach(async () => {
  captureTelemetry();
  sqs.reset();
  sqs.on(SendMessageBatchCommand).callsFake(({ Entries = [] }) => ({ Successful: Entries, Failed: [] }));
  await writeItem(table.client, { ...gateKey('uzum'), state: { S: JSON.stringify(newGate()) } });
  await writeItem(table.client, { ...paceKey('uzum'), state: { S: JSON.stringify(newPace(10_000)) } });
  await control('DELETE');
  vi.spyOn(systemClock, 'now').mockImplementation(() => new Date(now()));
  // The environment forgets what it saw of the gate and the pace.
  ahead += 24 * HOUR;
  await parkedIds();
});

const control = (method: string, knobs?: object) =>
  fetch(`${simulator.control}/knobs/uzum`, { method, ...(knobs && { body: JSON.stringify(knobs) }) });
async function stats(): Promise<{ requests: number; refused: number; maxInFlight: number }> {
  const all = (await (await fetch(`${simulator.control}/stats`)).json()) as Record<
    string,
    { requests: number; refused: number; maxInFlight: number }
  >;
  return all['uzum'] ?? expect.fail('no uzum');
}
function job(first: number, count = 40): Job {
  const slot = '2031-02-03T04:05:00.000Z';
  const references = Array.from({ length: count }, (_, i) => ({
    kind: 'product' as const,
    externalId: String(first + i),
  }));
  return {
    v: 1,
    marketplace: 'uzum',
    sweepId: `${slot}.uzum.sweep`,
    jobNumber: ++jobNumber,
    slot,
    references,
  };
}
/** One delivery of jobs from the queue. Fails when any message would be received again. */
async function deliver(...jobs: Job[]): Promise<void> {
  await ledger.planJobs(jobs, new Date(0));
  const event: SQSEvent = {
    Records: jobs.map(
      (one, i) =>
        ({
          messageId: `message-${i}`,
          body: JSON.stringify(one),
          attributes: { ApproximateReceiveCount: '1' },
        }) as SQSRecord,
    ),
  };
  expect(await handler(event, invocation('r'))).toEqual({ batchItemFailures: [] });
}
const visits = () =>
  sqs
    .commandCalls(SendMessageBatchCommand)
    .flatMap(({ args }) => args[0].input.Entries ?? [])
    .flatMap(({ MessageBody = '' }) => visitsMessageSchema.parse(JSON.parse(MessageBody)).visits);
async function parkedIds(): Promise<string[]> {
  const parked = new DynamoParkedReferences(table.client, tableName);
  const entries = await parked.due('uzum', new Date(now() + 24 * HOUR), 1_000);
  await parked.remove(
    'uzum',
    entries.map(({ id }) => id),
  );
  return entries.flatMap(({ references }) => references.map(({ externalId }) => externalId));
}
const gates = () => new DynamoGates(table.client, tableName);

/** One minute's run of the gatekeeper, whose probes reach the real handler. */
async function gatekeeper(): Promise<string> {
  const ports = {
    gates: gates(),
    consumers: { state: async () => 'enabled' as const, setEnabled: async () => true },
    probe: {
      probe: (_: string, request: Parameters<typeof handler>[0]) =>
        handler(request as never, invocation('p')),
    },
    clock: systemClock,
    log: new MemoryLog(),
    metrics: Object.assign(new MemoryMetrics(), { gauge: () => undefined }),
  };
  const settings = { gate: gateSettings(gate, 1), leaseMs: MINUTE };
  const scraper = { marketplace: 'uzum', functionName: 'scrape', mapping: 'm' };
  return (await keepGate(ports as never, settings, scraper, `run-${Math.random()}`)).state;
}

describe.each(['403', 'captcha-page', 'captcha-redirect', '404-wall'])(
  'a block by %s at request 20',
  (kind) => {
    test('stops everything; one probe per cool-down goes out; when it ends, all is caught up', async () => {
      await deliver(job(1, 4));
      sqs.resetHistory();
      await control('PUT', { block: { kind, afterRequests: 20 } });
      const before = await stats();
      await deliver(job(11), job(51));
      const blocked = await stats();
      // What was in flight, one control, and what redirects to a CAPTCHA is asked for twice.
      const most = (connections + 1) * (kind === 'captcha-redirect' ? 2 : 1);
      expect(blocked.refused - before.refused).toBeGreaterThan(0);
      expect(blocked.refused - before.refused).toBeLessThanOrEqual(most);
      expect(visits()).toHaveLength(20);
      expect((await parkedIds()).length).toBe(60);
      expect(await gates().read('uzum')).toMatchObject({ state: 'cooling', closings: 1, trouble: 'blocked' });

      // More jobs, more minutes: nothing reaches the marketplace before the cool-down is over.
      await deliver(job(91), job(131));
      expect(await gatekeeper()).toBe('cooling');
      expect((await stats()).requests).toBe(blocked.requests);

      ahead += HOUR;
      expect(await gatekeeper()).toBe('cooling');
      expect(await gatekeeper()).toBe('cooling');
      const probed = await stats();
      expect(probed.requests - blocked.requests).toBe(kind === 'captcha-redirect' ? 2 : 1);
      expect(await gates().read('uzum')).toMatchObject({ closings: 2 });

      await control('DELETE');
      ahead += 2 * HOUR;
      expect(await gatekeeper()).toBe('open');
      expect((await stats()).requests - probed.requests).toBe(1);
      const waiting = await parkedIds();
      expect(waiting).toHaveLength(80);
      sqs.resetHistory();
      await deliver(job(11), job(51));
      expect(visits()).toHaveLength(80);
      expect((await stats()).maxInFlight).toBeLessThanOrEqual(connections);
    });
  },
);

describe('too many requests', () => {
  test('with Retry-After: nobody asks before that time, and no gate closes', async () => {
    // Reads robots.txt, which counts as a request.
    await deliver(job(1, 1));
    await control('PUT', {
      block: { kind: '429-retry-after', afterRequests: 10, retryAfterSeconds: 60 },
    });
    const before = await stats();
    const began = now();
    await deliver(job(1));
    const pushed = await stats();
    expect(pushed.refused - before.refused).toBeLessThanOrEqual(connections);
    await deliver(job(41));
    expect((await stats()).requests).toBe(pushed.requests);
    expect((await gates().read('uzum')).state).toBe('open');
    const parked = new DynamoParkedReferences(table.client, tableName);
    expect(await parked.due('uzum', new Date(began + MINUTE - 1), 100)).toEqual([]);
    expect((await parkedIds()).length).toBe(70);
    await control('DELETE');
    ahead += MINUTE + 5_000;
    sqs.resetHistory();
    await deliver(job(1));
    expect(visits()).toHaveLength(40);
  });

  test('without: the rate falls, and what was refused is parked', async () => {
    await control('PUT', { block: { kind: '429', afterRequests: 10 } });
    await deliver(job(1));
    const { rate } = JSON.parse((await readPace()) ?? '{}') as { rate: number };
    expect(rate).toBe(5_000);
    expect((await gates().read('uzum')).state).toBe('open');
    expect((await parkedIds()).length).toBeGreaterThan(0);
  });
});

test('a wall of 404 pages is a block: not one product of it is called gone', async () => {
  await control('PUT', { block: { kind: '404-wall', afterRequests: 0 } });
  await deliver(job(1));
  expect(visits()).toEqual([]);
  expect((await parkedIds()).length).toBe(40);
});

test('an outage closes the gate; the first probe that is answered opens it', async () => {
  await control('PUT', { outage: { kind: '503' } });
  const before = await stats();
  await deliver(job(1));
  expect((await stats()).requests - before.requests).toBeLessThanOrEqual(20 + connections);
  expect(await gates().read('uzum')).toMatchObject({ state: 'cooling', trouble: 'unavailable' });
  ahead += HOUR / 12;
  expect(await gatekeeper()).toBe('cooling');
  await control('DELETE');
  ahead += MINUTE;
  expect(await gatekeeper()).toBe('open');
  expect((await parkedIds()).length).toBe(40);
});

test('a page that is empty now and then does not close the gate', async () => {
  await control('PUT', { emptyShare: 0.01 });
  await deliver(job(1, 100), job(101, 100));
  expect((await gates().read('uzum')).state).toBe('open');
  expect(visits().length).toBeGreaterThan(150);
  expect((await parkedIds()).length + visits().length).toBe(200);
});

async function readPace(): Promise<string | undefined> {
  return (await readItem(table.client, paceKey('uzum')))?.['state']?.S;
}
