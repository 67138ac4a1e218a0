import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { synthesize } from '../../cli/start/synth.ts';
import { DynamoGates } from '../../functions/adapters/dynamodb/gates.ts';
import { DynamoLedger } from '../../functions/adapters/dynamodb/ledger.ts';
import { type Stack, startStack } from '../../local/stack.ts';
import { readOptions } from '../../simulator/options.ts';
import { type Simulator, startSimulator } from '../../simulator/simulator.ts';
import { cleanUp, root, runFolder } from './runner.ts';

// A whole stack, and two cool-downs: a minute on a calm machine.
vi.setConfig({ testTimeout: 400_000, hookTimeout: 180_000 });

/** The cool-down of stage `small` is three minutes: nine seconds here. The gatekeeper runs every three. */
const timeScale = 0.05;
const coolDownMs = 9_000;
const products = 1_500;
const connectionBudget = 150;

let folder: string;
let simulator: Simulator;
let stack: Stack;
const written: string[] = [];
beforeAll(async () => {
  folder = runFolder();
  const outDir = join(folder, 'cdk.out');
  await synthesize({ root, stage: 'small', outDir, compileCache: join(folder, 'compile-cache') });
  simulator = await startSimulator(readOptions(['--seed', '3', '--uzum-products', String(products)]));
  stack = await startStack({
    templateDir: outDir,
    dataDir: join(folder, 'data'),
    timeScale,
    origins: simulator.origins,
    onOutput: (source, line) => written.push(`${source}: ${line}`),
  });
});
afterAll(async () => {
  await stack?.stop();
  await simulator?.close();
  cleanUp(folder);
});

interface Stats {
  requests: number;
  refused: number;
  refusedAt: string[];
  maxInFlight: number;
}
async function stats(): Promise<Stats> {
  const all = (await (await fetch(`${simulator.control}/stats`)).json()) as Record<string, Stats>;
  return all['uzum'] ?? expect.fail('no uzum');
}
const knobs = (method: string, body?: object) =>
  fetch(`${simulator.control}/knobs/uzum`, { method, ...(body && { body: JSON.stringify(body) }) });
const table = () => stack.model.tables[0]?.name ?? expect.fail('no table');
const gate = () => new DynamoGates(stack.clients.dynamodb, table()).read('uzum');
const mapping = () => stack.mappings.list().find(({ queueName }) => queueName.endsWith('-uzum-jobs'))?.state;
const alarm = () => stack.alarms().find(({ name }) => name === 'narx-small-gate-closed-uzum')?.state;
const jobs = () => stack.sqs.statistics()['narx-small-uzum-jobs'] ?? expect.fail('no queue');
async function until(what: string, isSo: () => Promise<boolean> | boolean, withinMs = 60_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) expect.fail(`Never ${what}:\n${written.slice(-40).join('\n')}`);
    await sleep(100);
  }
}

it('a marketplace that blocks us at request 20 is left alone, probed once per cool-down, and caught up with afterwards', async () => {
  await knobs('PUT', { block: { kind: '403', afterRequests: 20 } });
  stack.startSchedules();
  await until('cooling', async () => (await gate()).state === 'cooling');
  await until('paused', () => mapping() === 'Disabled');
  await until('alarmed', () => alarm() === 'ALARM');
  const closed = await gate();
  if (closed.state !== 'cooling') expect.fail('not cooling');
  const paused = await stats();
  // What was in flight, and a control and a look at robots.txt from each worker.
  expect(paused.refused).toBeLessThanOrEqual(connectionBudget + 6);

  // One probe, and another one only after twice the time.
  await until('probed', async () => (await stats()).refused > paused.refused, 5 * coolDownMs);
  await sleep(coolDownMs);
  const probed = await stats();
  expect(probed.refused).toBe(paused.refused + 1);
  const probedAt = Date.parse(probed.refusedAt.at(-1) ?? '');
  expect(probedAt).toBeGreaterThanOrEqual(closed.until.getTime());
  expect(await gate()).toMatchObject({ state: 'cooling', closings: 2 });

  await knobs('DELETE');
  await until('open', async () => (await gate()).state === 'open', 5 * coolDownMs);
  await until('enabled', () => mapping() === 'Enabled');
  const ledger = new DynamoLedger(stack.clients.dynamodb, table());
  const served = async (): Promise<number> => {
    const lines = (await (await fetch(`${simulator.control}/visits/uzum`)).text()).trim().split('\n');
    return new Set(lines.map((line) => (JSON.parse(line) as { externalId: string }).externalId)).size;
  };
  const truth = (await (await fetch(`${simulator.control}/truth/uzum`)).text()).trim().split('\n').length;
  await until('caught up', async () => (await served()) === truth, 120_000);
  let settled = jobs();
  const isSettled = () => {
    settled = jobs();
    return settled.visible + settled.inFlight === 0;
  };
  await until('settled', isSettled, 60_000);
  for (const { sweepId } of await ledger.sweeps('uzum', 50))
    expect(await ledger.books(sweepId), sweepId).toMatchObject({ quarantined: 0, deadLettered: 0 });

  const { received, deleted, sent } = settled;
  expect({ received, deleted }).toEqual({ received: sent, deleted: sent });
  expect(stack.sqs.statistics()['narx-small-uzum-jobs-dlq']?.visible).toBe(0);
  expect((await stats()).maxInFlight).toBeLessThanOrEqual(connectionBudget);
  await until('quiet', () => alarm() === 'OK');
});
