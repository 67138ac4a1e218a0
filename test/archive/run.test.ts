import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../functions/adapters/postgres/database.ts';
import { migrate } from '../../functions/adapters/postgres/migrations.ts';
import { restoreMonth, verifyArchive } from '../../functions/core/archive/restore.ts';
import { runArchive } from '../../functions/core/archive/run.ts';
import type { TestPostgres } from '../../local/postgres/for-tests.ts';
import { databaseFor, migrationsOf } from '../adapters/postgres/retail-database.ts';
import { storageSchemas } from '../db/storage-schemas.ts';
import {
  archiveWorld,
  everything,
  objectsInMemory,
  retention,
  type StoredObjects,
  seedHistories,
  startArchivePostgres,
} from './world.ts';

describe.each(storageSchemas)('the archive of the %s schema', (schema) => {
  let server: TestPostgres;
  let owner: Client;
  let database: Database;
  let objects: StoredObjects;
  beforeAll(async () => {
    server = await startArchivePostgres(schema, async (client) => await seedHistories(client, 300, 12));
  });
  afterAll(async () => await server.stop());
  beforeEach(async () => {
    const address = await server.createDatabase();
    owner = new Client({ ...address });
    await owner.connect();
    database = databaseFor(address, 'narx_archive');
    objects = objectsInMemory();
  });
  afterEach(async () => {
    await database.close();
    await owner.end();
  });
  const partitions = async () => {
    const { rows } = await owner.query<{ name: string }>(
      "select relname as name from pg_inherits join pg_class on oid = inhrelid where inhparent = 'price_point'::regclass order by 1",
    );
    return rows.map(({ name }) => name);
  };
  const world = (more = {}) => archiveWorld(database, objects, more);

  it('drops the months that ended before the retention, keeps what is in force, and answers every later question the same', async () => {
    const instants = ['2024-06-01 00:00+00', '2024-06-03 10:00+00', '2024-07-15+00', '2024-09-01+00'];
    const answers = async () =>
      (
        await owner.query(
          'select t, s, a.* from unnest($1::timestamptz[]) t, generate_series(1, 300) s, price_at(s, t) a order by s, t',
          [instants],
        )
      ).rows;
    const before = { answers: await answers(), current: await everything(owner) };
    const run = await runArchive(world(), retention);
    expect(run).toMatchObject({ done: true, dropped: ['2024-04', '2024-05'] });
    expect(await partitions()).toEqual([
      'price_point_2024_06',
      'price_point_2024_07',
      'price_point_2024_08',
      'price_point_before',
    ]);
    expect(await answers()).toEqual(before.answers);
    const after = await everything(owner);
    expect(before.current).toEqual(expect.arrayContaining(after));
    expect(after.length).toBeLessThan(before.current.length);
    const kept = await owner.query<{ n: string; skus: string }>(
      'select count(*) as n, count(distinct sku_id) as skus from price_point_before',
    );
    expect(kept.rows[0]?.n).toBe(kept.rows[0]?.skus);
  });

  it('puts months back as they were: one history, equal to before, row by row', async () => {
    const before = await everything(owner);
    await runArchive(world(), retention);
    for (const month of ['2024-05', '2024-04'])
      expect(await restoreMonth(world(), month)).toMatchObject({ done: true });
    expect(await everything(owner)).toEqual(before);
    for (const month of ['2024-04', '2024-05'])
      expect(await verifyArchive(world(), month, 1)).toMatchObject({ done: true });
    await expect(owner.query('set role narx_store')).resolves.toBeDefined();
    await expect(owner.query('delete from price_point_restored')).rejects.toMatchObject({ code: '42501' });
  });

  // The functions are the same text in both schemas: that they fit is tried on both, what else they do on one.
  if (schema !== 'retail') return;

  it('says of an archived instant that its month must be restored, and then what the price was', async () => {
    const at = '2024-04-20 12:00+00';
    const asked = 'select price, since from price_at($1, $2)';
    const { rows } = await owner.query<{ sku_id: string; price: string; first: Date }>(
      `select distinct on (sku_id) sku_id, price, first_observed_at as first from price_point p where first_observed_at <= $1
         and exists (select from price_point n where n.sku_id = p.sku_id and n.first_observed_at > $1 and n.first_observed_at < '2024-06-01')
       order by sku_id, first_observed_at desc`,
      [at],
    );
    expect(rows.length).toBeGreaterThan(50);
    await runArchive(world(), retention);
    await expect(owner.query(asked, [rows[0]?.sku_id, at])).rejects.toMatchObject({
      code: 'NX001',
      hint: 'Restore the month: npx narx archive restore 2024-04',
    });
    await restoreMonth(world(), '2024-04');
    for (const { sku_id, price, first } of rows)
      expect((await owner.query(asked, [sku_id, at])).rows).toEqual([{ price, since: first }]);
    expect((await owner.query(asked, [4_711, at])).rows).toEqual([]);
  });

  it('does nothing when it runs again, and archives the next month when its time has come', async () => {
    await runArchive(world(), retention);
    const first = new Map(objects.stored);
    expect(await runArchive(world(), retention)).toMatchObject({ done: true, dropped: [], rows: 0 });
    expect(objects.stored).toEqual(first);
    await migrate(owner, migrationsOf(schema), new Date('2024-09-10T00:00:00.000Z'));
    const before = await everything(owner);
    expect(await runArchive(world(), new Date('2024-07-01T00:00:00.000Z'))).toMatchObject({
      dropped: ['2024-06'],
    });
    for (const month of ['2024-06', '2024-04', '2024-05']) await restoreMonth(world(), month);
    expect(await everything(owner)).toEqual(expect.arrayContaining(before));
    await database.rows("select archive_release('2024-05-01')", []);
    expect((await world().months.all()).map(({ month, isRestored }) => [month, isRestored])).toEqual([
      ['2024-04', true],
      ['2024-05', false],
      ['2024-06', true],
    ]);
  });

  it('keeps every price that changes while it is being archived', async () => {
    const changes = [
      'update price_point set last_confirmed_at = first_observed_at where last_confirmed_at is null and sku_id = 7',
      "insert into price_point (sku_id, first_observed_at, availability, currency, price) values (7, '2024-08-25', 'i', 'UZS', 5)",
    ];
    let calls = 0;
    const busy = objectsInMemory();
    const change = {
      ...busy,
      put: async (...of: Parameters<typeof busy.put>) => {
        calls += 1;
        if (calls === 2) for (const statement of changes) await owner.query(statement);
        return await busy.put(...of);
      },
    };
    const run = runArchive(archiveWorld(database, change), retention);
    expect(await run).toMatchObject({ done: true });
    const { rows } = await owner.query<{ first: string; last: string | null }>(
      'select first_observed_at::text as first, last_confirmed_at::text as last from price_point where sku_id = 7 order by 1 desc limit 2',
    );
    expect(rows[0]).toEqual({ first: '2024-08-25 00:00:00+00', last: null });
    expect(rows[1]?.last).toBe(rows[1]?.first);
  });

  it('exports again when something that leaves was written after it had been exported', async () => {
    let isChanged = false;
    const months = world().months;
    const late = new Proxy(months, {
      get:
        (target, name) =>
        async (...args: unknown[]) => {
          if (name === 'drop' && !isChanged) {
            isChanged = true;
            await owner.query(
              `update price_point set price = 123456 where (sku_id, first_observed_at) in (
               select sku_id, min(first_observed_at) from price_point where first_observed_at < '2024-05-01' and sku_id = 9 group by 1)`,
            );
          }
          return await (Reflect.get(target, name) as (...of: unknown[]) => Promise<unknown>).apply(
            target,
            args,
          );
        },
    });
    expect(await runArchive(world({ months: late }), retention)).toMatchObject({ done: true });
    await restoreMonth(world(), '2024-04');
    const { rows } = await owner.query('select from price_history where sku_id = 9 and price = 123456');
    expect(rows).toHaveLength(1);
  });
});
