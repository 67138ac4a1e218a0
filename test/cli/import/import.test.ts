import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { sendVisits } from '../../../cli/import/send.ts';
import { filesOf, type ImportState, readState } from '../../../cli/import/state.ts';
import { main } from '../../../cli/main.ts';
import { connectStage, type Stage } from '../../../cli/stage/connect.ts';
import { type VisitsMessage, visitsMessageSchema } from '../../../functions/contract/messages.ts';
import { startSqs } from '../../../local/aws/sqs/server.ts';
import type { TestPostgres } from '../../../local/postgres/for-tests.ts';
import { announceStack } from '../../../local/stack-file.ts';
import { databaseFor, startRetailPostgres, withClient } from '../../adapters/postgres/retail-database.ts';
import { storeUnderTest } from '../../adapters/postgres/store-under-test.ts';

const folder = mkdtempSync(join(tmpdir(), 'narx-import-'));
const csv = join(folder, 'history.csv');
const files = filesOf(csv);
const place = { region: 'eu-central-1', accountId: '000000000000', timeScale: 1 };
const closing: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
let stage: Stage;
let postgres: TestPostgres;
let printed: string[];

beforeAll(async () => {
  const [sqs, server] = await Promise.all([startSqs(place), startRetailPostgres()]);
  postgres = server;
  closing.push(
    () => sqs.close(),
    () => server.stop(),
  );
  const nowhere = 'http://127.0.0.1:9';
  const endpoints = {
    sqs: sqs.url,
    s3: nowhere,
    lambda: nowhere,
    dynamodb: nowhere,
    postgres: {},
    origins: {},
  };
  closing.push(announceStack(join(folder, 'stack.json'), { stage: 'local', ...place, endpoints }));
  stage = await connectStage({ folder });
  closing.push(() => stage.close());
  await stage.clients.sqs.send(new CreateQueueCommand({ QueueName: 'narx-local-ecommerce-snapshots' }));
});
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});
beforeEach(() => {
  for (const path of Object.values(files)) rmSync(path, { recursive: true, force: true });
  printed = [];
  for (const stream of ['log', 'error'] as const)
    vi.spyOn(console, stream).mockImplementation((line) => void printed.push(String(line)));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});

const importing = async (...words: string[]) =>
  await main(['import', csv, '--marketplace', 'uzum', '--currency', 'UZS', ...words, '--folder', folder]);

async function received(): Promise<VisitsMessage[]> {
  const QueueUrl = stage.names.queues.find(
    ({ owner, kind }) => owner === 'ecommerce' && kind === 'snapshots',
  )?.url;
  const messages: VisitsMessage[] = [];
  for (;;) {
    const { Messages = [] } = await stage.clients.sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
    );
    if (Messages.length === 0) return messages;
    for (const { Body = '', ReceiptHandle } of Messages) {
      messages.push(visitsMessageSchema.parse(JSON.parse(Body)));
      await stage.clients.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
}

/** SKU 12 costs 10, then 12, then 10 again; SKU 11 always 5. Each row twice, the last first. */
const rows = [10, 10, 12, 12, 10].flatMap((price, day) => [
  `1,2026-08-0${day + 1}T00:00:00Z,11,5,Choynak`,
  `1,2026-08-0${day + 1}T00:00:00Z,12,${price},Choynak`,
]);
const history = ['external_id,observed_at,sku_id,price,title', ...[...rows, ...rows].reverse()].join('\n');

it('has a legacy history stored as price points, however often it is repeated', async () => {
  writeFileSync(csv, history);
  expect(await importing('--json')).toBe(0);
  expect(JSON.parse(printed[0] ?? '')).toMatchObject({
    ...{ rows: 20, rejected: 0, duplicates: 10, conflicts: 0, pricePoints: 4, confirmations: 6 },
    ...{ products: 1, skus: 2, snapshots: 5, sent: 5, done: true },
  });
  expect(existsSync(files.visits)).toBe(false);
  const messages = await received();
  expect(messages.every(({ imported }) => imported)).toBe(true);

  const address = await postgres.createDatabase();
  const database = databaseFor(address, 'narx_store');
  const { store, quarantined } = storeUnderTest(database);
  await store.store(messages);
  await store.store(messages);
  await database.close();
  const { rows: points } = await withClient(address, (client) =>
    client.query(
      `select k.external_id as sku, h.price::text, h.first_observed_at as since, h.last_confirmed_at as until
       from price_history h join sku k on k.id = h.sku_id order by 1, 3`,
    ),
  );
  const day = (number: number) => new Date(Date.UTC(2026, 7, number));
  expect(points.map((point) => ({ ...point, price: Number(point.price) }))).toEqual([
    { sku: '11', price: 5, since: day(1), until: day(5) },
    { sku: '12', price: 10, since: day(1), until: day(2) },
    { sku: '12', price: 12, since: day(3), until: day(4) },
    { sku: '12', price: 10, since: day(5), until: day(5) },
  ]);
  expect(quarantined).toEqual([]);
});

it('goes on after what the queue has accepted, and with nothing else', async () => {
  writeFileSync(csv, history);
  expect(await importing('--dry-run')).toBe(0);
  expect(printed.join('\n')).toMatch(/duplicates: same SKU, instant and value +10\n[\s\S]*Nothing was sent/);
  expect(await received()).toEqual([]);

  const state = (await readState(csv, stateOf())) as ImportState;
  const [first = ''] = readFileSync(files.visits, 'utf8').split('\n');
  const sent: number[] = [];
  const queue = {
    send: async (message: VisitsMessage) => {
      sent.push(message.visits.length);
      return { accepted: [message], refused: [] };
    },
  };
  const saves: ImportState[] = [];
  const save = async (next: ImportState) => void saves.push(next);
  const begun = { ...state, sent: Buffer.byteLength(`${first}\n`), snapshotsSent: 1 };
  await sendVisits(files.visits, begun, { queue, room: async () => undefined, save });
  expect(sent).toEqual([4]);
  expect(saves).toEqual([{ ...state, sent: state.bytes, snapshotsSent: 5 }]);

  const refusing = {
    send: async (message: VisitsMessage) => ({ accepted: [], refused: [{ message, detail: 'Throttled' }] }),
  };
  await expect(
    sendVisits(files.visits, begun, { queue: refusing, room: async () => undefined, save }),
  ).rejects.toThrow('Throttled');
  expect(saves).toHaveLength(1);
});

it('does not mix two files, and says in one line what it cannot do', async () => {
  writeFileSync(csv, history);
  await importing('--dry-run');
  writeFileSync(csv, `${history}\n1,2026-08-09T00:00:00Z,11,5,Choynak\n`);
  expect(await importing()).toBe(1);
  expect(printed.at(-1)).toContain('is not the file any more whose import was begun: delete ');
  expect(await main(['import', csv, '--marketplace', 'uzex', '--folder', folder])).toBe(1);
  expect(printed.at(-1)).toMatch(/uzex has lots|must be one that the stage has enabled/);
  expect(await importing('--kind', 'lot')).toBe(1);
  expect(await main(['import', join(folder, 'none.csv'), '--folder', folder])).toBe(1);
  expect(printed.at(-1)).toMatch(/there is no file .*none\.csv\.$/);
  expect(await received()).toEqual([]);
});

function stateOf(): { marketplace: string; format: string } {
  const { marketplace, format } = JSON.parse(readFileSync(files.state, 'utf8')) as ImportState;
  return { marketplace, format };
}
