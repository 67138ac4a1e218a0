import { gunzipSync } from 'node:zlib';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { S3RawPages } from '../../../functions/adapters/s3/raw-pages.ts';
import type { Page } from '../../../functions/core/marketplace.ts';

const s3 = mockClient(S3Client);
afterAll(() => s3.restore());
beforeEach(() => {
  s3.reset();
  s3.on(PutObjectCommand).resolves({});
});
const raw = new S3RawPages(new S3Client({ region: 'eu-central-1' }), 'bucket');
const page: Page = {
  url: 'https://xarid-api-auction.uzex.uz/Common/GetCompletedDealProducts/400123',
  status: 200,
  headers: { 'set-cookie': 'session=secret' },
  body: Buffer.from('[{"order_num":1,"price":410000.05,"description":"Қоғоз"}]'),
  receivedAt: new Date('2031-02-03T23:59:59.999Z'),
};
const written = () => s3.commandCalls(PutObjectCommand).map(({ args }) => args[0].input);

test('a page is kept byte for byte, compressed, without headers that are nobody else’s business', async () => {
  const key = await raw.put('uzex', page);
  expect(key).toMatch(/^raw\/uzex\/([0-9a-f]{2})\/\1[0-9a-f]{62}\.gz$/);
  expect(written()[0]).toMatchObject({
    Bucket: 'bucket',
    Key: key,
    Metadata: { url: page.url, status: '200' },
  });
  expect(gunzipSync(written()[0]?.Body as Buffer)).toEqual(page.body);
  expect(JSON.stringify(written()[0])).not.toContain('secret');
});

test('the same content is the same object whenever and wherever it came from; other content is another', async () => {
  const first = await raw.put('uzex', page);
  const later = { ...page, url: `${page.url}?again`, receivedAt: new Date('2031-03-01T00:00:00.000Z') };
  expect(await raw.put('uzex', later)).toBe(first);
  expect(written()[1]?.Body).toEqual(written()[0]?.Body);
  expect(await raw.put('uzex', { ...page, body: Buffer.from('[]') })).not.toBe(first);
});

test('an address of any length fits into the metadata', async () => {
  await raw.put('uzex', { ...page, url: `https://uzex.example/?q=${'x'.repeat(5_000)}` });
  expect(written()[0]?.Metadata?.['url']?.length).toBeLessThan(2_000);
});

test('a failure of S3 is the caller’s to handle', async () => {
  s3.on(PutObjectCommand).rejects(new Error('SlowDown'));
  await expect(raw.put('uzex', page)).rejects.toThrow('SlowDown');
});
