import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RouteId } from '../../functions/contract/api/routes.ts';
import { restoreMonth } from '../../functions/core/archive/restore.ts';
import { runArchive } from '../../functions/core/archive/run.ts';
import type { ArchiveWorld } from '../../functions/core/archive/world.ts';
import type { TestPostgres } from '../../local/postgres/for-tests.ts';
import { databaseFor } from '../adapters/postgres/retail-database.ts';
import { archiveWorld, objectsInMemory, retention, startArchivePostgres } from '../archive/world.ts';
import { startApi, violations } from './api-environment.ts';

/** Red changed in March, April, May and June; blue once, in March; green is new in June. */
const history = `
insert into marketplace (code) values ('uzum');
insert into product (marketplace_id, kind, external_id, title) values (1, 'p', '1', 'Shirt');
insert into product_schedule (product_id, next_due, last_seen_at, last_outcome, marketplace_id)
  values (1, 0, '2024-06-20 12:00+00', 's', 1);
insert into sku (product_id, point_started_at, listed, availability, currency, external_id, price) values
  (1, '2024-06-10', true, 'i', 'UZS', 'red', 50), (1, '2024-03-10', true, 'i', 'UZS', 'blue', 7), (1, '2024-06-05', true, 'i', 'UZS', 'green', 3);
insert into price_point (sku_id, first_observed_at, last_confirmed_at, availability, currency, price) values
  (1, '2024-03-10', '2024-03-20', 'i', 'UZS', 10), (1, '2024-04-10', '2024-04-20', 'i', 'UZS', 20),
  (1, '2024-05-10', '2024-05-20', 'i', 'UZS', 30), (1, '2024-05-25', '2024-06-04', 'i', 'UZS', 40),
  (1, '2024-06-10', null, 'i', 'UZS', 50), (2, '2024-03-10', null, 'i', 'UZS', 7), (3, '2024-06-05', null, 'i', 'UZS', 3);`;
const shirt = { marketplace: 'uzum', kind: 'product', externalId: '1' };
const before = '2024-06-01T00:00:00.000Z';

let server: TestPostgres;
let api: Awaited<ReturnType<typeof startApi>>;
let world: ArchiveWorld;
let close: () => Promise<void>;
beforeAll(async () => {
  server = await startArchivePostgres('retail', async (client) => void (await client.query(history)));
  const address = await server.createDatabase();
  const archiving = databaseFor(address, 'narx_archive');
  close = () => archiving.close();
  world = archiveWorld(archiving, objectsInMemory());
  api = await startApi(address);
});
afterAll(async () => {
  await close();
  await server.stop();
});

const ask = async (id: RouteId, query: string) => {
  const sent = vi.spyOn(Client.prototype, 'query');
  const response = await api.ask(id, query, shirt);
  expect(sent.mock.calls.length).toBeLessThanOrEqual(3);
  sent.mockRestore();
  expect(response.statusCode).toBe(200);
  expect(violations(id, response)).toEqual([]);
  return response.json;
};
const pricesAt = async (at: string) => {
  const { prices, archivedSkus, archived } = await ask('prices', `at=${at}T12:00:00Z`);
  const known = (prices as { sku: string; price: string; confirmed: boolean }[]).map(
    ({ sku, price, confirmed }) => `${sku} ${price}${confirmed ? '' : '?'}`,
  );
  return { known, archivedSkus, archived };
};
const stretches = async (query = 'sku=red') => {
  const { stretches, archived } = await ask('history', query);
  const told = (stretches as { price: string; archivedBefore: boolean }[]).map(
    ({ price, archivedBefore }) => `${archivedBefore ? '… ' : ''}${price}`,
  );
  return { told, archived };
};

describe('while nothing is archived', () => {
  it('everything is there, and said to be', async () => {
    expect(await stretches()).toEqual({ told: ['10', '20', '30', '40', '50'], archived: null });
    expect(await pricesAt('2024-04-15')).toEqual({
      known: ['blue 7', 'red 20'],
      archivedSkus: [],
      archived: null,
    });
  });
});

describe('after April and May have been archived', () => {
  const archived = { before, restored: [] };
  beforeAll(async () => {
    expect((await runArchive(world, retention)).dropped).toEqual(['2024-04', '2024-05']);
  });

  it.each([
    // A price that stayed in force answers from when it began, however long ago.
    ['2024-05-26', ['blue 7', 'red 40'], []],
    ['2024-05-15', ['blue 7'], ['red']],
    ['2024-03-15', ['blue 7'], ['red']],
    ['2024-03-01', [], ['blue', 'red']],
    ['2024-06-02', ['blue 7', 'red 40'], []],
    ['2024-06-06', ['blue 7', 'green 3', 'red 40?'], []],
  ])('on %s prices are %j, and only the archive may know %j', async (at, known, archivedSkus) => {
    expect(await pricesAt(at)).toEqual({ known, archivedSkus, archived });
  });

  it('history begins with what stayed, and says that there may be more before it', async () => {
    expect(await stretches()).toEqual({ told: ['… 40', '50'], archived });
    expect(await stretches('sku=green')).toEqual({ told: ['3'], archived });
  });

  it('a month that was restored is told again, and what reaches into one that was not is said to be incomplete', async () => {
    await restoreMonth(world, '2024-05');
    const restored = { before, restored: ['2024-05'] };
    expect(await stretches()).toEqual({ told: ['… 20', '… 30', '40', '50'], archived: restored });
    expect(await pricesAt('2024-05-15')).toEqual({
      known: ['blue 7', 'red 30'],
      archivedSkus: [],
      archived: restored,
    });
    expect((await pricesAt('2024-04-15')).archivedSkus).toEqual(['red']);
    await restoreMonth(world, '2024-04');
    expect((await stretches()).told).toEqual(['10', '20', '30', '40', '50']);
    expect((await pricesAt('2024-04-15')).known).toEqual(['blue 7', 'red 20']);
  });
});
