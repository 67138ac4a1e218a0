import {
  CreateBucketCommand,
  DeleteBucketCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { s3Target, type TestBucket } from './s3-target.ts';
import { errorOf } from './sqs-target.ts';

const target = s3Target();

async function bucketWith(keys: string[]): Promise<TestBucket> {
  const bucket = await target.bucket();
  for (const key of keys) await bucket.put(key, key);
  return bucket;
}

const list = (bucket: TestBucket, more: Partial<ListObjectsV2CommandInput> = {}) =>
  target.client.send(new ListObjectsV2Command({ Bucket: bucket.name, ...more }));

/** Every page: what it held, keys and common prefixes together. */
async function pages(bucket: TestBucket, more: Partial<ListObjectsV2CommandInput>): Promise<string[][]> {
  const found: string[][] = [];
  let token: string | undefined;
  do {
    const page = await list(bucket, { ...more, ...(token !== undefined && { ContinuationToken: token }) });
    found.push([
      ...(page.Contents ?? []).map(({ Key }) => Key ?? ''),
      ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix ?? ''),
    ]);
    expect(page.KeyCount).toBe(found.at(-1)?.length);
    token = page.NextContinuationToken;
    expect(page.IsTruncated).toBe(token !== undefined);
  } while (token !== undefined);
  return found;
}

describe('S3 ListObjectsV2', () => {
  it('lists keys in the order of their UTF-8 bytes, with size, ETag and time', async () => {
    const bucket = await bucketWith(['b', 'a/2', 'a/1', 'B', 'ü', '\uffee', '🧮', 'a-']);
    const { Contents = [], IsTruncated } = await list(bucket);
    expect(Contents.map(({ Key }) => Key)).toEqual(['B', 'a-', 'a/1', 'a/2', 'b', 'ü', '\uffee', '🧮']);
    expect(Contents[1]).toMatchObject({
      Size: 2,
      StorageClass: 'STANDARD',
      ETag: expect.stringMatching(/^"\w{32}"$/),
    });
    expect(Contents[1]?.LastModified).toBeInstanceOf(Date);
    expect(IsTruncated).toBe(false);
  });

  it('filters by prefix and starts after a key', async () => {
    const bucket = await bucketWith(['a/1', 'a/2', 'a/3', 'b/1']);
    expect(await pages(bucket, { Prefix: 'a/' })).toEqual([['a/1', 'a/2', 'a/3']]);
    expect(await pages(bucket, { Prefix: 'a/', StartAfter: 'a/2' })).toEqual([['a/3']]);
    expect(await pages(bucket, { StartAfter: 'a/2' })).toEqual([['a/3', 'b/1']]);
    const none = await list(bucket, { Prefix: 'c' });
    expect(none).toMatchObject({ KeyCount: 0, IsTruncated: false });
    expect(none.Contents).toBeUndefined();
  });

  it('rolls keys up to common prefixes', async () => {
    const bucket = await bucketWith(['a/1', 'a/2', 'a/b/1', 'c', 'd/1']);
    const top = await list(bucket, { Delimiter: '/' });
    expect(top.Contents?.map(({ Key }) => Key)).toEqual(['c']);
    expect(top.CommonPrefixes).toEqual([{ Prefix: 'a/' }, { Prefix: 'd/' }]);
    expect(top.KeyCount).toBe(3);
    const inner = await list(bucket, { Delimiter: '/', Prefix: 'a/' });
    expect(inner.Contents?.map(({ Key }) => Key)).toEqual(['a/1', 'a/2']);
    expect(inner.CommonPrefixes).toEqual([{ Prefix: 'a/b/' }]);
  });

  it('pages through keys and prefixes without repeating or leaving out any', async () => {
    const keys = Array.from({ length: 7 }, (_, index) => `k${index}`);
    const bucket = await bucketWith([...keys, 'p/1', 'p/2', 'q/1', 'r']);
    expect(await pages(bucket, { MaxKeys: 3 })).toEqual([
      ['k0', 'k1', 'k2'],
      ['k3', 'k4', 'k5'],
      ['k6', 'p/1', 'p/2'],
      ['q/1', 'r'],
    ]);
    expect((await pages(bucket, { MaxKeys: 2, Delimiter: '/' })).map((page) => page.sort())).toEqual([
      ['k0', 'k1'],
      ['k2', 'k3'],
      ['k4', 'k5'],
      ['k6', 'p/'],
      ['q/', 'r'],
    ]);
  });

  it('goes on where it was when keys come and go between pages', async () => {
    const bucket = await bucketWith(['a', 'c', 'e']);
    const first = await list(bucket, { MaxKeys: 2 });
    await bucket.put('b', 'too late');
    await bucket.put('d', 'in time');
    const second = await list(bucket, { ContinuationToken: first.NextContinuationToken ?? '' });
    expect(second.Contents?.map(({ Key }) => Key)).toEqual(['d', 'e']);
  });

  it('encodes keys on request, for what XML cannot hold', async () => {
    const bucket = await bucketWith(['a b/ü']);
    const { Contents } = await list(bucket, { EncodingType: 'url' });
    expect(Contents?.[0]?.Key).toMatch(/^a(%20|\+)b\/%C3%BC$/);
  });
});

describe('S3 buckets', () => {
  it('lists and finds buckets', async () => {
    const bucket = await target.bucket();
    const { Buckets } = await target.client.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toContain(bucket.name);
    await target.client.send(new HeadBucketCommand({ Bucket: bucket.name }));
    const absent = new HeadBucketCommand({ Bucket: `${bucket.name}-not` });
    expect(await errorOf(target.client.send(absent))).toMatchObject({ name: 'NotFound', status: 404 });
  });

  it('refuses a name twice, and names that are none', async () => {
    const bucket = await target.bucket();
    const create = (Bucket: string) => errorOf(target.client.send(new CreateBucketCommand({ Bucket })));
    expect(await create(bucket.name)).toMatchObject({ name: 'BucketAlreadyOwnedByYou', status: 409 });
    for (const name of ['ab', 'Upper-case', 'under_score']) {
      expect(await create(name)).toMatchObject({ name: 'InvalidBucketName', status: 400 });
    }
  });

  it('deletes only an empty bucket', async () => {
    const bucket = await bucketWith(['k']);
    const remove = new DeleteBucketCommand({ Bucket: bucket.name });
    expect(await errorOf(target.client.send(remove))).toMatchObject({ name: 'BucketNotEmpty', status: 409 });
  });
});
