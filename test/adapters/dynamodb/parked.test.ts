import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parkedKey } from '../../../functions/adapters/dynamodb/items.ts';
import { DynamoParkedReferences } from '../../../functions/adapters/dynamodb/parked.ts';
import { StopMarketplace } from '../../../functions/core/model/errors.ts';
import type { Reference } from '../../../functions/core/model/reference.ts';
import { startTable, tableName, writeItem } from './table.ts';

let client: DynamoDBClient;
let stop: () => Promise<void>;
let parked: DynamoParkedReferences;
beforeAll(async () => {
  ({ client, stop } = await startTable());
  parked = new DynamoParkedReferences(client, tableName);
});
afterAll(() => stop());

const job = { sweepId: '2031-02-03T04:05:00.000Z.m.sweep', jobNumber: 101 };
const minute = (n: number) => new Date(Date.UTC(2031, 1, 3, 4, n));
const product = (externalId: string): Reference => ({ kind: 'product', externalId });
function entry(marketplace: string, externalId: string, dueAt: Date, reason = 'throttled') {
  return { marketplace, job, references: [product(externalId)], dueAt, reason };
}

test('entries come back oldest first once their time has come, to the millisecond', async () => {
  await parked.park(entry('order', 'third', minute(7)));
  await parked.park(entry('order', 'first', minute(5)));
  await parked.park(entry('order', 'second', minute(6), 'timeout'));
  const due = await parked.due('order', minute(6), 10);
  expect(due.map(({ references }) => references[0]?.externalId)).toEqual(['first', 'second']);
  expect(due[1]).toMatchObject({ job, reason: 'timeout' });
  expect(await parked.due('order', new Date(minute(5).getTime() - 1), 10)).toEqual([]);
  expect(await parked.due('order', minute(9), 1)).toHaveLength(1);
  expect(await parked.due('other', minute(9), 10)).toEqual([]);
});

test('parking the same twice is one entry; another reason of the same job is another', async () => {
  const id = await parked.park(entry('twice', '1', minute(1)));
  expect(await parked.park(entry('twice', '1', minute(1)))).toBe(id);
  await parked.park(entry('twice', '2', minute(1), 'timeout'));
  expect(await parked.due('twice', minute(2), 10)).toHaveLength(2);
});

test('what is removed is gone, and removing it again is harmless', async () => {
  const ids = [
    await parked.park(entry('gone', '1', minute(1))),
    await parked.park(entry('gone', '2', minute(2))),
  ];
  await parked.remove('gone', ids.slice(0, 1));
  await parked.remove('gone', ids.slice(0, 1));
  expect((await parked.due('gone', minute(3), 10)).map(({ id }) => id)).toEqual(ids.slice(1));
});

test('more entries than one page of DynamoDB holds are read to the limit', async () => {
  const references = Array.from({ length: 500 }, (_, i) => product(`${i}`.padStart(200, 'x')));
  for (let n = 0; n < 12; n += 1) {
    await parked.park({
      marketplace: 'large',
      job: { ...job, jobNumber: n },
      references,
      dueAt: minute(1),
      reason: 'timeout',
    });
  }
  expect(await parked.due('large', minute(2), 100)).toHaveLength(12);
});

test('a damaged entry stops whoever reads it instead of being skipped', async () => {
  const id = `${minute(1).toISOString()}#s#1#timeout`;
  await writeItem(client, { ...parkedKey('damaged', id), references: { S: '[' } });
  await expect(parked.due('damaged', minute(2), 10)).rejects.toBeInstanceOf(StopMarketplace);
});
