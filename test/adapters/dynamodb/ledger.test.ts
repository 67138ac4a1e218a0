import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jobKey, sweepKey } from '../../../functions/adapters/dynamodb/items.ts';
import { DynamoLedger } from '../../../functions/adapters/dynamodb/ledger.ts';
import type { Job } from '../../../functions/contract/messages.ts';
import { RetryLater } from '../../../functions/core/model/errors.ts';
import type { ReferenceOutcome } from '../../../functions/core/model/outcome.ts';
import type { LedgerJob } from '../../../functions/core/ports/ledger.ts';
import { readItem, startTable, tableName } from './table.ts';

let client: DynamoDBClient;
let stop: () => Promise<void>;
let ledger: DynamoLedger;
beforeAll(async () => {
  ({ client, stop } = await startTable());
  ledger = new DynamoLedger(client, tableName);
});
afterAll(() => stop());

const slot = '2031-02-03T04:05:00.000Z';
const later = '2031-02-03T04:10:00.000Z';
function job(sweepId: string, jobNumber: number, count: number): Job {
  const references = Array.from({ length: count }, (_, i) => ({
    kind: 'product' as const,
    externalId: String(jobNumber + i),
  }));
  return { v: 1, marketplace: 'uzum', sweepId, jobNumber, slot, references };
}
function all(count: number, outcome: ReferenceOutcome): Map<number, ReferenceOutcome> {
  return new Map(Array.from({ length: count }, (_, index) => [index, outcome]));
}

describe('sweeps', () => {
  const sweep = {
    sweepId: `${slot}.bazaar.sweep`,
    marketplace: 'bazaar',
    mode: 'sweep' as const,
    startedAt: new Date(slot),
    deadline: new Date('2031-02-06T04:05:00.000Z'),
    planned: false,
  };

  test('opening a sweep again changes nothing, not even that it is planned', async () => {
    await ledger.openSweep(sweep);
    await ledger.sweepPlanned('bazaar', sweep.sweepId);
    await ledger.openSweep({ ...sweep, deadline: new Date(0) });
    expect(await ledger.sweeps('bazaar', 10)).toEqual([{ ...sweep, planned: true }]);
  });

  test('are listed newest first, per marketplace, up to the limit', async () => {
    for (const hour of ['01', '03', '02']) {
      const at = `2031-01-01T${hour}:00:00.000Z`;
      await ledger.openSweep({
        ...sweep,
        marketplace: 'stall',
        sweepId: `${at}.stall.sweep`,
        startedAt: new Date(at),
      });
    }
    const listed = await ledger.sweeps('stall', 2);
    expect(listed.map(({ startedAt }) => startedAt.getUTCHours())).toEqual([3, 2]);
  });

  test('planning the end of a sweep that was never opened is an error', async () => {
    await expect(ledger.sweepPlanned('bazaar', 'never')).rejects.toBeInstanceOf(
      ConditionalCheckFailedException,
    );
  });

  test('expire 90 days after their start', async () => {
    await ledger.openSweep(sweep);
    const item = await readItem(client, sweepKey('bazaar', sweep.sweepId));
    expect(Number(item?.['ttl']?.N)).toBe(Date.parse(slot) / 1000 + 90 * 86_400);
  });
});

describe('jobs', () => {
  const bazaar = (sweepId: string) => ({ marketplace: 'uzum', sweepId });
  async function read(sweepId: string, after: number | null = null): Promise<LedgerJob[]> {
    const found: LedgerJob[] = [];
    for await (const entry of ledger.jobs(bazaar(sweepId), after)) found.push(entry);
    return found;
  }
  const first = new Date('2031-02-03T04:05:30.000Z');
  const second = new Date('2031-02-03T04:09:00.000Z');
  const sweepId = `${slot}.uzum.sweep`;

  test('can be sent again exactly as they were, with what is known of them', async () => {
    const mixed: Job = {
      ...job(sweepId, 7, 3),
      references: [
        { kind: 'listing', externalId: 'cars, used: 100%+' },
        { kind: 'ad', externalId: 'id name' },
        { kind: 'listing', externalId: '2' },
      ],
    };
    await ledger.planJobs([job(sweepId, 101, 100), mixed], first);
    await ledger.recordOutcomes({ sweepId, jobNumber: 7 }, new Map([[1, 'parked' as const]]));
    await ledger.planJobs([mixed], second);
    const read101 = { job: job(sweepId, 101, 100), jobNumber: 101, outcomes: Array(100).fill(null) };
    expect(await read(sweepId)).toMatchObject([
      { job: mixed, jobNumber: 7, outcomes: [null, 'parked', null], plannedAt: first, sentAt: second },
      { ...read101, plannedAt: first, sentAt: first },
    ]);
    expect(await read(sweepId, 7)).toHaveLength(1);
  });

  test('planned again with other references stay what they were, and are returned so', async () => {
    const id = `${later}.uzum.sweep`;
    await ledger.planJobs([job(id, 1, 10)], first);
    expect(await ledger.planJobs([job(id, 1, 5), job(id, 6, 5)], second)).toEqual([
      { ...job(id, 1, 10), slot: later },
      job(id, 6, 5),
    ]);
    expect(await ledger.books(id)).toMatchObject({ dispatched: 15, inFlight: 15 });
  });

  test('of a hundred references are one write unit, whole range or single ids', async () => {
    const id = `${later}.uzum.refresh`;
    const scattered = { ...job(id, 2, 100) };
    scattered.references = scattered.references.map((it, i) => ({ ...it, externalId: String(1e6 + i * 77) }));
    await ledger.planJobs([job(id, 1, 100), scattered], first);
    await ledger.recordOutcomes({ sweepId: id, jobNumber: 2 }, all(100, 'stored'));
    const size = async (jobNumber: number) =>
      JSON.stringify(await readItem(client, jobKey(id, jobNumber))).length;
    expect(await size(1)).toBeLessThan(500);
    expect(await size(2)).toBeLessThan(1_400);
  });
});

