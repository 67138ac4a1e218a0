import { ConditionalCheckFailedException, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DynamoCheckpoints } from '../../../functions/adapters/dynamodb/checkpoints.ts';
import { cursorKey } from '../../../functions/adapters/dynamodb/items.ts';
import { StaleOwner, StopMarketplace } from '../../../functions/core/model/errors.ts';
import type { Cursor } from '../../../functions/core/ports/checkpoints.ts';
import { readItem, startTable, tableName, writeItem } from './table.ts';

let client: DynamoDBClient;
let stop: () => Promise<void>;
let checkpoints: DynamoCheckpoints;
let now = new Date('2031-02-03T04:05:06.000Z');
beforeAll(async () => {
  ({ client, stop } = await startTable());
  checkpoints = new DynamoCheckpoints(client, tableName, { now: () => now });
});
afterAll(() => stop());

const slot = '2031-02-03T04:05:00.000Z';
const later = '2031-02-03T04:10:00.000Z';
const sweep = { sweepId: `${slot}.m.sweep`, sweepStartedAt: new Date(slot) };
function key(marketplace: string) {
  return { marketplace, mode: 'sweep' as const };
}
async function held(marketplace: string, owner = 'one'): Promise<Cursor> {
  const lease = await checkpoints.acquire(key(marketplace), slot, owner, 1_000);
  if (!('cursor' in lease)) throw new Error(`not acquired: ${lease.collapsed}`);
  return lease.cursor;
}

describe('acquire', () => {
  test('starts fresh where there is no cursor', async () => {
    expect(await held('fresh')).toMatchObject({ version: 1, owner: 'one', position: null, slot: null });
  });

  test('collapses while a live owner is at it, and takes over from one whose lease has run out', async () => {
    await held('leased');
    expect(await checkpoints.acquire(key('leased'), later, 'two', 1_000)).toEqual({ collapsed: 'leased' });
    now = new Date(now.getTime() + 1_001);
    expect(await checkpoints.acquire(key('leased'), later, 'two', 1_000)).toMatchObject({
      cursor: { version: 2, owner: 'two' },
    });
  });

  test('lets an owner whose invocation is repeated in again, and fences its first attempt off', async () => {
    const first = await held('repeated');
    const second = await held('repeated');
    expect(second.version).toBe(2);
    await expect(
      checkpoints.advance(first, { ...sweep, position: 1, slot, releaseLease: true }),
    ).rejects.toBeInstanceOf(StaleOwner);
  });

  test('collapses a slot that was dispatched, and any older one', async () => {
    const cursor = await held('done');
    await checkpoints.advance(cursor, { ...sweep, position: 5, slot, releaseLease: true });
    for (const repeated of [slot, '2031-02-03T04:05:00Z', '2031-02-03T04:00:00.000Z']) {
      expect(await checkpoints.acquire(key('done'), repeated, 'two', 1_000)).toEqual({
        collapsed: 'slot-done',
      });
    }
    expect(await checkpoints.acquire(key('done'), later, 'two', 1_000)).toMatchObject({
      cursor: { position: 5 },
    });
  });

  test('gives the lease to exactly one of many that ask at once', async () => {
    const asked = Array.from({ length: 8 }, (_, i) =>
      checkpoints.acquire(key('race'), slot, `owner-${i}`, 1_000),
    );
    const leases = await Promise.all(asked);
    expect(leases.filter((lease) => 'cursor' in lease)).toHaveLength(1);
    expect(leases.filter((lease) => 'collapsed' in lease && lease.collapsed === 'leased')).toHaveLength(7);
  });

  test.each([
    ['a damaged version', { version: { S: 'two' } }],
    ['no owner', { version: { N: '2' } }],
    ['an owner and nothing else', { version: { N: '2' }, owner: { S: 'one' } }],
    ['all of another marketplace’s', { marketplace: { S: 'other' } }],
  ])('stops the marketplace on a cursor with %s, and leaves the item as it is', async (_, damaged) => {
    const item = { ...cursorKey('damaged', 'sweep'), ...damaged };
    await writeItem(client, item);
    await expect(checkpoints.acquire(key('damaged'), slot, 'one', 1_000)).rejects.toBeInstanceOf(
      StopMarketplace,
    );
    expect(await readItem(client, cursorKey('damaged', 'sweep'))).toEqual(item);
  });

  test.each([
    ['a slot that no schedule can have delivered', { slot: { S: '2036-01-01T00:00:00.000Z' } }],
    ['a lease that no run can have taken', { leaseExpiresAt: { S: '2036-01-01T00:00:00.000Z' } }],
  ])('stops the marketplace on a cursor with %s: every slot would collapse, silently', async (_, changes) => {
    await held('future');
    const item = await readItem(client, cursorKey('future', 'sweep'));
    await writeItem(client, { ...item, ...cursorKey('future', 'sweep'), ...changes });
    await expect(checkpoints.acquire(key('future'), later, 'two', 1_000)).rejects.toBeInstanceOf(
      StopMarketplace,
    );
    await writeItem(client, { ...item, ...cursorKey('future', 'sweep') });
  });
});

describe('advance', () => {
  test('writes the next state, counts the version and keeps the previous position', async () => {
    let cursor = await held('advance');
    cursor = await checkpoints.advance(cursor, { ...sweep, position: 100, slot: null, releaseLease: false });
    cursor = await checkpoints.advance(cursor, { ...sweep, position: 200, slot, releaseLease: true });
    expect(cursor).toMatchObject({ version: 3, position: 200, previousPosition: 100, slot });
    const again = await checkpoints.acquire(key('advance'), later, 'two', 1_000);
    expect(again).toMatchObject({
      cursor: { ...sweep, version: 4, position: 200, previousPosition: 100, owner: 'two' },
    });
  });

  test('refuses an owner that was paused while another moved the cursor on', async () => {
    const paused = await held('paused');
    now = new Date(now.getTime() + 1_001);
    const lease = await checkpoints.acquire(key('paused'), later, 'two', 1_000);
    await expect(
      checkpoints.advance(paused, { ...sweep, position: 100, slot, releaseLease: true }),
    ).rejects.toBeInstanceOf(StaleOwner);
    expect(lease).toMatchObject({ cursor: { position: null } });
  });

  test('never moves back within a sweep', async () => {
    const cursor = await held('back');
    const ahead = await checkpoints.advance(cursor, {
      ...sweep,
      position: 100,
      slot: null,
      releaseLease: false,
    });
    await expect(
      checkpoints.advance(ahead, { ...sweep, position: 99, slot, releaseLease: true }),
    ).rejects.toBeInstanceOf(StopMarketplace);
  });

  test('takes its own write for its own when the answer was lost and the repetition refused', async () => {
    const cursor = await held('lost');
    const written = await checkpoints.advance(cursor, { ...sweep, position: 7, slot, releaseLease: true });
    const stored = await readItem(client, cursorKey('lost', 'sweep'));
    const refusal = new ConditionalCheckFailedException({ message: 'refused', $metadata: {} });
    if (stored) refusal.Item = stored;
    const server = mockClient(DynamoDBClient);
    server.on(PutItemCommand).rejects(refusal);
    const again = await checkpoints.advance(cursor, { ...sweep, position: 7, slot, releaseLease: true });
    expect(again.version).toBe(written.version);
    server.restore();
  });
});
