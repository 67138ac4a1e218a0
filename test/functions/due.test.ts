import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TestPostgres } from '../../local/postgres/for-tests.ts';
import { databaseFor, startRetailPostgres } from '../adapters/postgres/retail-database.ts';
import { storeUnderTest } from '../adapters/postgres/store-under-test.ts';
import { offer, snapshot, snapshots } from '../adapters/postgres/visits.ts';
import { useRetailEnvironment } from './retail-environment.ts';

let server: TestPostgres;
let handler: typeof import('../../functions/due.lambda.ts').handler;
beforeAll(async () => {
  server = await startRetailPostgres();
  const address = await server.createDatabase();
  const storing = databaseFor(address, 'narx_store');
  await storeUnderTest(storing).store.store([
    snapshots(...['1', '2', '3'].map((id) => snapshot(id, '2024-01-10T10:00:00.000Z', [offer(id, '1')]))),
  ]);
  await storing.close();
  useRetailEnvironment(address, 'narx_due');
  ({ handler } = await import('../../functions/due.lambda.ts'));
});
afterAll(async () => await server.stop());
beforeEach(() => void vi.spyOn(console, 'info').mockImplementation(() => undefined));

describe('the due function', () => {
  it('hands out as many references as it is asked for', async () => {
    const { references } = await handler({ marketplace: 'uzum', limit: 2 });
    expect(references).toHaveLength(2);
    expect(references[0]?.kind).toBe('product');
  });

  it('has nothing for a marketplace that is not known', async () => {
    expect(await handler({ marketplace: 'olx', limit: 5 })).toEqual({ references: [] });
  });

  it.each([{}, { marketplace: 'uzum', limit: 0 }, { marketplace: 'uzum', limit: 100_000 }])(
    'refuses a request that is not one: %o',
    async (request) => {
      await expect(handler(request)).rejects.toThrow();
    },
  );
});