describe('gaps', () => {
  const sweepId = `${slot}.gaps.refresh`;
  const at = new Date('2031-02-03T05:00:00.000Z');
  async function only(jobNumber: number): Promise<LedgerJob> {
    for await (const entry of ledger.jobs({ marketplace: 'gaps', sweepId }, jobNumber - 1)) return entry;
    throw new Error('not there');
  }

  test('count as in flight, and become what becomes of them', async () => {
    await ledger.planJobs([job(sweepId, 1, 4)], new Date(slot));
    await ledger.recordOutcomes({ sweepId, jobNumber: 1 }, all(2, 'stored'));
    expect(
      await ledger.correct(
        await only(1),
        new Map([
          [1, 'lost'],
          [3, 'missing'],
        ] as const),
      ),
    ).toBe(true);
    expect((await only(1)).outcomes).toEqual(['stored', 'lost', null, 'missing']);
    expect(await ledger.books(sweepId)).toMatchObject({ dispatched: 4, stored: 1, inFlight: 3 });
    await ledger.recordOutcomes({ sweepId, jobNumber: 1 }, all(4, 'unchanged'));
    expect((await only(1)).outcomes).toEqual(['stored', 'unchanged', 'unchanged', 'unchanged']);
  });

  test('are corrected only over what was read', async () => {
    await ledger.planJobs([job(sweepId, 10, 2)], new Date(slot));
    const read = await only(10);
    await ledger.recordOutcomes({ sweepId, jobNumber: 10 }, all(1, 'parked'));
    expect(await ledger.correct(read, new Map([[0, 'missing']]))).toBe(false);
    expect((await only(10)).outcomes).toEqual(['parked', null]);
  });

  test('are taken by one of several that dispatch them again', async () => {
    await ledger.planJobs([job(sweepId, 20, 2)], new Date(slot));
    await ledger.correct(await only(20), new Map([[0, 'missing']]));
    const read = await only(20);
    const taken = await Promise.all([1, 2, 3].map(() => ledger.repeat(read, at)));
    expect(taken.filter(Boolean)).toHaveLength(1);
    expect(await only(20)).toMatchObject({
      outcomes: [null, null],
      sentAt: at,
      plannedAt: new Date(slot),
      repeats: 1,
    });
    await ledger.correct(await only(20), new Map([[0, 'missing']]));
    expect(await ledger.repeat(read, at)).toBe(false);
  });
});

