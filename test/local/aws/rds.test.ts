import { DescribeDBInstancesCommand, ModifyDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RdsBackups } from '../../../functions/adapters/rds/backups.ts';
import type { Fault } from '../../../local/aws/fault.ts';
import { type RdsServer, startRds } from '../../../local/aws/rds.ts';

/** Five minutes take 3 s. */
const timeScale = 0.01;
let fault: Fault | undefined;
let server: RdsServer;
let client: RDSClient;

beforeAll(async () => {
  server = await startRds({ timeScale, onRequest: () => fault });
  server.create([
    { instanceName: 'shops', backupRetentionDays: 14 },
    { instanceName: 'auctions', backupRetentionDays: 0 },
  ]);
  client = new RDSClient({
    endpoint: server.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
});
afterAll(async () => {
  client.destroy();
  await server.close();
});
const retain = (days: number) =>
  client.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'shops', BackupRetentionPeriod: days }));

test('an instance with backups can be restored to the last five minutes of the scaled clock', async () => {
  const until = await new RdsBackups(client).restorableUntil('shops');
  const ageMs = Date.now() - (until?.getTime() ?? 0);
  expect(ageMs).toBeGreaterThanOrEqual(0);
  expect(ageMs).toBeLessThan(4_000);
});

test('an instance without a retention has no backup, and one whose retention is taken away has none any more', async () => {
  const backups = new RdsBackups(client);
  expect(await backups.restorableUntil('auctions')).toBeNull();
  const { DBInstance } = await retain(0);
  expect(DBInstance).toMatchObject({ DBInstanceIdentifier: 'shops', BackupRetentionPeriod: 0 });
  expect(await backups.restorableUntil('shops')).toBeNull();
  await retain(7);
  expect(await backups.restorableUntil('shops')).toBeInstanceOf(Date);
});

test('an instance that is not there is refused, and a service that fails is told of', async () => {
  await expect(new RdsBackups(client).restorableUntil('nobody')).rejects.toMatchObject({
    name: 'DBInstanceNotFoundFault',
  });
  fault = { fault: 'error', code: 'Throttling', status: 400, message: 'Rate exceeded' };
  await expect(
    client.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: 'shops' })),
  ).rejects.toMatchObject({ name: 'Throttling' });
  fault = undefined;
});
