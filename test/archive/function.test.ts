import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { DuckDBInstance } from '@duckdb/node-api';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { PostgresAudit } from '../../functions/adapters/postgres/audit.ts';
import { S3ArchiveObjects } from '../../functions/adapters/s3/archive-objects.ts';
import { type ArchiveRequest, archiveManifestSchema } from '../../functions/contract/archive.ts';
import { type S3Server, startS3 } from '../../local/aws/s3/server.ts';
import type { DatabaseAddress, TestPostgres } from '../../local/postgres/for-tests.ts';
import { databaseFor } from '../adapters/postgres/retail-database.ts';
import { storeUnderTest } from '../adapters/postgres/store-under-test.ts';
import { offer, snapshot, snapshots } from '../adapters/postgres/visits.ts';
import { invocation, setEnvironment } from '../functions/environment.ts';
import { metricsIn } from '../functions/retail-environment.ts';
import { everything, seedHistories, startArchivePostgres } from './world.ts';

const bucket = 'narx-test-archive';
const folder = mkdtempSync(join(tmpdir(), 'narx-archive-'));
const printed: unknown[] = [];
let server: TestPostgres;
let address: DatabaseAddress;
let owner: Client;
let s3: S3Server;
let client: S3Client;
let call: (
  request: ArchiveRequest | { scheduledTime: string },
) => ReturnType<typeof import('../../functions/archive.lambda.ts').handler>;

