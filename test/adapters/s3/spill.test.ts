import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { S3Spill, S3SpilledObjects, S3SpillLook } from '../../../functions/adapters/s3/spill.ts';
import { type S3Server, startS3 } from '../../../local/aws/s3/server.ts';

const place = { region: 'eu-central-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
const folder = mkdtempSync(join(tmpdir(), 'narx-spill-'));
let server: S3Server;
let client: S3Client;
beforeAll(async () => {
  server = await startS3({ dataDir: folder, region: place.region });
  client = new S3Client({ ...place, endpoint: server.url, forcePathStyle: true, maxAttempts: 1 });
  await client.send(new CreateBucketCommand({ Bucket: 'spill' }));
});
afterAll(async () => {
  client.destroy();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

test('what waits in a storage domain’s spill is seen from the put to the removal, for its marketplaces only', async () => {
  const domains = { uzum: 'ecommerce', olx: 'ecommerce', uzex: 'procurement' };
  const look = new S3SpillLook(client, 'spill', domains);
  const waiting = () => Promise.all(Object.keys(domains).map((marketplace) => look.waits(marketplace)));
  expect(await waiting()).toEqual([false, false, false]);
  const spill = new S3Spill(client, 'spill', 'ecommerce');
  const at = new Date('2031-02-03T04:05:06.007Z');
  const keys = [at, at].map(() => spill.put({ at, detail: 'throttled', messages: [] }, 5_000));
  const spilled = new S3SpilledObjects(client, 'spill');
  for (const key of await Promise.all(keys)) {
    expect(await waiting()).toEqual([true, true, false]);
    await spilled.remove(key);
  }
  expect(await waiting()).toEqual([false, false, false]);
});

test('a marketplace of no storage domain, or a bucket that cannot be listed, is an error and not an empty spill', async () => {
  await expect(new S3SpillLook(client, 'spill', {}).waits('uzum')).rejects.toThrow(/uzum/);
  const nowhere = new S3SpillLook(client, 'nowhere', { uzum: 'ecommerce' });
  await expect(nowhere.waits('uzum')).rejects.toThrow(/bucket/i);
});
