import {
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  PutBucketVersioningCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { s3Target, type TestBucket } from './s3-target.ts';
import { errorOf } from './sqs-target.ts';

const target = s3Target();

const setVersioning = (bucket: TestBucket, Status: 'Enabled' | 'Suspended') =>
  target.client.send(
    new PutBucketVersioningCommand({ Bucket: bucket.name, VersioningConfiguration: { Status } }),
  );

async function versionedBucket(): Promise<TestBucket> {
  const bucket = await target.bucket();
  await setVersioning(bucket, 'Enabled');
  return bucket;
}

const versions = (bucket: TestBucket, more: Partial<ListObjectVersionsCommandInput> = {}) =>
  target.client.send(new ListObjectVersionsCommand({ Bucket: bucket.name, ...more }));
const remove = (bucket: TestBucket, Key: string, VersionId?: string) =>
  target.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key, ...(VersionId && { VersionId }) }));

describe('S3 versioning', () => {
  it('is off until it is turned on', async () => {
    const bucket = await target.bucket();
    const status = async () =>
      (await target.client.send(new GetBucketVersioningCommand({ Bucket: bucket.name }))).Status;
    expect(await status()).toBeUndefined();
    await setVersioning(bucket, 'Enabled');
    expect(await status()).toBe('Enabled');
    await setVersioning(bucket, 'Suspended');
    expect(await status()).toBe('Suspended');
  });

  it('keeps every version, and reads the newest unless told otherwise', async () => {
    const bucket = await versionedBucket();
    const first = await bucket.put('k', 'one');
    const second = await bucket.put('k', 'two');
    expect(first.VersionId).not.toBe(second.VersionId);
    expect(await bucket.text('k')).toBe('two');
    expect(await bucket.text('k', { VersionId: first.VersionId })).toBe('one');
    const { Versions } = await versions(bucket);
    expect(Versions?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest])).toEqual([
      [second.VersionId, true],
      [first.VersionId, false],
    ]);
  });

  it('deletes by a marker, which can be deleted in turn', async () => {
    const bucket = await versionedBucket();
    await bucket.put('k', 'one');
    const deleted = await remove(bucket, 'k');
    expect(deleted).toMatchObject({ DeleteMarker: true, VersionId: expect.any(String) });
    expect(await errorOf(bucket.text('k'))).toMatchObject({ name: 'NoSuchKey', status: 404 });
    const { Contents } = await target.client.send(new ListObjectsV2Command({ Bucket: bucket.name }));
    expect(Contents).toBeUndefined();
    const listed = await versions(bucket);
    expect(listed.Versions).toHaveLength(1);
    expect(listed.DeleteMarkers).toMatchObject([{ VersionId: deleted.VersionId, IsLatest: true }]);
    const marker = new GetObjectCommand({ Bucket: bucket.name, Key: 'k', VersionId: deleted.VersionId });
    expect(await errorOf(target.client.send(marker))).toMatchObject({
      name: 'MethodNotAllowed',
      status: 405,
    });
    await remove(bucket, 'k', deleted.VersionId);
    expect(await bucket.text('k')).toBe('one');
  });

  it('deletes one version for good', async () => {
    const bucket = await versionedBucket();
    await bucket.put('k', 'one');
    const second = await bucket.put('k', 'two');
    await remove(bucket, 'k', second.VersionId);
    expect(await bucket.text('k')).toBe('one');
    const gone = bucket.text('k', { VersionId: second.VersionId });
    expect(await errorOf(gone)).toMatchObject({ name: 'NoSuchVersion', status: 404 });
  });

  it('takes a delete marker for nothing in If-None-Match: *', async () => {
    const bucket = await versionedBucket();
    await bucket.put('k', 'one');
    await remove(bucket, 'k');
    await bucket.put('k', 'two', { IfNoneMatch: '*' });
    expect(await bucket.text('k')).toBe('two');
  });

  it('keeps what is older as version null, and replaces only that while suspended', async () => {
    const bucket = await target.bucket();
    await bucket.put('k', 'before');
    await setVersioning(bucket, 'Enabled');
    const { VersionId } = await bucket.put('k', 'enabled');
    expect(await bucket.text('k', { VersionId: 'null' })).toBe('before');
    await setVersioning(bucket, 'Suspended');
    await bucket.put('k', 'suspended');
    expect(await bucket.text('k', { VersionId: 'null' })).toBe('suspended');
    expect(await bucket.text('k', { VersionId })).toBe('enabled');
    expect((await versions(bucket)).Versions).toHaveLength(2);
  });

  it('lists versions in pages, also within one key', async () => {
    const bucket = await versionedBucket();
    for (const key of ['a', 'b', 'b', 'b', 'c']) await bucket.put(key, key);
    const seen: string[] = [];
    let markers: Partial<ListObjectVersionsCommandInput> = {};
    for (;;) {
      const page = await versions(bucket, { MaxKeys: 2, ...markers });
      seen.push(...(page.Versions ?? []).map(({ Key, VersionId }) => `${Key} ${VersionId}`));
      if (page.IsTruncated !== true) break;
      markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    }
    expect(seen.map((text) => text.split(' ')[0])).toEqual(['a', 'b', 'b', 'b', 'c']);
    expect(new Set(seen).size).toBe(5);
    expect((await versions(bucket, { Prefix: 'b' })).Versions).toHaveLength(3);
  });
});