beforeAll(async () => {
  server = await startArchivePostgres('retail', async (of) => await seedHistories(of, 400, 10));
  address = await server.createDatabase();
  owner = new Client({ ...address });
  await owner.connect();
  s3 = await startS3({ dataDir: join(folder, 's3'), region: 'eu-central-1' });
  setEnvironment({
    DOMAIN: 'ecommerce',
    DATABASE_HOST: 'proxy',
    DATABASE_PORT: '5432',
    DATABASE_NAME: 'ecommerce',
    DATABASE_USER: 'narx_archive',
    ARCHIVE_BUCKET: bucket,
    // All of 2024 has ended, by any clock; the month that did not is none of a machine with a wrong one.
    HISTORY_RETENTION_DAYS: '90',
    ENDPOINTS: JSON.stringify({
      sqs: s3.url,
      dynamodb: s3.url,
      lambda: s3.url,
      s3: s3.url,
      postgres: { ecommerce: { host: address.host, port: address.port, database: address.database } },
      origins: {},
    }),
  });
  client = new S3Client({ endpoint: s3.url, forcePathStyle: true, region: 'eu-central-1' });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const { handler } = await import('../../functions/archive.lambda.ts');
  call = async (request) => await handler(request, invocation('one', 900_000));
});
beforeEach(() => {
  for (const stream of ['log', 'info', 'warn', 'error'] as const)
    vi.spyOn(console, stream).mockImplementation((line) => void printed.push(line));
});
afterAll(async () => {
  client.destroy();
  await owner.end();
  await s3.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const bytesOf = async (key: string) => {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
};

describe('the archive function', () => {
  let before: string[];
  // Not August: migrate goes on from the newest month.
  const months = ['2024-04', '2024-05', '2024-06', '2024-07'];

  it('archives what is old when its schedule calls, and says so', async () => {
    before = await everything(owner);
    const result = await call({ scheduledTime: '2026-03-01T09:00:00Z' });
    expect(result).toMatchObject({ done: true, dropped: months });
    expect(metricsIn(printed)).toMatchObject({
      PointsArchived: result.rows,
      MonthsArchived: 4,
      Heartbeat: 1,
    });
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    expect(Contents.map(({ Key }) => Key)).toEqual(
      months.flatMap((month) => [
        `price_point/domain=ecommerce/month=${month}/_manifest.json`,
        `price_point/domain=ecommerce/month=${month}/part-00001.parquet`,
      ]),
    );
  });

  it('writes files that DuckDB reads, with the types and the rows that the database had', async () => {
    const paths: string[] = [];
    for (const month of months) {
      const manifest = archiveManifestSchema.parse(
        JSON.parse((await bytesOf(`price_point/domain=ecommerce/month=${month}/_manifest.json`)).toString()),
      );
      for (const { key, rows } of manifest.parts) {
        expect(rows).toBeGreaterThan(0);
        paths.push(join(folder, key.replaceAll('/', '-')));
        writeFileSync(paths.at(-1) ?? '', await bytesOf(key));
      }
    }
    const duck = await (await DuckDBInstance.create(':memory:')).connect();
    await duck.run("set timezone = 'UTC'");
    const from = `read_parquet([${paths.map((path) => `'${path}'`).join(', ')}])`;
    const types = await duck.runAndReadAll(`describe select * from ${from}`);
    expect(types.getRowsJson().map(([name, type]) => `${name} ${type}`)).toEqual([
      'sku_id BIGINT',
      'first_observed_at TIMESTAMP WITH TIME ZONE',
      'last_confirmed_at TIMESTAMP WITH TIME ZONE',
      'availability VARCHAR',
      'hidden_before VARCHAR',
      'suspect BOOLEAN',
      'currency VARCHAR',
      'price DECIMAL(38,12)',
      'old_price DECIMAL(38,12)',
      'in_force BOOLEAN',
    ]);
    // What has left for good; the rest is in the database, and in the files as a copy.
    const read = await duck.runAndReadAll(`
      select concat_ws('|', sku_id, epoch_us(first_observed_at), epoch_us(last_confirmed_at), coalesce(price::varchar, '-'),
        coalesce(old_price::varchar, '-'), currency, availability, hidden_before, suspect::int)
      from ${from} where not in_force order by sku_id, first_observed_at`);
    const parquet = read.getRowsJson().map(([line]) => line);
    for (const month of months) await call({ action: 'restore', month });
    const postgres = await owner.query<{ line: string }>(`
      select concat_ws('|', sku_id, (extract(epoch from first_observed_at) * 1000000)::bigint,
        (extract(epoch from last_confirmed_at) * 1000000)::bigint, coalesce(price::numeric(38, 12)::text, '-'),
        coalesce(old_price::numeric(38, 12)::text, '-'), currency, availability, hidden_before, suspect::int) as line
      from price_point_restored where not in_force order by sku_id, first_observed_at`);
    expect(parquet).toEqual(postgres.rows.map(({ line }) => line));
    const live = await owner.query('select from price_point');
    expect(parquet.length + live.rows.length).toBe(before.length);
  });

  it('has put every month back, equal to before, and verifies and lists them', async () => {
    expect(await everything(owner)).toEqual(before);
    for (const month of months)
      expect(await call({ action: 'verify', month })).toMatchObject({ done: true, nextPart: null });
    expect((await call({ action: 'list' })).months.map(({ isRestored }) => isRestored)).toEqual(
      months.map(() => true),
    );
    await call({ action: 'release', month: '2024-06' });
    expect((await call({ action: 'list' })).months[2]).toMatchObject({ month: '2024-06', isRestored: false });
  });

  it('refuses what it does not understand', async () => {
    await expect(call({ action: 'restore', month: '2024-13' })).rejects.toThrow(/such as 2026-06/);
  });
});

describe('the bucket', () => {
  it('is written under a condition: what is there is never replaced but by name', async () => {
    const objects = new S3ArchiveObjects(client, bucket);
    const [one, two] = [Buffer.from('one'), Buffer.from('two')];
    const first = await objects.put('key', one, null);
    expect(await objects.put('key', two, null)).toBeNull();
    expect(await objects.put('key', two, '"another"')).toBeNull();
    expect(await objects.put('gone', two, first?.etag ?? '')).toBeNull();
    expect((await objects.get('key'))?.bytes).toEqual(new Uint8Array(one));
    expect(await objects.put('key', two, first?.etag ?? '')).not.toBeNull();
    expect(await objects.get('gone')).toBeNull();
  });
});

describe('an observation from an archived month', () => {
  it('goes to the quarantine: what the database no longer knows is not contradicted', async () => {
    await owner.query("select create_partitions('2024-09-10')");
    const database = databaseFor(address, 'narx_store');
    const { store, quarantined } = storeUnderTest(database);
    const { outcomes, counts } = await store.store([
      snapshots(
        snapshot('1', '2024-05-10T10:00:00.000Z', [offer('1', '77')]),
        snapshot('1', '2024-09-10T10:00:00.000Z', [offer('1', '78')]),
      ),
    ]);
    await database.close();
    expect([...(outcomes[0] ?? [])]).toEqual([
      [0, 'quarantined'],
      [1, 'stored'],
    ]);
    expect(counts).toMatchObject({ rowsQuarantined: 1, stored: 1, late: 0 });
    expect(quarantined[0]?.reason).toBe('observed-before-the-archive');
  });
});

describe('the audit', () => {
  it('counts the months, this one and the next, that prices cannot be stored in', async () => {
    const database = databaseFor(await server.createDatabase(), 'narx_audit');
    const missing = async (now: string) => await new PostgresAudit(database).partitionsMissing(new Date(now));
    expect(await missing('2024-07-31T23:59:59.999Z')).toBe(0);
    expect(await missing('2024-08-01T00:00:00.000Z')).toBe(1);
    expect(await missing('2024-09-01T00:00:00.000Z')).toBe(2);
    await database.close();
  });
});
