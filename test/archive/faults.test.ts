import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../functions/adapters/postgres/database.ts';
import type { ArchiveMonths, ArchiveObjects } from '../../functions/core/archive/ports.ts';
import { restoreMonth, verifyArchive } from '../../functions/core/archive/restore.ts';
import { runArchive } from '../../functions/core/archive/run.ts';
import type { ArchiveWorld } from '../../functions/core/archive/world.ts';
import { ArchiveConflict, RetryLater } from '../../functions/core/model/errors.ts';
import type { TestPostgres } from '../../local/postgres/for-tests.ts';
import { databaseFor } from '../adapters/postgres/retail-database.ts';
import { Death } from '../core/death.ts';
import {
  archiveWorld,
  everything,
  objectsInMemory,
  type StoredObjects,
  seedHistories,
  startArchivePostgres,
} from './world.ts';

let server: TestPostgres;
let before: string[];
beforeAll(async () => {
  server = await startArchivePostgres('retail', async (client) => {
    await seedHistories(client, 12, 8);
    before = await everything(client);
  });
});
afterAll(async () => await server.stop());

/** Only April has ended. */
const retention = new Date('2024-05-01T00:00:00.000Z');
const month = '2024-04';
const partOne = 'price_point/domain=ecommerce/month=2024-04/part-00001.parquet';
const manifest = 'price_point/domain=ecommerce/month=2024-04/_manifest.json';

async function inDatabase(
  work: (of: {
    owner: Client;
    database: Database;
    objects: StoredObjects;
    world: ArchiveWorld;
  }) => Promise<void>,
): Promise<void> {
  const address = await server.createDatabase();
  const owner = new Client({ ...address });
  await owner.connect();
  const database = databaseFor(address, 'narx_archive');
  const objects = objectsInMemory();
  const world = archiveWorld(database, objects, { sizes: { group: 20, file: 40 } });
  try {
    await work({ owner, database, objects, world });
  } finally {
    await database.close();
    await owner.end();
  }
}

const writes: readonly PropertyKey[] = [
  'begin',
  'keep',
  'put',
  'recordPart',
  'partVerified',
  'verified',
  'drop',
] satisfies (keyof ArchiveMonths | keyof ArchiveObjects)[];

