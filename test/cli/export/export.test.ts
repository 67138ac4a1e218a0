import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { DuckDBInstance } from '@duckdb/node-api';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { exportColumns } from '../../../cli/export/columns.ts';
import { readPoints } from '../../../cli/export/points.ts';
import { readerConnection } from '../../../cli/export/reader.ts';
import { main } from '../../../cli/main.ts';
import { connectStage, type Stage } from '../../../cli/stage/connect.ts';
import { S3ArchiveObjects } from '../../../functions/adapters/s3/archive-objects.ts';
import { runArchive } from '../../../functions/core/archive/run.ts';
import { startS3 } from '../../../local/aws/s3/server.ts';
import type { DatabaseAddress } from '../../../local/postgres/for-tests.ts';
import { announceStack } from '../../../local/stack-file.ts';
import { databaseFor } from '../../adapters/postgres/retail-database.ts';
import { archiveWorld, retention, seedHistories, startArchivePostgres } from '../../archive/world.ts';

const folder = mkdtempSync(join(tmpdir(), 'narx-export-'));
const place = { region: 'eu-central-1', accountId: '000000000000', timeScale: 1 };
const closing: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
const archived = ['2024-04', '2024-05'];
let owner: Client;
let readerAddress: DatabaseAddress;
let stage: Stage;
let objects: S3ArchiveObjects;
let duck: Awaited<ReturnType<DuckDBInstance['connect']>>;
/** Every price point that there ever was, before months left the database. */
let truth: string[];
let printed: string[];

/** Titles as marketplaces have them: quotes, separators, line breaks, nothing at all. */
const titles = `
insert into seller (titled_at, marketplace_id, external_id, title) values
  ('2024-01-01', 1, 's,1', E'ООО "Ромашка", Тошкент;\\r\\nкв. 5'), ('2024-01-01', 1, 's2', '');
update product set seller_id = 1 + id % 2 where id % 3 <> 0;`;

const cells = {
  names: ['marketplace', 'kind', 'product', 'product_title', 'seller', 'seller_title', 'sku'],
  values: ['price', 'old_price', 'currency', 'availability', 'gap_before', 'suspect'],
};

beforeAll(async () => {
  const server = await startArchivePostgres('retail', async (client) => {
    await seedHistories(client, 300, 8);
    await client.query(titles);
  });
  closing.push(() => server.stop());
  const address = await server.createDatabase();
  readerAddress = address;
  owner = new Client({ ...address });
  await owner.connect();
  closing.push(() => owner.end());
  const s3 = await startS3({ ...place, dataDir: join(folder, 's3') });
  closing.push(() => s3.close());
  const nowhere = 'http://127.0.0.1:9';
  const endpoints = { sqs: nowhere, s3: s3.url, lambda: nowhere, dynamodb: nowhere, origins: {} };
  closing.push(
    announceStack(join(folder, 'stack.json'), {
      stage: 'local',
      ...place,
      endpoints: {
        ...endpoints,
        postgres: { ecommerce: { host: address.host, port: address.port, database: address.database } },
      },
    }),
  );
  stage = await connectStage({ folder });
  closing.push(() => stage.close());
  await stage.clients.s3.send(new CreateBucketCommand({ Bucket: stage.names.buckets.archive }));
  objects = new S3ArchiveObjects(stage.clients.s3, stage.names.buckets.archive);
  const { rows } = await owner.query<{ line: string }>(`
    select concat_ws('|', m.code, 'product', p.external_id, coalesce(p.title, '-'), coalesce(l.external_id, '-'),
      coalesce(l.title, '-'), k.external_id, (extract(epoch from h.first_observed_at) * 1000000)::bigint,
      (extract(epoch from h.last_confirmed_at) * 1000000)::bigint, coalesce(h.price::text, '-'), coalesce(h.old_price::text, '-'),
      h.currency, h.availability, h.gap_before, h.suspect) as line
    from price_history h join sku k on k.id = h.sku_id join product p on p.id = k.product_id
    join marketplace m on m.id = p.marketplace_id left join seller l on l.id = p.seller_id`);
  truth = rows.map(({ line }) => line).sort();
  const archiving = databaseFor(address, 'narx_archive');
  const run = await runArchive(archiveWorld(archiving, objects), retention);
  expect(run.dropped).toEqual(archived);
  await archiving.close();
  duck = await (await DuckDBInstance.create(':memory:')).connect();
  await duck.run("set timezone = 'UTC'");
});
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});
beforeEach(() => {
  printed = [];
  for (const stream of ['log', 'error'] as const)
    vi.spyOn(console, stream).mockImplementation((line) => void printed.push(String(line)));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});

