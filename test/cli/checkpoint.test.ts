import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AttributeValue, DeleteItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { inspect } from '../../cli/checkpoint/inspect.ts';
import { plannedRepair, repair } from '../../cli/checkpoint/repair.ts';
import { checkpoint } from '../../cli/commands/checkpoint.ts';
import { DynamoCheckpoints } from '../../functions/adapters/dynamodb/checkpoints.ts';
import { cursorKey } from '../../functions/adapters/dynamodb/items.ts';
import { DynamoLedger } from '../../functions/adapters/dynamodb/ledger.ts';
import { StaleOwner } from '../../functions/core/model/errors.ts';
import type { Cursor } from '../../functions/core/ports/checkpoints.ts';
import { announceStack } from '../../local/stack-file.ts';
import { readItem, startTable, writeItem } from '../adapters/dynamodb/table.ts';

const tableName = 'narx-local-coordination';
let table: Awaited<ReturnType<typeof startTable>>;
let folder: string;
let checkpoints: DynamoCheckpoints;
let ledger: DynamoLedger;
const key = { marketplace: 'uzum', mode: 'sweep' as const };
const slot = '2026-02-03T04:05:00.000Z';
const later = '2026-02-03T04:10:00.000Z';
const sweepId = `${slot}.uzum.sweep`;

beforeAll(async () => {
  table = await startTable(tableName);
  folder = mkdtempSync(join(tmpdir(), 'narx-checkpoint-'));
  const nowhere = 'http://127.0.0.1:9';
  announceStack(join(folder, 'stack.json'), {
    stage: 'local',
    region: 'eu-central-1',
    accountId: '000000000000',
    timeScale: 0.1,
    endpoints: { sqs: nowhere, s3: nowhere, lambda: nowhere, dynamodb: table.url, postgres: {}, origins: {} },
  });
  checkpoints = new DynamoCheckpoints(table.client, tableName, { now: () => new Date(slot) });
  ledger = new DynamoLedger(table.client, tableName);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await table.stop();
});

let printed: string[];
beforeEach(() => {
  printed = [];
  for (const stream of ['log', 'error'] as const)
    vi.spyOn(console, stream).mockImplementation((line) => void printed.push(String(line)));
});
const narx = (...words: string[]) => checkpoint.run([...words, '--folder', folder]);

/** A sweep whose jobs hold the ids 1 to 300 but 201 to 210, and a cursor that a dispatcher holds. */
async function begun(): Promise<Cursor> {
  await deleteItem();
  const startedAt = new Date(slot);
  await ledger.openSweep({
    sweepId,
    ...key,
    startedAt,
    deadline: new Date('2026-02-06T00:00:00Z'),
    planned: false,
  });
  const jobs = Array.from({ length: 30 }, (_, i) => i * 10 + 1)
    .filter((first) => first !== 201)
    .map((jobNumber) => ({
      ...{ v: 1 as const, marketplace: 'uzum', sweepId, jobNumber, slot },
      references: Array.from({ length: 10 }, (_, i) => ({
        kind: 'product' as const,
        externalId: String(jobNumber + i),
      })),
    }));
  await ledger.planJobs(jobs, startedAt);
  const lease = await checkpoints.acquire(key, slot, 'paused', 60_000);
  if (!('cursor' in lease)) throw new Error('not acquired');
  const next = { sweepId, sweepStartedAt: startedAt, slot: null, releaseLease: false };
  const cursor = await checkpoints.advance(lease.cursor, { ...next, position: 100 });
  return await checkpoints.advance(cursor, { ...next, position: 300 });
}
async function damage(changes: Record<string, AttributeValue>): Promise<void> {
  const item = await readItem(table.client, cursorKey('uzum', 'sweep'), tableName);
  await writeItem(table.client, { ...item, ...cursorKey('uzum', 'sweep'), ...changes }, tableName);
}
async function deleteItem(): Promise<void> {
  await table.client.send(new DeleteItemCommand({ TableName: tableName, Key: cursorKey('uzum', 'sweep') }));
}
const current = () => checkpoints.read(key);

