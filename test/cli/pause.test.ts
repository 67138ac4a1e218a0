import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { pause } from '../../cli/commands/pause.ts';
import { resume } from '../../cli/commands/resume.ts';
import { breakerKey, gateKey, type Item, pauseKey } from '../../functions/adapters/dynamodb/items.ts';
import { closedByOperator } from '../../functions/core/gate/machine.ts';
import type { Breaker } from '../../functions/core/model/breaker.ts';
import { newGate } from '../../functions/core/model/gate.ts';
import { announceStack } from '../../local/stack-file.ts';
import { startTable } from '../adapters/dynamodb/table.ts';

const tableName = 'narx-local-coordination';
const lambda = mockClient(LambdaClient);
afterAll(() => lambda.restore());
const since = new Date('2031-02-03T04:05:06.789Z');
let table: Awaited<ReturnType<typeof startTable>>;
let folder: string;
let printed: string[];

beforeAll(async () => {
  table = await startTable(tableName);
  folder = mkdtempSync(join(tmpdir(), 'narx-pause-'));
  const nowhere = 'http://127.0.0.1:9';
  announceStack(join(folder, 'stack.json'), {
    stage: 'local',
    region: 'eu-central-1',
    accountId: '000000000000',
    timeScale: 0.1,
    endpoints: { sqs: nowhere, s3: nowhere, lambda: nowhere, dynamodb: table.url, postgres: {}, origins: {} },
  });
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await table.stop();
});
beforeEach(() => {
  lambda.reset();
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((line) => void printed.push(String(line)));
});
const answers = (answer: unknown, FunctionError?: string) =>
  lambda.on(InvokeCommand).resolves({
    Payload: new TextEncoder().encode(JSON.stringify(answer)),
    ...(FunctionError && { FunctionError }),
  } as object);
const orders = () =>
  lambda.commandCalls(InvokeCommand).map(({ args }) => JSON.parse(String(args[0].input.Payload)));
const put = (key: Item, state: unknown) =>
  table.client.send(
    new PutItemCommand({ TableName: tableName, Item: { ...key, state: { S: JSON.stringify(state) } } }),
  );

it('has the gatekeeper close a marketplace, or pause a storage domain, with the reason', async () => {
  answers({ uzum: 'closed', ecommerce: 'paused' });
  expect(await pause.run(['uzum', '--reason', 'they asked us to', '--folder', folder])).toBe(0);
  expect(await pause.run(['ecommerce', '--reason', 'vacuum full', '--folder', folder])).toBe(0);
  answers({ uzum: 'open', ecommerce: 'closed' });
  await resume.run(['uzum', '--folder', folder]);
  await resume.run(['ecommerce', '--folder', folder]);
  expect(orders()).toEqual([
    { operator: { action: 'close', marketplace: 'uzum', reason: 'they asked us to' } },
    { operator: { action: 'pause', domain: 'ecommerce', reason: 'vacuum full' } },
    { operator: { action: 'open', marketplace: 'uzum' } },
    { operator: { action: 'resume', domain: 'ecommerce' } },
  ]);
  expect(printed).toEqual([
    'uzum is closed: they asked us to',
    'ecommerce is paused: vacuum full',
    'uzum is open',
    'ecommerce is closed',
  ]);
});

it('refuses what has no name or no reason in one sentence, before anybody is asked', async () => {
  await expect(pause.run(['uzun', '--reason', 'x', '--folder', folder])).rejects.toThrow(
    'nothing is called "uzun"; there are the marketplaces uzum',
  );
  await expect(pause.run(['uzum', '--folder', folder])).rejects.toThrow('say why with --reason');
  await expect(resume.run(['--folder', folder])).rejects.toThrow('narx pause shows what is paused');
  expect(orders()).toEqual([]);
  answers({ errorType: 'Error', errorMessage: 'TooManyRequests' }, 'Unhandled');
  await expect(resume.run(['uzum', '--folder', folder])).rejects.toThrow(
    /gatekeeper failed: .*TooManyRequests/,
  );
});

it('shows who paused what, why, since when, and when it is tried again', async () => {
  expect(await pause.run(['--folder', folder])).toBe(0);
  expect(printed.pop()).toBe('Nothing is paused.');
  await put(gateKey('uzum'), closedByOperator(newGate(), 'inventory', since));
  const breaker: Breaker = {
    state: 'open',
    since,
    openings: 1,
    reason: 'ECONNREFUSED',
    probeAt: new Date(since.getTime() + 60_000),
    lease: null,
  };
  await put(breakerKey('ecommerce'), breaker);
  await put(pauseKey('procurement'), { reason: 'vacuum full', since });
  await pause.run(['--folder', folder]);
  expect(printed.pop()?.split('\n')).toEqual([
    'uzum: by operator since 2031-02-03T04:05:06Z, until narx resume',
    '  inventory',
    'ecommerce: by breaker since 2031-02-03T04:05:06Z, next probe 2031-02-03T04:06:06Z',
    '  ECONNREFUSED',
    'procurement: by operator since 2031-02-03T04:05:06Z, until narx resume',
    '  vacuum full',
  ]);
  await pause.run(['--json', '--folder', folder]);
  expect(JSON.parse(printed.pop() ?? '')).toContainEqual({
    domain: 'procurement',
    by: 'operator',
    reason: 'vacuum full',
    since: since.toISOString(),
    nextProbe: null,
  });
});
