import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { migrationsFolder } from '../../functions/adapters/postgres/migrations.ts';
import {
  type DatabaseAddress,
  startTestPostgres,
  type TestPostgres,
} from '../../local/postgres/for-tests.ts';
import { withClient } from '../adapters/postgres/retail-database.ts';
import { useRetailEnvironment } from './retail-environment.ts';

let server: TestPostgres;
let address: DatabaseAddress;
let handler: typeof import('../../functions/migrate.lambda.ts').handler;
beforeAll(async () => {
  server = await startTestPostgres();
  address = await server.createDatabase();
  useRetailEnvironment(address, 'postgres');
  ({ handler } = await import('../../functions/migrate.lambda.ts'));
});
afterAll(async () => await server.stop());
beforeEach(() => void vi.spyOn(console, 'info').mockImplementation(() => undefined));

describe('the migrate function', () => {
  it('brings an empty database up to date and is safe to run again', async () => {
    const first = await handler();
    expect(first.applied[0]).toBe('0001-tables.sql');
    expect(first.partitions).toContain('price_point_before');
    expect(first.partitions).toHaveLength(6);
    expect(await handler()).toEqual({ applied: [], ahead: [], partitions: [], dropped: [] });
  });

  it('succeeds after a rollback, when what a later version has added does not matter to it', async () => {
    const later = async (oldestCode: number) =>
      await withClient(address, async (client) => {
        await client.query("delete from schema_migration where name = '0099-later.sql'");
        await client.query(
          "insert into schema_migration (number, name, checksum, oldest_code) values (99, '0099-later.sql', '', $1)",
          [oldestCode],
        );
      });
    await later(0);
    expect(await handler()).toMatchObject({ applied: [], ahead: ['0099-later.sql'] });
    await later(98);
    await expect(handler()).rejects.toThrow(/0099-later.sql, and this version is too old to work with it/);
  });

  it('names a storage schema that has no migrations', () => {
    expect(() => migrationsFolder('absent', import.meta.url)).toThrow(
      /no migrations for the storage schema absent/,
    );
  });
});
