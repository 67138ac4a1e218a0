import { gunzipSync } from 'node:zlib';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { S3Quarantine } from '../../../functions/adapters/s3/quarantine.ts';
import type { Reference } from '../../../functions/core/model/reference.ts';

const s3 = mockClient(S3Client);
afterAll(() => s3.restore());
beforeEach(() => {
  s3.reset();
  s3.on(PutObjectCommand).resolves({});
});
const quarantine = new S3Quarantine(new S3Client({ region: 'eu-central-1' }), 'bucket');
const page = {
  url: 'https://api.uzum.uz/api/v2/product/1',
  status: 200,
  headers: { 'content-type': 'application/json', 'set-cookie': 'session=secret', 'x-request-id': '7' },
  body: Buffer.from('{"title":"Чойнак"}'),
  receivedAt: new Date('2031-02-03T23:59:59.999Z'),
};
const reference: Reference = { kind: 'product', externalId: '1' };
const entry = {
  marketplace: 'uzum',
  reference,
  job: { sweepId: 's', jobNumber: 1, index: 0 },
  reason: 'format-changed',
  detail: 'payload: missing',
  page,
};
const written = () => s3.commandCalls(PutObjectCommand).map(({ args }) => args[0].input);
const document = (at = 0) => JSON.parse(gunzipSync(written()[at]?.Body as Buffer).toString());

test('a page is kept whole with what replaying it needs, and without credentials', async () => {
  const key = await quarantine.put(entry);
  expect(key).toMatch(/^quarantine\/uzum\/2031-02-03\/format-changed\/product-1-[0-9a-f]{16}\.json\.gz$/);
  expect(written()[0]).toMatchObject({ Bucket: 'bucket', Key: key });
  expect(document()).toEqual({
    v: 1,
    type: 'page',
    marketplace: 'uzum',
    reference: entry.reference,
    job: entry.job,
    reason: 'format-changed',
    detail: 'payload: missing',
    observedAt: '2031-02-03T23:59:59.999Z',
    url: page.url,
    status: 200,
    headers: { 'content-type': 'application/json', 'x-request-id': '7' },
    body: { encoding: 'utf8', data: '{"title":"Чойнак"}' },
  });
});

test('bytes that are no text survive', async () => {
  const body = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0x00]);
  await quarantine.put({ ...entry, page: { ...page, body } });
  expect(Buffer.from(document().body.data, document().body.encoding)).toEqual(body);
});

test('writing the same page twice overwrites it with itself; another page of the reference is kept beside it', async () => {
  const first = await quarantine.put(entry);
  expect(await quarantine.put(entry)).toBe(first);
  expect(written()[0]?.Body).toEqual(written()[1]?.Body);
  expect(await quarantine.put({ ...entry, page: { ...page, body: Buffer.from('{}') } })).not.toBe(first);
});

test.each([
  ['../../etc/passwd', 'product-.._.._etc_passwd-'],
  ['category/12/0', 'product-category_12_0-'],
  ['x'.repeat(200), `product-${'x'.repeat(80)}-`],
])('an external id cannot lead out of its folder: %s', async (externalId, name) => {
  const key = await quarantine.put({ ...entry, reference: { kind: 'product', externalId } });
  expect(key.startsWith(`quarantine/uzum/2031-02-03/format-changed/${name}`)).toBe(true);
  expect(key.split('/')).toHaveLength(5);
});

test('a row that the database refused is kept with its reason', async () => {
  const at = new Date('2031-02-04T00:00:00.000Z');
  const row = { kind: 'product' as const, externalId: '1' };
  const key = await quarantine.putRow({
    marketplace: 'uzum',
    job: { sweepId: 's', jobNumber: 1 },
    reason: 'refused-by-database',
    detail: 'out of range',
    row,
    at,
  });
  expect(key).toMatch(/^quarantine\/uzum\/2031-02-04\/refused-by-database\/row-[0-9a-f]{16}\.json\.gz$/);
  expect(document()).toMatchObject({
    type: 'row',
    reason: 'refused-by-database',
    detail: 'out of range',
    row,
  });
});

test('a failed write is an error: what was not kept must not be acknowledged', async () => {
  s3.on(PutObjectCommand).rejects(new Error('SlowDown'));
  await expect(quarantine.put(entry)).rejects.toThrow('SlowDown');
});
