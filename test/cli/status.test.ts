import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CreateQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '../../cli/main.ts';
import { connectStage } from '../../cli/stage/connect.ts';
import { collectStatus } from '../../cli/status/collect.ts';
import type { StatusReport } from '../../cli/status/model.ts';
import { duration, printStatus } from '../../cli/status/print.ts';
import { DynamoBreakers } from '../../functions/adapters/dynamodb/breakers.ts';
import { DynamoLedger } from '../../functions/adapters/dynamodb/ledger.ts';
import { DynamoMeasurements } from '../../functions/adapters/dynamodb/measurements.ts';
import { serveAlarms } from '../../local/alarm-server.ts';
import type { LoopbackServer } from '../../local/aws/http.ts';
import { startSqs } from '../../local/aws/sqs/server.ts';
import { startTestPostgres, type TestPostgres } from '../../local/postgres/for-tests.ts';
import { announceStack } from '../../local/stack-file.ts';
import { startTable } from '../adapters/dynamodb/table.ts';

const folder = mkdtempSync(join(tmpdir(), 'narx-status-'));
const place = { region: 'eu-central-1', accountId: '000000000000', timeScale: 1, stage: 'local' };
const now = new Date();
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
/** What an answer that never comes may cost. */
const withinMs = 1_000;
/** Never used up when everything answers, however busy the machine is. */
const longMs = 30_000;

let table: Awaited<ReturnType<typeof startTable>>;
let sqs: Awaited<ReturnType<typeof startSqs>>;
let alarms: LoopbackServer;
let postgres: TestPostgres;
/** Accepts connections, and then says nothing. */
let silent: Server;
let nobody: string;

