import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { SQSEvent } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { DynamoFailureNotes } from '../../functions/adapters/dynamodb/failure-notes.ts';
import { DynamoLedger } from '../../functions/adapters/dynamodb/ledger.ts';
import type { VisitsMessage } from '../../functions/contract/messages.ts';
import type { DatabaseAddress, TestPostgres } from '../../local/postgres/for-tests.ts';
import { startRetailPostgres, withClient } from '../adapters/postgres/retail-database.ts';
import { message, offer, ok, snapshot, snapshots } from '../adapters/postgres/visits.ts';
import { invocation } from './environment.ts';
import { metricsIn, useRetailEnvironment } from './retail-environment.ts';

const s3 = mockClient(S3Client);
let ledger: MockInstance<DynamoLedger['recordOutcomes']>;
let notes: MockInstance<DynamoFailureNotes['note']>;
let server: TestPostgres;
let address: DatabaseAddress;
let handler: typeof import('../../functions/store.lambda.ts').handler;
const printed: unknown[] = [];

beforeAll(async () => {
  server = await startRetailPostgres();
  address = await server.createDatabase();
  useRetailEnvironment(address, 'narx_store');
  ({ handler } = await import('../../functions/store.lambda.ts'));
});
afterAll(async () => await server.stop());
beforeEach(() => {
  ledger = vi.spyOn(DynamoLedger.prototype, 'recordOutcomes').mockResolvedValue();
  notes = vi.spyOn(DynamoFailureNotes.prototype, 'note').mockResolvedValue();
  s3.reset();
  s3.on(PutObjectCommand).resolves({});
  printed.length = 0;
  for (const stream of ['log', 'info', 'warn', 'error'] as const)
    vi.spyOn(console, stream).mockImplementation((line) => void printed.push(line));
});

function event(...bodies: (VisitsMessage | string)[]): SQSEvent {
  return {
    Records: bodies.map((body, index) => ({
      messageId: `m${index}`,
      receiptHandle: 'handle',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: '0',
        SenderId: 'sender',
        ApproximateFirstReceiveTimestamp: '0',
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:eu-central-1:000000000000:snapshots',
      awsRegion: 'eu-central-1',
    })),
  };
}

const handle = (batch: SQSEvent) => handler(batch, invocation('request', 2_000));
const product = (id: string) => snapshot(id, '2024-01-10T10:00:00.000Z', [offer(`${id}-1`, '100')]);

