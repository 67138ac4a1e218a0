import { DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TestPostgres } from '../../local/postgres/for-tests.ts';
import { databaseFor, startRetailPostgres } from '../adapters/postgres/retail-database.ts';
import { storeUnderTest } from '../adapters/postgres/store-under-test.ts';
import { offer, snapshot, snapshots } from '../adapters/postgres/visits.ts';
import { metricsIn, useRetailEnvironment } from './retail-environment.ts';

const dynamo = mockClient(DynamoDBClient);
let server: TestPostgres;
let handler: typeof import('../../functions/audit.lambda.ts').handler;
const printed: unknown[] = [];
beforeAll(async () => {
  server = await startRetailPostgres();
  const address = await server.createDatabase();
  const storing = databaseFor(address, 'narx_store');
  await storeUnderTest(storing).store.store([
    snapshots(snapshot('1', '2024-01-10T10:00:00.000Z', [offer('1', '1')])),
  ]);
  await storing.close();
  useRetailEnvironment(address, 'narx_audit');
  ({ handler } = await import('../../functions/audit.lambda.ts'));
});
afterAll(async () => await server.stop());
beforeEach(() => {
  dynamo.reset();
  printed.length = 0;
  for (const stream of ['log', 'info', 'warn', 'error'] as const)
    vi.spyOn(console, stream).mockImplementation((line) => void printed.push(line));
});

describe('the audit function', () => {
  it('reports freshness, duplicates and balanced books, and then its heartbeat', async () => {
    dynamo
      .on(QueryCommand)
      .resolves({ Items: [] })
      .on(GetItemCommand)
      .resolves({})
      .on(PutItemCommand)
      .resolves({});
    await handler();
    const metrics = metricsIn(printed);
    expect(metrics).toMatchObject({ BooksUnbalanced: 0, DuplicateRows: 0, Heartbeat: 1 });
    expect(metrics['OldestConfirmationSeconds']).toBe(metrics['NewestObservationAgeSeconds']);
    expect(metrics).toMatchObject({ ConfirmedLastDay: 0, PriceChangesLastDay: 0 });
    for (const name of ['P95ConfirmationSeconds', 'ConnectionsUsedPercent', 'MemoryUsedMegabytes'])
      expect(metrics[name], name).toBeGreaterThan(0);
  });

  it('gives no heartbeat when it cannot finish, but the metrics that it has', async () => {
    dynamo.rejects(new Error('away'));
    await expect(handler()).rejects.toThrow('away');
    const metrics = metricsIn(printed);
    expect(metrics).not.toHaveProperty('Heartbeat');
    expect(metrics).toHaveProperty('OldestConfirmationSeconds');
  });
});