describe('narx checkpoint show', () => {
  it('shows a cursor that is fine, all cursors of a stage, and which there are not yet', async () => {
    await begun();
    expect(await narx('show', 'uzum')).toBe(0);
    expect(printed.join('\n')).toMatch(/uzum \/ sweep: at 300\n.*previousPosition 100/s);
    expect(printed.join('\n')).toContain('uzum / refresh: none yet');
    for (const line of printed.join('\n').split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(await narx('show')).toBe(0);
    expect(printed.join('\n')).toContain('uzex / discover: none yet');
  });

  it('says which field of a broken one cannot be read, and exits with 2', async () => {
    await begun();
    await damage({ position: { S: 'zero' } });
    expect(await narx('show', 'uzum', '--json')).toBe(2);
    const [found] = JSON.parse(printed.join(''));
    expect(found).toMatchObject({
      mode: 'sweep',
      cursor: null,
      item: { position: 'zero', previousPosition: 100 },
    });
    expect(found.fault).toContain('npx narx checkpoint repair uzum --mode sweep');
  });
});

describe('narx checkpoint repair', () => {
  it('gives the position up to which the books prove everything planned, and fences off who was at work', async () => {
    const paused = await begun();
    await damage({ position: { S: 'zero' }, version: { S: '?' } });
    const broken = await readItem(table.client, cursorKey('uzum', 'sweep'), tableName);
    expect(await narx('repair', 'uzum', '--mode', 'sweep', '--yes')).toBe(0);
    expect(printed.join('\n')).toMatch(/position +zero -> 200/);
    expect(await current()).toMatchObject({ position: 200, previousPosition: null, sweepId, slot: null });
    await expect(
      checkpoints.advance(paused, { ...paused, position: 310, releaseLease: true }),
    ).rejects.toBeInstanceOf(StaleOwner);
    expect(await checkpoints.acquire(key, later, 'next', 1_000)).toMatchObject({ cursor: { position: 200 } });
    const { Items = [] } = await table.client.send(
      new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :sk)',
        ExpressionAttributeValues: { ':pk': { S: 'CURSOR#uzum' }, ':sk': { S: 'sweep#before-repair#' } },
      }),
    );
    expect(Items.at(-1)).toMatchObject({ position: broken?.['position'], version: broken?.['version'] });
  });

  it.each([
    [['--previous'], 100],
    [['--to', '250'], 250],
  ])('with %j takes the position from there', async (words, position) => {
    await begun();
    await damage({ position: { S: 'zero' } });
    expect(await narx('repair', 'uzum', '--mode', 'sweep', '--yes', ...words)).toBe(0);
    expect(await current()).toMatchObject({ position, version: 4 });
  });

  it('puts back a cursor that jumped, or whose time has not come', async () => {
    await begun();
    await damage({ position: { N: '99999' }, slot: { S: '2036-01-01T00:00:00.000Z' } });
    await expect(checkpoints.acquire(key, later, 'next', 1_000)).rejects.toThrow(/names 2036/);
    expect(await narx('repair', 'uzum', '--mode', 'sweep', '--yes')).toBe(0);
    expect(await checkpoints.acquire(key, later, 'next', 1_000)).toMatchObject({ cursor: { position: 200 } });
  });

  it('goes on in the books’ newest sweep when the item is gone altogether', async () => {
    await begun();
    await deleteItem();
    expect(await narx('repair', 'uzum', '--mode', 'sweep', '--yes')).toBe(0);
    expect(await current()).toMatchObject({ sweepId, position: 200 });
  });

  it('leaves a cursor alone that changed after it was looked at', async () => {
    const held = await begun();
    const stage = { clients: { dynamodb: table.client } as never, names: { table: tableName } as never };
    const found = await inspect(stage, key);
    const cursor = await plannedRepair(
      found,
      { from: 'ledger' },
      { ledger, firstId: 1, now: new Date(later) },
    );
    await checkpoints.advance(held, { ...held, position: 310, releaseLease: true });
    await expect(repair(stage, found, cursor)).rejects.toThrow(/changed in the meantime/);
    expect(await current()).toMatchObject({ position: 310, owner: 'paused' });
  });

  it('asks first: without a terminal and without --yes nothing is written', async () => {
    await begun();
    await damage({ position: { S: 'zero' } });
    await expect(narx('repair', 'uzum', '--mode', 'sweep')).rejects.toThrow(/add --yes/);
    await expect(current()).rejects.toThrow(/cannot be read/);
  });

  it.each([
    [['repair'], /say which marketplace/],
    [['mend', 'uzum'], /say show or repair/],
    [['repair', 'uzum', '--yes'], /say which cursor with --mode: sweep, refresh/],
    [['repair', 'bazaar'], /no marketplace "bazaar"/],
    [['repair', 'uzum', '--mode', 'discover'], /leave --mode away/],
    [['repair', 'uzum', '--to', 'x'], /--to wants a position/],
    [['repair', 'uzum', '--to', '1', '--previous'], /not both/],
  ])('%j is refused in one sentence', async (words, reason) => {
    await expect(narx(...words)).rejects.toThrow(reason);
  });
});