const all = ['--since', '2020-01-01'];
const words = (...more: string[]) => ['export', '--domain', 'ecommerce', '--folder', folder, ...more];
const fileOf = (name: string) => join(folder, name);
const source = (path: string) =>
  path.endsWith('.csv')
    ? // An independent reader; text as it stands in the file.
      `read_csv('${path}', all_varchar = true, header = true, nullstr = '', allow_quoted_nulls = false, parallel = false)`
    : `read_parquet('${path}')`;

/** The file's rows as lines, as another program reads them. */
async function linesOf(path: string): Promise<string[]> {
  const micros = (column: string) => `epoch_us(${column}::timestamptz)`;
  const text = (column: string) => `coalesce(${column}::varchar, '-')`;
  const amount = (column: string) =>
    path.endsWith('.csv') ? text(column) : `coalesce(regexp_replace(${column}::varchar, '\\.?0+$', ''), '-')`;
  const read = await duck.runAndReadAll(`
    select concat_ws('|', ${cells.names.map(text).join()}, ${micros('first_observed_at')}, ${micros('confirmed_until')},
      ${amount('price')}, ${amount('old_price')}, currency, availability,
      case gap_before::boolean when true then 't' else 'f' end, case suspect::boolean when true then 't' else 'f' end)
    from ${source(path)}`);
  return read.getRowsJson().map(([line]) => String(line));
}

