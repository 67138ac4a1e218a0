import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MetricCollector } from '../../../local/metrics/collector.ts';
import { DatabaseMetrics } from '../../../local/metrics/database-metrics.ts';
import { startTestPostgres, type TestPostgres } from '../../../local/postgres/for-tests.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(async () => await server.stop());

const gib = 1024 ** 3;

it('a database’s metrics are what its server has: sessions, pinned ones, bytes against the disk; nothing while it is away', async () => {
  const address = await server.createDatabase();
  const collector = new MetricCollector({ timeScale: 1 });
  const spec = {
    logicalId: 'D',
    databaseName: address.database,
    masterUsername: 'm',
    domain: 'ecommerce',
    instanceName: 'instance',
    proxyName: 'proxy',
    allocatedBytes: 10 * gib,
    backupRetentionDays: 1,
  };
  const { host, port } = address;
  const sampled = async (of: DatabaseMetrics) => {
    const before = Date.now();
    await of.sample();
    const read = (name: string, dimensions: Record<string, string>) =>
      collector.statistic('AWS/RDS', name, dimensions, 'Maximum', before - 60_000, Date.now() + 60_000);
    const instance = { DBInstanceIdentifier: 'instance' };
    return {
      connections: read('DatabaseConnections', instance),
      free: read('FreeStorageSpace', instance),
      pinned: read('DatabaseConnectionsCurrentlySessionPinned', { ProxyName: 'proxy' }),
      borrow: read('DatabaseConnectionsBorrowLatency', { ProxyName: 'proxy' }),
    };
  };
  const metrics = new DatabaseMetrics(collector, [spec], { ecommerce: { host, port } });
  const away = new DatabaseMetrics(collector, [spec], { ecommerce: { host, port: 1 } });

  expect(await sampled(away)).toEqual({ connections: null, free: null, pinned: null, borrow: null });
  const quiet = await sampled(metrics);
  expect(quiet).toMatchObject({ connections: 0, pinned: 0 });
  expect(quiet.free).toBeGreaterThan(9.9 * gib);
  expect(quiet.borrow).toBeGreaterThan(0);

  const admin = new Client(address);
  await admin.connect();
  await admin.query(
    'do $$ begin create role narx_store login; exception when duplicate_object then null; end $$',
  );
  const pinned = new Client({ ...address, user: 'narx_store' });
  await pinned.connect();
  await pinned.query('select pg_advisory_lock(1)');
  metrics.diskSizes.set('ecommerce', 1);
  expect(await sampled(metrics)).toMatchObject({ connections: 2, pinned: 1 });
  const full = collector.statistic(
    'AWS/RDS',
    'FreeStorageSpace',
    { DBInstanceIdentifier: 'instance' },
    'Minimum',
    0,
    Date.now() + 60_000,
  );
  expect(full).toBe(0);
  await Promise.all([admin.end(), pinned.end()]);
});