/** Dies after one of its writes: dying before it leaves what the write before it left, and reads leave nothing. */
function writesOf<T extends object>(port: T, death: Death): T {
  const dying = death.of(port);
  return new Proxy(port, {
    get: (target, name) => {
      if (writes.includes(name)) return Reflect.get(dying, name);
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

const isDropped = async (owner: Client) =>
  (await owner.query("select from pg_class where relname = 'price_point_2024_04'")).rows.length === 0;

/** Everything is still there, in the database or in archived files that read back. */
async function nothingIsLost(owner: Client, world: ArchiveWorld): Promise<void> {
  expect(await runArchive(world, retention)).toMatchObject({ done: true });
  expect(await verifyArchive(world, month, 1)).toMatchObject({ done: true });
  expect(await restoreMonth(world, month)).toMatchObject({ done: true });
  expect(await everything(owner)).toEqual(before);
}

describe('an archive run', () => {
  it('is taken up where it died, after whichever write, and loses nothing', async () => {
    let deaths = 0;
    for (let write = 1; ; write += 1) {
      let survived = false;
      await inDatabase(async ({ owner, objects, world }) => {
        const death = new Death(write, 'after');
        const dying = { ...world, months: writesOf(world.months, death), objects: writesOf(objects, death) };
        survived = (await Promise.race([death.happened, runArchive(dying, retention)])) !== 'dead';
        if (survived) return;
        deaths += 1;
        // Gone from the database only when all of it is in S3.
        if (await isDropped(owner)) await verifyArchive(world, month, 1);
        else expect(await everything(owner)).toEqual(before);
        await nothingIsLost(owner, world);
      });
      if (survived) break;
    }
    // begin, keep, (upload, record, verify) for each part, manifest, verified, drop.
    expect(deaths).toBeGreaterThanOrEqual(5 + 3 * 2);
  }, 60_000);

  it('ends when its time is nearly over, and goes on with the next part when it is called again', async () => {
    await inDatabase(async ({ owner, world }) => {
      let calls = 0;
      for (; calls < 20; calls += 1) {
        let asked = 0;
        // Enough for one step and one part.
        const hasTime = (): boolean => {
          asked += 1;
          return asked <= 2;
        };
        const short = { ...world, hasTime };
        if ((await runArchive(short, retention)).done) break;
      }
      expect(calls).toBeGreaterThan(4);
      await nothingIsLost(owner, world);
    });
  });

  it('ends a part early, after any number of rows, when writing it has taken half of the time', async () => {
    await inDatabase(async ({ owner, objects, world }) => {
      let remaining = 900_000;
      const remainingMs = (): number => {
        remaining *= 0.6;
        return remaining;
      };
      await runArchive({ ...world, sizes: { group: 10, file: 10_000 }, remainingMs }, retention);
      const parts = [...objects.stored.keys()].filter((key) => key.endsWith('.parquet'));
      const rows = (await world.months.parts(month)).map((part) => part.rows);
      expect(parts).toHaveLength(rows.length);
      expect(rows.slice(0, -1)).toEqual(rows.slice(0, -1).map(() => 20));
      expect(rows.length).toBeGreaterThan(2);
      await nothingIsLost(owner, world);
    });
  });

  it('uploads a part again that does not read back as it was sent, and drops nothing while it does not', async () => {
    await inDatabase(async ({ owner, objects, world }) => {
      let corruptions = 0;
      const corrupting = (most: number): ArchiveObjects => ({
        ...objects,
        put: async (key, bytes, onlyIf) => {
          const written = await objects.put(key, bytes, onlyIf);
          const object = objects.stored.get(key);
          if (key !== partOne || written === null || object === undefined || corruptions >= most)
            return written;
          corruptions += 1;
          object.bytes = Uint8Array.from(object.bytes, (byte, at) => (at === 200 ? byte ^ 1 : byte));
          return written;
        },
      });
      const broken = runArchive({ ...world, objects: corrupting(100) }, retention);
      await expect(broken).rejects.toThrow(RetryLater);
      expect(await isDropped(owner)).toBe(false);
      expect(objects.stored.has(manifest)).toBe(false);
      expect(await everything(owner)).toEqual(before);
      corruptions = 0;
      expect(await runArchive({ ...world, objects: corrupting(1) }, retention)).toMatchObject({
        dropped: [month],
      });
      await nothingIsLost(owner, world);
    });
  });

  it('notices an upload that is whole and has other rows', async () => {
    await inDatabase(async ({ owner, objects, database, world }) => {
      const other = archiveWorld(database, objects, world);
      const lying: ArchiveWorld = {
        ...other,
        files: {
          ...world.files,
          writer: (metadata) => {
            const file = world.files.writer(metadata);
            return {
              add: (batch) => file.add({ ...batch, price: batch.price.map((price) => price && `${price}1`) }),
              finish: () => file.finish(),
            };
          },
        },
      };
      await expect(runArchive(lying, retention)).rejects.toThrow(/row 0, price/);
      expect(await isDropped(owner)).toBe(false);
    });
  });

  it('takes what an earlier life of the database has archived, when it holds the same, and touches neither when not', async () => {
    const objects = objectsInMemory();
    await inDatabase(async ({ world }) => {
      await runArchive({ ...world, objects }, retention);
    });
    const sealed = new Map(objects.stored);
    await inDatabase(async ({ owner, world }) => {
      // A price in force has been confirmed since: no contradiction.
      await owner.query("update product_schedule set last_seen_at = '2024-08-31 10:00+00'");
      expect(await runArchive({ ...world, objects }, retention)).toMatchObject({ dropped: [month] });
      expect(objects.stored).toEqual(sealed);
    });
    await inDatabase(async ({ owner, world }) => {
      await owner.query(
        'delete from price_point p using (select sku_id, min(first_observed_at) as first from price_point group by 1 limit 1) f where p.sku_id = f.sku_id and p.first_observed_at = f.first',
      );
      await expect(runArchive({ ...world, objects }, retention)).rejects.toThrow(ArchiveConflict);
      expect(await isDropped(owner)).toBe(false);
      expect(objects.stored).toEqual(sealed);
    });
  });
});

describe('a restore', () => {
  it('is taken up where it died, and shows nothing before it is whole', async () => {
    await inDatabase(async ({ owner, objects, world }) => {
      await runArchive(world, retention);
      const live = await everything(owner);
      for (let call = 1; ; call += 1) {
        const death = new Death(call, call % 2 === 0 ? 'before' : 'after');
        const dying = {
          ...world,
          months: death.of(world.months),
          objects: death.of<ArchiveObjects>(objects),
        };
        const end = await Promise.race([death.happened, restoreMonth(dying, month)]);
        const { rows } = await owner.query<{ restored: boolean }>(
          "select is_restored('2024-04-01') as restored",
        );
        expect(await everything(owner)).toEqual(rows[0]?.restored ? before : live);
        if (end !== 'dead') break;
        if (rows[0]?.restored) break;
      }
      expect(await restoreMonth(world, month)).toMatchObject({ done: true, rows: 0 });
      expect(await everything(owner)).toEqual(before);
    });
  });

  it('refuses a file that is not what was archived', async () => {
    await inDatabase(async ({ objects, world }) => {
      await runArchive(world, retention);
      const object = objects.stored.get(partOne);
      if (object) object.bytes = Uint8Array.from(object.bytes, (byte, at) => (at === 200 ? byte ^ 1 : byte));
      await expect(verifyArchive(world, month, 1)).rejects.toThrow(/its bytes are others/);
      await expect(restoreMonth(world, month)).rejects.toThrow(ArchiveConflict);
    });
  });
});
