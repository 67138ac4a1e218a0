import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PostgresAudit } from '../../../functions/adapters/postgres/audit.ts';
import type { TestPostgres } from '../../../local/postgres/for-tests.ts';
import { databaseFor, now, startRetailPostgres, withClient } from './retail-database.ts';
import { storeUnderTest } from './store-under-test.ts';
import { gone, message, offer, snapshot, snapshots } from './visits.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startRetailPostgres();
});
afterAll(async () => await server.stop());

describe('the audit of the data', () => {
  it('counts the connections of everybody against what the server allows', async () => {
    const address = await server.createDatabase();
    const [one, another] = [databaseFor(address, 'narx_audit'), databaseFor(address, 'narx_store')];
    const audit = new PostgresAudit(one);
    const alone = await audit.connectionsUsedPercent();
    await another.rows('select 1', []);
    await vi.waitFor(async () => expect(await audit.connectionsUsedPercent()).toBeGreaterThan(alone));
    expect(alone).toBeGreaterThan(0);
    await Promise.all([one.close(), another.close()]);
  });

  it('measures freshness from what was seen, without gone products and without what was never seen', async () => {
    const address = await server.createDatabase();
    const [storing, auditing] = [databaseFor(address, 'narx_store'), databaseFor(address, 'narx_audit')];
    const { store } = storeUnderTest(storing);
    await store.store([
      snapshots(
        snapshot('gone', '2026-09-01T00:00:00.000Z', []),
        snapshot('old', '2026-09-13T10:00:00.000Z', []),
        snapshot('new', '2026-09-14T11:59:00.000Z', []),
      ),
      message([], { discovered: [{ kind: 'product', externalId: 'unseen' }] }),
    ]);
    for (const hour of ['01', '02', '03'])
      await store.store([message([gone(0, 'gone', `2026-09-14T${hour}:00:00.000Z`)])]);
    const audit = new PostgresAudit(auditing);
    expect(await audit.freshness(['uzum', 'olx'], now)).toEqual(
      new Map([
        [
          'uzum',
          {
            newestObservationAgeSeconds: 60,
            oldestConfirmationAgeSeconds: 26 * 3600,
            p95ConfirmationAgeSeconds: 26 * 3600,
            confirmedLastDay: 1,
          },
        ],
      ]),
    );
    await Promise.all([storing.close(), auditing.close()]);
  });

  it('counts no duplicates in what the store wrote, and each one that something else did', async () => {
    const address = await server.createDatabase();
    const [storing, auditing] = [databaseFor(address, 'narx_store'), databaseFor(address, 'narx_audit')];
    const { store } = storeUnderTest(storing);
    for (const [hour, price] of [
      ['08', '1'],
      ['09', '2'],
      ['10', '1'],
    ] as const)
      await store.store([
        snapshots(snapshot('1', `2026-09-14T${hour}:00:00.000Z`, [offer('11', price), offer('12', '5')])),
      ]);
    const audit = new PostgresAudit(auditing);
    // Of three points the first follows none, and the other SKU kept its price.
    expect(await audit.priceChangesLastDay(now)).toEqual(new Map([['uzum', 2]]));
    expect(await audit.priceChangesLastDay(new Date('2026-09-15T09:30:00.000Z'))).toEqual(
      new Map([['uzum', 1]]),
    );
    expect(await audit.duplicateRows(now)).toBe(0);
    await withClient(address, async (client) => {
      await client.query("update price_point set price = 2 where first_observed_at = '2026-09-14T10:00:00Z'");
      await client.query('alter table sku drop constraint sku_product_id_external_id_key');
      await client.query(
        `insert into sku (product_id, external_id, point_started_at, listed, availability, currency)
         select product_id, external_id, point_started_at, false, 'u', 'UZS' from sku where external_id = '12'`,
      );
      await client.query("update sku set product_id = 999 where external_id = '11'");
    });
    expect(await audit.duplicateRows(now)).toBe(3);
    await Promise.all([storing.close(), auditing.close()]);
  });
});