describe('an export', () => {
  it.each(['csv', 'parquet'])('as %s has every price point once, archived or not', async (format) => {
    const path = fileOf(`all.${format}`);
    expect(await main(words(...all, '--format', format, '--out', path))).toBe(0);
    const lines = await linesOf(path);
    expect(lines.length).toBeGreaterThan(1_000);
    expect(lines.sort()).toEqual(truth);
    expect(printed.join('\n')).toMatch(
      /price points in .*\n +[\d,]+ from the database as of .*Z\n +[\d,]+ from the archive, 2024-04 to 2024-05$/,
    );
  });

  it('as Parquet has exact amounts and instants by their types', async () => {
    const types = await duck.runAndReadAll(`describe select * from ${source(fileOf('all.parquet'))}`);
    const byName = new Map(types.getRowsJson().map(([name, type]) => [name, type]));
    expect([...byName.keys()]).toEqual(exportColumns.map(({ name }) => name));
    expect([byName.get('price'), byName.get('first_observed_at'), byName.get('sku_id')]).toEqual([
      'DECIMAL(38,12)',
      'TIMESTAMP WITH TIME ZONE',
      'BIGINT',
    ]);
  });

  it('of a period has what was first seen in it, and says which archived months it left out', async () => {
    const [since, until] = ['2024-04-20T00:00:00Z', '2024-06-10T05:00:00+05:00'];
    const within = truth.filter((line) => {
      const first = Number(line.split('|')[7]) / 1_000;
      return first >= Date.parse(since) && first < Date.parse(until);
    });
    const path = fileOf('part.csv');
    expect(await main(words('--since', since, '--until', until, '--out', path))).toBe(0);
    expect(within.length).toBeGreaterThan(100);
    expect((await linesOf(path)).sort()).toEqual(within);
    printed = [];
    await main(words('--since', since, '--until', until, '--out', path, '--database-only', '--json'));
    const report = JSON.parse(printed[0] ?? '') as Record<string, unknown>;
    expect(report).toMatchObject({ archivedMonths: [], monthsLeftOut: archived, path });
    expect(report['rows']).toBe((await linesOf(path)).length);
    expect(report['rows']).toBeLessThan(within.length);
  });

  it('is read page by page, and each row comes once', async () => {
    const database = databaseFor(readerAddress, 'narx_reader');
    const period = { since: new Date('2024-04-20'), until: null };
    const keysIn = async (pageSize: number) => {
      const keys: string[] = [];
      for await (const { skuId, firstObservedAt } of readPoints(database, period, pageSize))
        for (const [row, sku] of skuId.entries()) keys.push(`${sku}|${firstObservedAt[row]}`);
      return keys;
    };
    const whole = await keysIn(50_000);
    expect(whole.length).toBeGreaterThan(300);
    expect(await keysIn(7)).toEqual(whole);
    await database.close();
  });

  it('keeps months from being dropped before it looks which have been: none is missed between', async () => {
    const sent = vi.spyOn(Client.prototype, 'query');
    await main(words(...all, '--out', fileOf('locked.csv')));
    const statements = sent.mock.calls.map(([statement]) => (statement as unknown as { text: string }).text);
    sent.mockRestore();
    const first = (text: string) => statements.findIndex((statement) => statement.includes(text));
    expect(first('lock table price_point')).toBeGreaterThan(0);
    expect(first('lock table price_point')).toBeLessThan(first('from price_archive'));
  });

  it('reads as the user that can write nothing', () => {
    expect(readerConnection(stage, 'ecommerce', { port: '5432' })()).toMatchObject({ user: 'narx_reader' });
  });

  it('that is killed half way leaves what was there before, and the next one is whole', async () => {
    const path = fileOf('killed.csv');
    writeFileSync(path, 'yesterday');
    await owner.query('begin; lock table product in access exclusive mode');
    const child = spawn(process.execPath, ['cli/narx.mjs', ...words(...all, '--out', path)], {
      stdio: 'ignore',
    });
    const ended = endOf(child);
    await vi.waitFor(() => expect(existsSync(`${path}.partial`)).toBe(true), {
      timeout: 10_000,
      interval: 20,
    });
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
    await owner.query('rollback');
    expect(readFileSync(path, 'utf8')).toBe('yesterday');
    expect(await main(words(...all, '--out', path))).toBe(0);
    expect(readFileSync(path, 'utf8')).toBe(readFileSync(fileOf('all.csv'), 'utf8'));
    expect(readdirSync(folder).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  it('refuses a file of the archive that is not what was archived, and writes nothing', async () => {
    const key = `price_point/domain=ecommerce/month=2024-05/part-00001.parquet`;
    const whole = await objects.get(key);
    const bytes = Uint8Array.from(whole?.bytes ?? []);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    const spoiled = await objects.put(key, bytes, whole?.etag ?? '');
    const path = fileOf('spoiled.csv');
    expect(await main(words(...all, '--out', path))).toBe(1);
    expect(printed.join()).toContain('is not what was archived: narx archive verify 2024-05');
    expect(readdirSync(folder).filter((name) => name.startsWith('spoiled'))).toEqual([]);
    await objects.put(key, whole?.bytes ?? new Uint8Array(), spoiled?.etag ?? '');
  });

  it.each([
    [['--format', 'csv'], 'say from when on'],
    [['--since', 'yesterday'], '--since yesterday is no time'],
    [['--since', '2024-02-31'], 'is no time'],
    [['--since', '2024-05-01', '--until', '2024-05-01'], 'is not after'],
    [[...all, '--format', 'xlsx'], 'there are csv and parquet'],
    [[...all, '--out', '/no/such/folder/a.csv'], 'there is no folder /no/such/folder'],
  ])('called with %j says what to change', async (args, message) => {
    expect(await main(words(...args))).toBe(1);
    expect(printed.join()).toContain(message);
  });
});

async function endOf(child: ChildProcess): Promise<NodeJS.Signals | number | null> {
  return await new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)));
}
