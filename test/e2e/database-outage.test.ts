import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { ReportDatabase } from '../../cli/report/database.ts';
import { compareWithTruth, expectedHistory } from '../../cli/report/truth.ts';
import { Simulator as Control } from '../../cli/start/simulator.ts';
import { synthesize } from '../../cli/start/synth.ts';
import { DynamoBreakers } from '../../functions/adapters/dynamodb/breakers.ts';
import { DynamoLedger } from '../../functions/adapters/dynamodb/ledger.ts';
import { superuser } from '../../local/postgres/server.ts';
import { type Stack, startStack } from '../../local/stack.ts';
import { readOptions } from '../../simulator/options.ts';
import { type Simulator, startSimulator } from '../../simulator/simulator.ts';
import { cleanUp, root, runFolder } from './runner.ts';

// A whole stack and a short outage: half a minute on a calm machine. The drill F02 has the long one.
vi.setConfig({ testTimeout: 400_000, hookTimeout: 180_000 });

/** The gatekeeper runs every three seconds, a message that was returned is back after nine. */
const timeScale = 0.05;
const minuteMs = 60_000 * timeScale;
const products = 600;

let folder: string;
let simulator: Simulator;
let stack: Stack;
let keeper: NodeJS.Timeout;
const written: string[] = [];
beforeAll(async () => {
  folder = runFolder();
  const outDir = join(folder, 'cdk.out');
  await synthesize({ root, stage: 'small', outDir, compileCache: join(folder, 'compile-cache') });
  simulator = await startSimulator(readOptions(['--seed', '5', '--uzum-products', String(products)]));
  stack = await startStack({
    templateDir: outDir,
    dataDir: join(folder, 'data'),
    timeScale,
    origins: simulator.origins,
    onOutput: (source, line) => written.push(`${source}: ${line}`),
  });
  keeper = setInterval(() => void stack.fire('narx-small-gates-gatekeeper').catch(() => undefined), minuteMs);
});
afterAll(async () => {
  clearInterval(keeper);
  await stack?.stop();
  await simulator?.close();
  cleanUp(folder);
});

const table = () => stack.model.tables[0]?.name ?? expect.fail('no table');
const breaker = () => new DynamoBreakers(stack.clients.dynamodb, table()).read('ecommerce');
const mapping = () =>
  stack.mappings.list().find(({ queueName }) => queueName.endsWith('ecommerce-snapshots'))?.state;
const alarm = () => stack.alarms().find(({ name }) => name === 'narx-small-breaker-open-ecommerce')?.state;
const queue = (name: string) =>
  stack.sqs.statistics()[`narx-small-${name}`] ?? expect.fail(`no queue ${name}`);
const ledger = () => new DynamoLedger(stack.clients.dynamodb, table());
async function until(what: string, isSo: () => Promise<boolean> | boolean, withinMs = 90_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) expect.fail(`Never ${what}:\n${written.slice(-60).join('\n')}`);
    await sleep(50);
  }
}
/** The most receives that a message which came back had spent by then. */
const mostReceives = (): number =>
  Math.max(
    0,
    ...written.flatMap((line) => /returned to the queue.*"receives":(\d+)/.exec(line)?.[1] ?? []).map(Number),
  );
const fetchedTwice = async (epoch: number): Promise<number> => {
  let twice = 0;
  for await (const visit of new Control(simulator.control).visits('uzum'))
    if (visit.epoch === epoch && visit.via === 'detail' && visit.count > 1) twice += 1;
  return twice;
};
async function isSettled(): Promise<boolean> {
  const [jobs, snapshots] = [queue('uzum-jobs'), queue('ecommerce-snapshots')];
  if (jobs.visible + jobs.inFlight + snapshots.visible + snapshots.inFlight > 0) return false;
  for (const { sweepId } of await ledger().sweeps('uzum', 10))
    if ((await ledger().books(sweepId)).inFlight > 0) return false;
  return true;
}
async function expectWholeHistory(): Promise<void> {
  const control = new Control(simulator.control);
  const state = await control.state();
  const expected = await expectedHistory({
    state,
    visits: control.visits('uzum'),
    listingsCount: true,
    truth: (epoch) => control.truth('uzum', epoch),
  });
  const address = stack.endpoints.postgres['ecommerce'] ?? expect.fail('no database');
  const database = await ReportDatabase.open({ ...address, user: superuser });
  const result = await compareWithTruth(expected, database.products('uzum'), state);
  await database.close();
  expect(result, result.examples.join('\n')).toMatchObject({ wrong: 0, missing: 0, extra: 0 });
  expect(result.checked).toBeGreaterThan(400);
}
it('a database that is killed in mid-sweep and stays away for three minutes costs a message one receive, and nothing is fetched twice', async () => {
  void stack.fire('narx-small-uzum-sweep');
  await until('storing', () => queue('ecommerce-snapshots').deleted > 0);
  await stack.postgres.kill();
  const died = performance.now();
  await until('open', async () => (await breaker()).state === 'open');
  await until('paused', () => mapping() === 'Disabled');
  await until('alarmed', () => alarm() === 'ALARM');
  const paused = queue('ecommerce-snapshots').received;
  await until('fetched', () => queue('uzum-jobs').visible + queue('uzum-jobs').inFlight === 0);
  await sleep(Math.max(0, 3 * minuteMs - (performance.now() - died)));
  expect(queue('ecommerce-snapshots').received).toBe(paused);

  await stack.postgres.restart();
  await until('closed', async () => (await breaker()).state === 'closed');
  await until('settled', isSettled);
  expect(mostReceives()).toBe(1);
  const { sent, received, deleted } = queue('ecommerce-snapshots');
  expect(deleted).toBe(sent);
  expect(received).toBeLessThanOrEqual(2 * sent);
  expect(queue('ecommerce-snapshots-dlq').visible).toBe(0);
  expect(queue('uzum-jobs-dlq').visible).toBe(0);
  expect(await fetchedTwice(0)).toBe(0);
  await until('quiet', () => alarm() === 'OK');
  await expectWholeHistory();
});