describe('outcomes', () => {
  test('add up to the books, with what has none in flight', async () => {
    const jobs = [job('s1', 1, 100), job('s1', 101, 100), job('s1', 201, 7)];
    await ledger.planJobs(jobs, new Date(0));
    await ledger.recordOutcomes({ sweepId: 's1', jobNumber: 1 }, all(100, 'stored'));
    await ledger.recordOutcomes(
      { sweepId: 's1', jobNumber: 201 },
      new Map<number, ReferenceOutcome>([
        [0, 'unchanged'],
        [1, 'gone'],
        [2, 'quarantined'],
        [3, 'parked'],
        [6, 'dead-lettered'],
      ]),
    );
    expect(await ledger.books('s1')).toEqual({
      dispatched: 207,
      stored: 100,
      unchanged: 1,
      gone: 1,
      quarantined: 1,
      parked: 1,
      deadLettered: 1,
      inFlight: 102,
    });
  });

  test('of a quarantined page become what it brought when it is replayed, and nothing else', async () => {
    const which = { sweepId: 's9', jobNumber: 1 };
    await ledger.planJobs([job('s9', 1, 3)], new Date(0));
    await ledger.recordOutcomes(which, all(3, 'quarantined'));
    await ledger.recordOutcomes(which, all(3, 'parked'));
    await ledger.recordOutcomes(which, all(3, 'dead-lettered'));
    expect(await ledger.books('s9')).toMatchObject({ quarantined: 3 });
    await ledger.recordOutcomes(which, all(1, 'stored'));
    await ledger.recordOutcomes(which, all(2, 'gone'));
    await ledger.recordOutcomes(which, all(3, 'unchanged'));
    expect(await ledger.books('s9')).toMatchObject({ quarantined: 0, stored: 1, gone: 1, unchanged: 1 });
  });

  test('of a whole job of 500 fit', async () => {
    await ledger.planJobs([job('s2', 1, 500)], new Date(0));
    await ledger.recordOutcomes({ sweepId: 's2', jobNumber: 1 }, all(500, 'unchanged'));
    expect(await ledger.books('s2')).toMatchObject({ dispatched: 500, unchanged: 500, inFlight: 0 });
  });

  test('stand once they are known: repeating and planning again change nothing', async () => {
    await ledger.planJobs([job('s3', 1, 3)], new Date(0));
    await ledger.recordOutcomes({ sweepId: 's3', jobNumber: 1 }, new Map([[0, 'stored' as const]]));
    await ledger.planJobs([job('s3', 1, 3)], new Date(0));
    await ledger.recordOutcomes({ sweepId: 's3', jobNumber: 1 }, all(2, 'unchanged'));
    await ledger.recordOutcomes({ sweepId: 's3', jobNumber: 1 }, all(3, 'dead-lettered'));
    expect(await ledger.books('s3')).toMatchObject({ stored: 1, unchanged: 1, deadLettered: 1, inFlight: 0 });
  });

  test('of a redriven dead letter replace it, and only it', async () => {
    await ledger.planJobs([job('s4', 1, 3)], new Date(0));
    await ledger.recordOutcomes({ sweepId: 's4', jobNumber: 1 }, new Map([[0, 'gone' as const]]));
    await ledger.recordOutcomes({ sweepId: 's4', jobNumber: 1 }, all(3, 'dead-lettered'));
    await ledger.recordOutcomes({ sweepId: 's4', jobNumber: 1 }, all(3, 'stored'));
    await ledger.recordOutcomes({ sweepId: 's4', jobNumber: 1 }, all(3, 'unchanged'));
    expect(await ledger.books('s4')).toMatchObject({ gone: 1, stored: 2, deadLettered: 0, inFlight: 0 });
  });

  test('of several messages of one job are all kept when they arrive at once', async () => {
    await ledger.planJobs([job('s8', 1, 40)], new Date(0));
    const parts = [0, 1, 2, 3].map((part) => new Map([...all(40, 'stored')].filter(([i]) => i % 4 === part)));
    await Promise.all(parts.map((part) => ledger.recordOutcomes({ sweepId: 's8', jobNumber: 1 }, part)));
    expect(await ledger.books('s8')).toMatchObject({ stored: 40, inFlight: 0 });
  });

  test('of a job that was never planned are refused, not invented', async () => {
    await expect(
      ledger.recordOutcomes({ sweepId: 's5', jobNumber: 1 }, all(1, 'stored')),
    ).rejects.toBeInstanceOf(RetryLater);
    expect(await readItem(client, jobKey('s5', 1))).toBeUndefined();
  });
});

test('the books of a sweep of many jobs are read page by page', async () => {
  const pages = mockClient(DynamoDBClient);
  const lastKey = jobKey('s6', 1);
  pages
    .on(QueryCommand, { ExclusiveStartKey: lastKey })
    .resolves({ Items: [{ refs: { N: '4' }, outcomes: { S: 'u-' } }] })
    .on(QueryCommand, { ExclusiveStartKey: undefined })
    .resolves({ Items: [{ refs: { N: '2' }, outcomes: { S: 'sg' } }], LastEvaluatedKey: lastKey });
  expect(await ledger.books('s6')).toMatchObject({
    dispatched: 6,
    stored: 1,
    gone: 1,
    unchanged: 1,
    inFlight: 3,
  });
  pages.restore();
});

test('a write that succeeded but whose answer was lost is not recorded twice', async () => {
  await ledger.planJobs([job('s7', 1, 2)], new Date(0));
  await ledger.recordOutcomes({ sweepId: 's7', jobNumber: 1 }, all(2, 'stored'));
  const refusal = new ConditionalCheckFailedException({ message: 'refused', $metadata: {} });
  refusal.Item = { refs: { N: '2' }, outcomes: { S: 'ss' } };
  const server = mockClient(DynamoDBClient);
  server.on(UpdateItemCommand).rejectsOnce(refusal);
  await ledger.recordOutcomes({ sweepId: 's7', jobNumber: 1 }, all(2, 'stored'));
  expect(server.calls()).toHaveLength(1);
  server.restore();
});