describe('the store function', () => {
  it('stores a batch and then tells the ledger, job by job', async () => {
    const result = await handle(
      event(snapshots(product('1'), product('2')), message([ok(5, product('3'))], { jobNumber: 2 })),
    );
    expect(result).toEqual({ batchItemFailures: [] });
    const told = ledger.mock.calls.map(([job, outcomes]) => [job.jobNumber, [...outcomes]]);
    expect(told).toEqual([
      [
        1,
        [
          [0, 'stored'],
          [1, 'stored'],
        ],
      ],
      [2, [[5, 'stored']]],
    ]);
    expect(metricsIn(printed)).toMatchObject({ VisitsStored: 3, VisitsUnchanged: 0, PricePointsAdded: 3 });
  });

  it('fails only the messages that do not decode, and logs the place but not the content', async () => {
    const odd = { ...message([ok(0, product('7'))]), sweepId: '' };
    const result = await handle(event('{"secret', odd, snapshots(product('4'))));
    expect(result.batchItemFailures.map((item) => item.itemIdentifier)).toEqual(['m0', 'm1']);
    expect(metricsIn(printed)).toMatchObject({ MessagesUndecodable: 2, VisitsStored: 1 });
    const logged = printed.join('\n');
    expect(logged).toContain('the body is not JSON');
    expect(logged).toContain('sweepId');
    expect(logged).not.toContain('secret');
    const noted = notes.mock.calls.map(([queue, id, { error, functionName }]) => [
      queue,
      id,
      error,
      functionName,
    ]);
    const by = ['PoisonMessage', 'narx-test-store-ecommerce'];
    expect(noted).toEqual([
      ['snapshots', 'm0', ...by],
      ['snapshots', 'm1', ...by],
    ]);
  });

  it('keeps the rows when the ledger cannot be told, and says so', async () => {
    ledger.mockRejectedValue(new Error('throttled'));
    expect(await handle(event(snapshots(product('5'))))).toEqual({ batchItemFailures: [] });
    expect(metricsIn(printed)).toMatchObject({ LedgerWriteFailed: 1, VisitsStored: 1 });
  });

  it('quarantines a row that the database refuses and accounts for it', async () => {
    const bad = { ...product('6'), title: 'nul \u0000' };
    expect(await handle(event(snapshots(bad, product('8'))))).toEqual({ batchItemFailures: [] });
    expect(s3.commandCalls(PutObjectCommand)).toHaveLength(1);
    expect([...(ledger.mock.calls[0]?.[1] ?? [])].sort()).toEqual([
      [0, 'quarantined'],
      [1, 'stored'],
    ]);
    expect(metricsIn(printed)).toMatchObject({ RowsQuarantined: 1, VisitsStored: 1 });
  });

  it('returns the whole batch when the quarantine cannot be written: nothing is acknowledged that is not kept', async () => {
    s3.on(PutObjectCommand).rejects(new Error('unreachable'));
    const bad = { ...product('6'), title: 'nul \u0000' };
    const result = await handle(event(snapshots(bad)));
    expect(result.batchItemFailures).toEqual([{ itemIdentifier: 'm0' }]);
    expect(ledger).toHaveBeenCalledTimes(0);
  });

  it('enters what fails for the last time as dead-lettered, and only that', async () => {
    s3.on(PutObjectCommand).rejects(new Error('unreachable'));
    const bad = { ...product('6'), title: 'nul \u0000' };
    const batch = event(snapshots(bad), snapshots(product('9')), 'not json');
    const [first, , last] = batch.Records;
    for (const record of [first, last]) if (record) record.attributes.ApproximateReceiveCount = '5';
    expect((await handle(batch)).batchItemFailures).toHaveLength(3);
    expect(ledger.mock.calls.map(([, outcomes]) => [...outcomes])).toEqual([[[0, 'dead-lettered']]]);
    expect(metricsIn(printed)).toMatchObject({ ReferencesDeadLettered: 1 });
    ledger.mockRejectedValue(new Error('throttled'));
    expect((await handle(batch)).batchItemFailures).toHaveLength(3);
    expect(metricsIn(printed)).toMatchObject({ LedgerWriteFailed: 1 });
  });

  it('gives a redriven message its place in the past: newer prices stay the current ones (F20, F21)', async () => {
    const seen = (at: string, price: string) => snapshots(snapshot('30', at, [offer('30-1', price)]));
    const [old, newer] = [seen('2024-01-10T10:00:00.000Z', '100'), seen('2024-01-11T10:00:00.000Z', '120')];
    // The old one died, the newer one was stored meanwhile, then the old one comes back; twice, as SQS may deliver it.
    for (const one of [newer, old, old])
      expect(await handler(event(one), invocation('r'))).toEqual({ batchItemFailures: [] });
    await withClient(address, async (client) => {
      const { rows: points } = await client.query(
        `select h.price::int, h.first_observed_at from price_history h join sku k on k.id = h.sku_id
          where k.external_id = '30-1' order by h.first_observed_at`,
      );
      expect(points).toEqual([
        { price: 100, first_observed_at: new Date('2024-01-10T10:00:00.000Z') },
        { price: 120, first_observed_at: new Date('2024-01-11T10:00:00.000Z') },
      ]);
    });
  });

  it('returns every message when the database is away, tells the ledger nothing, and stores them when it is back', async () => {
    const batch = event(snapshots(product('20')), snapshots(product('21')));
    const admin = { ...address, database: 'postgres' };
    const allow = async (allowed: boolean) =>
      await withClient(admin, async (client) => {
        await client.query(`alter database ${address.database} allow_connections ${allowed}`);
        if (!allowed)
          await client.query(
            'select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1',
            [address.database],
          );
      });
    await allow(false);
    // The first attempt may still meet the connection that was just cut; both fail the same way.
    for (const _ of [1, 2]) {
      expect((await handle(batch)).batchItemFailures.map((item) => item.itemIdentifier)).toEqual([
        'm0',
        'm1',
      ]);
    }
    expect(ledger).toHaveBeenCalledTimes(0);
    expect(metricsIn(printed)).toMatchObject({ StoreFailures: 2 });
    await allow(true);
    expect(await handle(batch)).toEqual({ batchItemFailures: [] });
    expect(ledger).toHaveBeenCalledTimes(2);
  });
});
