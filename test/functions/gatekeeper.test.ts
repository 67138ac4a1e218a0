import {
  GetEventSourceMappingCommand,
  InvokeCommand,
  LambdaClient,
  ResourceInUseException,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { DynamoGates } from '../../functions/adapters/dynamodb/gates.ts';
import { breakerKey, gateKey } from '../../functions/adapters/dynamodb/items.ts';
import { troubled } from '../../functions/core/gate/machine.ts';
import { type Breaker, newBreaker } from '../../functions/core/model/breaker.ts';
import { newGate } from '../../functions/core/model/gate.ts';
import { startTable, tableName, writeItem } from '../adapters/dynamodb/table.ts';
import { captureTelemetry, endpoints, invocation, setEnvironment } from './environment.ts';

const lambda = mockClient(LambdaClient);
const HOUR = 3_600_000;
const reference = { kind: 'product' as const, externalId: '20' };
let table: Awaited<ReturnType<typeof startTable>>;
let handler: typeof import('../../functions/gatekeeper.lambda.ts').handler;
let telemetry: () => string;
/** The mapping's state by its identifier. */
const mappings = new Map<string, string>();

beforeAll(async () => {
  table = await startTable();
  setEnvironment({
    ENDPOINTS: endpoints(table.url, {}),
    GATE: JSON.stringify({ cooldownHours: 1, maxCooldownHours: 24 }),
    SCRAPERS: JSON.stringify({
      uzum: { functionName: 'scrape-uzum', mapping: 'mapping-uzum' },
      olx: { functionName: 'scrape-olx', mapping: 'mapping-olx' },
    }),
    BREAKER: JSON.stringify({
      failures: 5,
      probeSeconds: 60,
      maxProbeMinutes: 15,
      drainBatchesPerSecond: 2,
      drainMinutes: 5,
    }),
    STORES: JSON.stringify({
      ecommerce: {
        functionName: 'store-ecommerce',
        mapping: 'mapping-ecommerce',
        instance: 'narx-test-ecommerce',
        holdBytes: 7e9,
        resumeBytes: 9e9,
      },
    }),
  });
  ({ handler } = await import('../../functions/gatekeeper.lambda.ts'));
});
afterAll(() => table.stop());
beforeEach(async () => {
  telemetry = captureTelemetry();
  lambda.reset();
  mappings.clear();
  lambda
    .on(GetEventSourceMappingCommand)
    .callsFake(({ UUID }) => ({ UUID, State: mappings.get(UUID) ?? 'Enabled' }));
  lambda.on(UpdateEventSourceMappingCommand).callsFake(({ UUID, Enabled }) => {
    mappings.set(UUID, Enabled ? 'Enabled' : 'Disabled');
    return { UUID, State: Enabled ? 'Enabling' : 'Disabling' };
  });
  await blocked('uzum', null);
  await blocked('olx', null);
  await outage(null);
});

/** As if the marketplace had been blocked so long ago, or never. */
async function blocked(marketplace: string, agoMs: number | null): Promise<void> {
  const at = new Date(Date.now() - (agoMs ?? 0));
  const report = { trouble: 'blocked' as const, exit: 'direct', reason: 'HTTP 403', askedAt: at, at };
  const settings = { coolDownMs: HOUR, maxCoolDownMs: 24 * HOUR, retryMs: 60_000 };
  const gate =
    agoMs === null
      ? newGate()
      : troubled(newGate(), { ...report, probes: [reference] }, ['direct'], settings);
  await writeItem(table.client, { ...gateKey(marketplace), state: { S: JSON.stringify(gate) } });
}
/** As if the database had been found down so long ago, or never. */
async function outage(agoMs: number | null): Promise<void> {
  const since = new Date(Date.now() - (agoMs ?? 0));
  const probeAt = new Date(since.getTime() + 60_000);
  const breaker: Breaker =
    agoMs === null
      ? newBreaker()
      : { state: 'open', since, openings: 1, reason: 'ECONNREFUSED', probeAt, lease: null };
  await writeItem(table.client, { ...breakerKey('ecommerce'), state: { S: JSON.stringify(breaker) } });
}
const answers = (answer: unknown, error?: string) =>
  lambda.on(InvokeCommand).resolves({
    Payload: new TextEncoder().encode(JSON.stringify(answer)),
    ...(error && { FunctionError: error }),
  } as object);
const gate = (marketplace: string) => new DynamoGates(table.client, tableName).read(marketplace);

test('a minute in which nothing happened is a heartbeat per marketplace, and no change', async () => {
  expect(await handler({ scheduledTime: '2031-02-03T04:05:00Z' }, invocation('1'))).toEqual({
    uzum: 'open',
    olx: 'open',
    ecommerce: 'closed',
  });
  expect(lambda.commandCalls(UpdateEventSourceMappingCommand)).toEqual([]);
  const lines = telemetry();
  for (const marketplace of ['uzum', 'olx'])
    expect(lines).toMatch(
      new RegExp(`"marketplace":"${marketplace}"[^\\n]*"GateClosed":0[^\\n]*"Heartbeat":1`),
    );
  expect(lines).toMatch(/"domain":"ecommerce"[^\n]*"BreakerOpen":0[^\n]*"Heartbeat":1/);
});

test('a block pauses the queue of its marketplace and of no other', async () => {
  await blocked('uzum', 1_000);
  expect(await handler({}, invocation('1'))).toMatchObject({ uzum: 'cooling', olx: 'open' });
  expect(lambda.commandCalls(UpdateEventSourceMappingCommand).map(({ args }) => args[0].input)).toEqual([
    { UUID: 'mapping-uzum', Enabled: false },
  ]);
  expect(telemetry()).toMatch(/"marketplace":"uzum"[^\n]*"GateClosed":1/);
});

test('after the cool-down one probe asks scrape for the reference; when it is served the queue goes on', async () => {
  await blocked('uzum', HOUR);
  mappings.set('mapping-uzum', 'Disabled');
  answers({ outcome: 'ok', exit: 'direct' });
  expect(await handler({}, invocation('1'))).toMatchObject({ uzum: 'open' });
  expect(lambda.commandCalls(InvokeCommand).map(({ args }) => args[0].input)).toEqual([
    { FunctionName: 'scrape-uzum', Payload: JSON.stringify({ probe: { marketplace: 'uzum', reference } }) },
  ]);
  expect(mappings.get('mapping-uzum')).toBe('Enabled');
});

test.each([
  ['a function error', () => answers({ errorType: 'Error', errorMessage: 'out of memory' }, 'Unhandled')],
  ['an answer that is none', () => answers('hm')],
  ['a call that fails', () => lambda.on(InvokeCommand).rejects(new Error('socket hang up'))],
])('%s tells nothing: the gate stays closed for another minute, no longer', async (_, fail) => {
  await blocked('uzum', HOUR);
  fail();
  expect(await handler({}, invocation('1'))).toMatchObject({ uzum: 'cooling' });
  const after = await gate('uzum');
  if (after.state !== 'cooling') expect.fail('not cooling');
  expect(after).toMatchObject({ closings: 1, lease: null });
  expect(after.until.getTime() - Date.now()).toBeLessThanOrEqual(60_000);
});

test('a mapping that Lambda is changing is left to the next run', async () => {
  await blocked('uzum', 1_000);
  const message = 'The event source mapping is being updated.';
  lambda
    .on(UpdateEventSourceMappingCommand)
    .rejects(new ResourceInUseException({ message, $metadata: {}, Type: 'User' }));
  expect(await handler({}, invocation('1'))).toMatchObject({ uzum: 'cooling' });
});

test('a marketplace whose mapping cannot be asked for fails alone, without a heartbeat', async () => {
  await blocked('olx', 1_000);
  lambda.on(GetEventSourceMappingCommand, { UUID: 'mapping-uzum' }).rejects(new Error('TooManyRequests'));
  await expect(handler({}, invocation('1'))).rejects.toThrow('TooManyRequests');
  expect(mappings.get('mapping-olx')).toBe('Disabled');
  expect(telemetry()).not.toMatch(/"marketplace":"uzum"[^\n]*"Heartbeat"/);
  expect(telemetry()).toMatch(/"marketplace":"olx"[^\n]*"Heartbeat":1/);
});

test('an outage pauses the queue of its storage domain, and a probe that store can write switches it on', async () => {
  await outage(30_000);
  expect(await handler({}, invocation('1'))).toMatchObject({ ecommerce: 'open', uzum: 'open' });
  expect(mappings.get('mapping-ecommerce')).toBe('Disabled');
  expect(telemetry()).toMatch(/"domain":"ecommerce"[^\n]*"BreakerOpen":1/);
  await outage(60_000);
  answers({ errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out' }, 'Unhandled');
  expect(await handler({}, invocation('2'))).toMatchObject({ ecommerce: 'open' });
  await outage(60_000);
  answers({ failure: 'no space left on device' });
  expect(await handler({}, invocation('3'))).toMatchObject({ ecommerce: 'open' });
  await outage(60_000);
  answers({ failure: null });
  expect(await handler({}, invocation('4'))).toMatchObject({ ecommerce: 'half-open' });
  expect(lambda.commandCalls(InvokeCommand).at(-1)?.args[0].input).toEqual({
    FunctionName: 'store-ecommerce',
    Payload: '{"probe":{"domain":"ecommerce"}}',
  });
  expect(mappings.get('mapping-ecommerce')).toBe('Enabled');
});

test('an operator pauses a storage domain with a reason and resumes it', async () => {
  const order = { action: 'pause', domain: 'ecommerce', reason: 'vacuum full' };
  expect(await handler({ operator: order }, invocation('1'))).toMatchObject({ ecommerce: 'paused' });
  expect(mappings.get('mapping-ecommerce')).toBe('Disabled');
  expect(await handler({}, invocation('2'))).toMatchObject({ ecommerce: 'paused' });
  const resume = { action: 'resume', domain: 'ecommerce' };
  expect(await handler({ operator: resume }, invocation('3'))).toMatchObject({ ecommerce: 'closed' });
  expect(mappings.get('mapping-ecommerce')).toBe('Enabled');
});

test('an operator closes a gate with a reason and opens it again', async () => {
  const order = { action: 'close', marketplace: 'uzum', reason: 'they asked us to stop' };
  expect(await handler({ operator: order }, invocation('1'))).toMatchObject({ uzum: 'closed' });
  expect(await gate('uzum')).toMatchObject({ state: 'closed', reason: 'they asked us to stop' });
  expect(mappings.get('mapping-uzum')).toBe('Disabled');
  expect(await handler({ operator: { action: 'open', marketplace: 'uzum' } }, invocation('2'))).toMatchObject(
    { uzum: 'open' },
  );
  expect(mappings.get('mapping-uzum')).toBe('Enabled');
});

test.each([
  ['without a reason', { action: 'close', marketplace: 'uzum' }, /Not an event for gatekeeper/],
  [
    'for nobody',
    { action: 'open', marketplace: 'uzun' },
    /no marketplace "uzun" in this stage; it has uzum, olx/,
  ],
])('an order %s is refused, and nothing is changed', async (_, operator, reason) => {
  await expect(handler({ operator }, invocation('1'))).rejects.toThrow(reason);
  expect(await gate('uzum')).toMatchObject({ state: 'open' });
});
