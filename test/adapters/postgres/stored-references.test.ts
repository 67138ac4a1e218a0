import { afterAll, beforeAll, expect, it } from 'vitest';
import { PostgresStoredReferences } from '../../../functions/adapters/postgres/stored-references.ts';
import type { TestPostgres } from '../../../local/postgres/for-tests.ts';
import { databaseFor, startRetailPostgres } from './retail-database.ts';
import { storeUnderTest } from './store-under-test.ts';
import { gone, message, offer, snapshot, snapshots } from './visits.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startRetailPostgres();
});
afterAll(async () => await server.stop());

it('says of each reference, in order, when it was seen and missed; of unknown ones nothing', async () => {
  const address = await server.createDatabase();
  const [storing, auditing] = [databaseFor(address, 'narx_store'), databaseFor(address, 'narx_audit')];
  const { store } = storeUnderTest(storing);
  const seen = '2026-09-14T10:00:00.000Z';
  await store.store([
    snapshots(snapshot('1', seen, [offer('11', '5')]), snapshot('a"b, {c}', seen, [])),
    message([], { discovered: [{ kind: 'listing', externalId: '1' }] }),
  ]);
  await store.store([message([gone(0, '1', '2026-09-14T11:00:00.000Z')])]);
  const filler = Array.from({ length: 2_500 }, (_, i) => ({ kind: 'ad' as const, externalId: String(i) }));
  const stored = new PostgresStoredReferences(auditing);
  const product = (externalId: string) => ({ kind: 'product' as const, externalId });
  const found = await stored.find('uzum', [
    product('1'),
    ...filler,
    product('a"b, {c}'),
    { kind: 'listing', externalId: '1' },
  ]);
  expect(found).toHaveLength(2_503);
  expect(found[0]).toEqual({
    lastSeenAt: new Date(seen),
    missingCheckedAt: new Date('2026-09-14T11:00:00.000Z'),
  });
  expect(found.slice(1, 2_501).every((row) => row === null)).toBe(true);
  expect(found.slice(2_501)).toEqual([
    { lastSeenAt: new Date(seen), missingCheckedAt: null },
    { lastSeenAt: null, missingCheckedAt: null },
  ]);
  expect(await stored.find('olx', [product('1')])).toEqual([null]);
  await Promise.all([storing.close(), auditing.close()]);
});