beforeAll(async () => {
  [table, sqs, postgres] = await Promise.all([
    startTable('narx-local-coordination'),
    startSqs(place),
    startTestPostgres(),
  ]);
  alarms = await serveAlarms(() => [
    {
      name: 'narx-local-breaker-open-ecommerce',
      state: 'ALARM',
      since: ago(4),
      reason: '1 is greater than 0',
      latest: [],
    },
    { name: 'narx-local-backlog-uzum', state: 'OK', since: ago(9), reason: '', latest: [] },
  ]);
  silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  nobody = `http://127.0.0.1:${(silent.address() as { port: number }).port}`;

  const stage = await connected({});
  for (const { name, deadLetters } of stage.names.queues) {
    await stage.clients.sqs.send(new CreateQueueCommand({ QueueName: deadLetters.name }));
    await stage.clients.sqs.send(new CreateQueueCommand({ QueueName: name }));
  }
  const snapshots = stage.names.queues.find(({ name }) => name.endsWith('ecommerce-snapshots'));
  await stage.clients.sqs.send(new SendMessageCommand({ QueueUrl: snapshots?.url, MessageBody: 'waits' }));
  const { dynamodb } = stage.clients;
  await new DynamoBreakers(dynamodb, stage.names.table).change('ecommerce', () => ({
    ...{ state: 'open', since: ago(5), openings: 1, reason: 'connection refused', lease: null },
    probeAt: new Date(now.getTime() + 600_000),
  }));
  await new DynamoMeasurements(dynamodb, stage.names.table).record('uzum', {
    measuredAt: ago(3),
    newestObservationAt: ago(4),
    oldestConfirmationAt: ago(90),
    confirmedLastDay: 1_234,
  });
  const sweep = {
    sweepId: `${ago(30).toISOString()}.uzum.sweep`,
    marketplace: 'uzum',
    mode: 'sweep',
  } as const;
  const ledger = new DynamoLedger(dynamodb, stage.names.table);
  await ledger.openSweep({ ...sweep, startedAt: ago(30), deadline: ago(-30), planned: false });
  stage.close();
});
afterAll(async () => {
  silent.close();
  await Promise.all([table.stop(), sqs.close(), alarms.close(), postgres.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

/** A stack with everything, but for what `broken` puts in its place. */
async function connected(
  broken: Partial<Record<'sqs' | 'dynamodb' | 's3' | 'lambda' | 'alarms', string>> & { postgres?: number },
) {
  const { alarms: told = alarms.url, postgres: port = postgres.server.port, ...services } = broken;
  announceStack(join(folder, 'stack.json'), {
    ...place,
    endpoints: {
      // SQS answers nothing that it does not know: no S3 and no Lambda here means a refusal, which is an answer too.
      ...{ sqs: sqs.url, dynamodb: table.url, s3: sqs.url, lambda: sqs.url, ...services },
      postgres: {
        ecommerce: { host: '127.0.0.1', port, database: 'postgres' },
        procurement: { host: '127.0.0.1', port, database: 'postgres' },
      },
      origins: {},
    },
    alarms: told,
  });
  return await connectStage({ folder });
}

async function report(
  broken: Parameters<typeof connected>[0],
  waitMs = withinMs,
): Promise<{ status: StatusReport; ms: number }> {
  const stage = await connected(broken);
  const start = performance.now();
  try {
    return { status: await collectStatus(stage, waitMs), ms: performance.now() - start };
  } finally {
    stage.close();
  }
}

const downIn = ({ dependencies }: StatusReport) =>
  dependencies.filter(({ status }) => status === 'DOWN').map(({ name }) => name);

describe('the status of a stage', () => {
  it('tells why a queue is paused, since when and when it is tried again, and what the books and the audit say', async () => {
    const { status } = await report({}, longMs);
    expect(status).toMatchObject({
      status: 'degraded',
      pauses: [
        { owner: 'ecommerce', by: 'breaker', reason: 'connection refused', since: ago(5).toISOString() },
      ],
      alarms: [{ name: 'narx-local-breaker-open-ecommerce' }],
      sweeps: [{ marketplace: 'uzum', mode: 'sweep', planned: false, books: { dispatched: 0 } }],
    });
    expect(status.domains).toContainEqual({ id: 'ecommerce', breaker: 'open' });
    expect(status.marketplaces.find(({ id }) => id === 'uzum')).toMatchObject({
      gate: 'open',
      freshness: { confirmedLastDay: 1_234, fresh: true, oldestConfirmationAt: ago(90).toISOString() },
    });
    expect(status.queues.find(({ name }) => name === 'ecommerce-snapshots')).toMatchObject({
      waiting: 1,
      dead: 0,
    });
  });

  it.each([
    ['DynamoDB', 'dynamodb'],
    ['SQS', 'sqs'],
    ['S3', 's3'],
    ['Lambda', 'lambda'],
    ['alarms', 'alarms'],
  ] as const)(
    'shows %s as DOWN when it accepts and never answers, and waits no longer than it may',
    async (name, part) => {
      const { status, ms } = await report({ [part]: nobody });
      expect(downIn(status)).toContain(name);
      expect(status.dependencies.find((one) => one.name === name)?.detail).toBe(
        `no answer within ${withinMs} ms`,
      );
      expect(ms).toBeLessThan(withinMs + 2_000);
      if (name === 'DynamoDB') expect([status.pauses, status.sweeps]).toEqual([null, null]);
    },
  );

  it.each([
    ['DynamoDB', 'dynamodb'],
    ['SQS', 'sqs'],
    ['S3', 's3'],
    ['Lambda', 'lambda'],
    ['alarms', 'alarms'],
  ] as const)(
    'shows %s as DOWN when nobody listens there, and the others as they are',
    async (name, part) => {
      const { status } = await report({ [part]: 'http://127.0.0.1:9' }, longMs);
      expect(downIn(status)).toContain(name);
      expect(downIn(status)).not.toContain(name === 'SQS' ? 'DynamoDB' : 'SQS');
      expect(status.dependencies.find((one) => one.name === name)?.detail).toMatch(
        /ECONNREFUSED|fetch failed/,
      );
    },
  );

  it('shows a database as DOWN that is silent, and one that is not there', async () => {
    const port = Number(new URL(nobody).port);
    const { status, ms } = await report({ postgres: port });
    expect(downIn(status)).toContain('Postgres ecommerce');
    expect(ms).toBeLessThan(withinMs + 2_000);
    const { status: refused } = await report({ postgres: 9 }, longMs);
    expect(refused.dependencies.find(({ name }) => name === 'Postgres ecommerce')?.detail).toMatch(
      /ECONNREFUSED/,
    );
  });

  it('is stale when the oldest confirmation is past its target, whatever else is well', async () => {
    const stage = await connected({});
    const measurements = new DynamoMeasurements(stage.clients.dynamodb, stage.names.table);
    await measurements.record('olx', {
      measuredAt: ago(1),
      newestObservationAt: ago(1),
      oldestConfirmationAt: ago(7 * 60),
      confirmedLastDay: 1,
    });
    stage.close();
    expect((await report({}, longMs)).status.status).toBe('stale');
  });
});

/** As a person calls it: a process of its own. */
async function called(broken: Parameters<typeof connected>[0]) {
  (await connected(broken)).close();
  const start = performance.now();
  const child = spawn(process.execPath, ['cli/narx.mjs', 'status', '--folder', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said, code] = await Promise.all([text(child.stdout), once(child, 'exit').then(([exit]) => exit)]);
  return { said, code, ms: performance.now() - start };
}

describe('the command', () => {
  const everything = (url: string) => ({
    ...{ dynamodb: url, sqs: url, s3: url, lambda: url, alarms: url },
    postgres: Number(new URL(url).port),
  });

  it('ends, when everything accepts and nothing ever answers, about when it ends when nobody listens', async () => {
    const refused = await called(everything('http://127.0.0.1:9'));
    const silent = await called(everything(nobody));
    for (const { said, code } of [refused, silent]) {
      expect(code).toBe(2);
      for (const name of ['DynamoDB', 'SQS', 'S3', 'Lambda', 'alarms', 'Postgres ecommerce'])
        expect(said).toMatch(new RegExp(`${name} +DOWN`));
    }
    // It waits a second at most, or as long as it took to start on a busy machine.
    expect(silent.ms).toBeLessThan(3 * refused.ms + 2_000);
  });
});

describe('the status as it is printed', () => {
  it.each([80, 160])('fits into %d columns, and begins with what is wrong', async (width) => {
    const { status } = await report({ dynamodb: nobody });
    const lines = printStatus(status, width).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(lines[0]).toMatch(/^DEGRADED {2}narx-local, on this machine/);
    expect(lines.slice(2, 4)).toEqual(['Does not answer', expect.stringMatching(/^ {2}DynamoDB {2}DOWN/)]);
  });

  it('names every robots rule that an operator overrides, with the whole of its reason', async () => {
    const stage = await connected({});
    const reason = `${'They allowed it by letter. '.repeat(6)}The letter is in the contract folder.`;
    const uzum = {
      ...stage.settings.marketplaces['uzum'],
      robotsOverrides: [{ path: '/api/order/*', reason }],
    };
    const marketplaces = { ...stage.settings.marketplaces, uzum: uzum as never };
    const status = await collectStatus({ ...stage, settings: { ...stage.settings, marketplaces } }, longMs);
    stage.close();
    const printed = printStatus(status, 80);
    expect(printed).toMatch(
      /Robots overrides\n {2}uzum {2}\/api\/order\/\* is asked for against robots.txt:\n/,
    );
    expect(printed.replaceAll(/\s+/g, ' ')).toContain(reason.replaceAll(/\s+/g, ' '));
    expect(Math.max(...printed.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it.each([
    [0, '0 s'],
    [119_000, '119 s'],
    [121_000, '2 min'],
    [3 * 3_600_000, '3 h'],
    [49 * 3_600_000, '2 d'],
  ])('has %d ms as %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it('is one line, and exit code 1, without a stack', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(await main(['status', '--folder', join(folder, 'none')])).toBe(1);
    expect(said.mock.calls.join()).toMatch(/no stack is running/);
  });
});
