import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it, vi } from 'vitest';
import { s3Target, type TestBucket } from './s3-target.ts';
import { errorOf } from './sqs-target.ts';

const target = s3Target();
const head = (bucket: TestBucket, Key: string) =>
  target.client.send(new HeadObjectCommand({ Bucket: bucket.name, Key }));

describe('S3 objects', () => {
  it('gives back the bytes and everything that was said of them', async () => {
    const bucket = await target.bucket();
    const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index % 256);
    const { ETag } = await bucket.put('a/b.bin', bytes, {
      ContentType: 'application/json',
      ContentEncoding: 'gzip',
      CacheControl: 'no-store',
      Metadata: { reason: 'format-changed' },
    });
    const got = await target.client.send(new GetObjectCommand({ Bucket: bucket.name, Key: 'a/b.bin' }));
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(bytes)).toBe(true);
    expect(got).toMatchObject({
      ETag,
      ContentLength: 1000,
      ContentType: 'application/json',
      ContentEncoding: 'gzip',
      CacheControl: 'no-store',
      Metadata: { reason: 'format-changed' },
      AcceptRanges: 'bytes',
      ServerSideEncryption: 'AES256',
    });
    expect(got.VersionId).toBeUndefined();
    const { LastModified } = await head(bucket, 'a/b.bin');
    expect(LastModified).toEqual(got.LastModified);
  });

  it('has the MD5 of the body as ETag', async () => {
    const bucket = await target.bucket();
    expect((await bucket.put('k', 'hello')).ETag).toBe('"5d41402abc4b2a76b9719d911017c592"');
  });

  it.each([
    'plain',
    'with space+plus&amp;<tag>',
    'ўзбекча/日本語/🧮',
    '../dots/./and//slashes/',
    'quote\'"%25',
    'a?b=c#d',
  ])('takes the key %s as it is', async (key) => {
    const bucket = await target.bucket();
    await bucket.put(key, key);
    expect(await bucket.text(key)).toBe(key);
  });

  it('stores an empty object, and a stream', async () => {
    const bucket = await target.bucket();
    // The SDK warns of an unknown length, because it leaves that of an empty body to Node.
    vi.spyOn(console, 'warn').mockReturnValue(undefined);
    await bucket.put('empty', '');
    expect(await bucket.text('empty')).toBe('');
    expect((await head(bucket, 'empty')).ContentLength).toBe(0);
    const pieces = Array.from({ length: 50 }, (_, index) => Buffer.alloc(10_000, index));
    await bucket.put('stream', Readable.from(pieces), { ContentLength: 500_000 });
    const { Body, ContentEncoding } = await target.client.send(
      new GetObjectCommand({ Bucket: bucket.name, Key: 'stream' }),
    );
    expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(Buffer.concat(pieces))).toBe(true);
    expect(ContentEncoding).toBeUndefined();
  });

  it('overwrites', async () => {
    const bucket = await target.bucket();
    await bucket.put('k', 'one');
    await bucket.put('k', 'two');
    expect(await bucket.text('k')).toBe('two');
  });

  it('says which thing does not exist', async () => {
    const bucket = await target.bucket();
    expect(await errorOf(bucket.text('absent'))).toMatchObject({ name: 'NoSuchKey', status: 404 });
    expect(await errorOf(head(bucket, 'absent'))).toMatchObject({ name: 'NotFound', status: 404 });
    const elsewhere = new GetObjectCommand({ Bucket: `${bucket.name}-not`, Key: 'k' });
    expect(await errorOf(target.client.send(elsewhere))).toMatchObject({ name: 'NoSuchBucket', status: 404 });
    const put = new PutObjectCommand({ Bucket: `${bucket.name}-not`, Key: 'k', Body: 'x' });
    expect(await errorOf(target.client.send(put))).toMatchObject({ name: 'NoSuchBucket', status: 404 });
    expect(await errorOf(bucket.put('k'.repeat(1025), 'x'))).toMatchObject({
      name: 'KeyTooLongError',
      status: 400,
    });
  });

  it.each([
    ['bytes=0-3', '0123', 'bytes 0-3/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-2', '89', 'bytes 8-9/10'],
    ['bytes=8-99', '89', 'bytes 8-9/10'],
  ])('reads the range %s', async (Range, text, ContentRange) => {
    const bucket = await target.bucket();
    await bucket.put('k', '0123456789');
    const got = await target.client.send(new GetObjectCommand({ Bucket: bucket.name, Key: 'k', Range }));
    expect(got).toMatchObject({ ContentRange, ContentLength: text.length });
    expect(got.$metadata.httpStatusCode).toBe(206);
    expect(await got.Body?.transformToString()).toBe(text);
  });

  it('refuses a range beyond the end', async () => {
    const bucket = await target.bucket();
    await bucket.put('k', '0123456789');
    expect(await errorOf(bucket.text('k', { Range: 'bytes=10-' }))).toMatchObject({
      name: 'InvalidRange',
      status: 416,
    });
  });

  it('overrides response headers on request', async () => {
    const bucket = await target.bucket();
    await bucket.put('k', 'x');
    const got = await target.client.send(
      new GetObjectCommand({ Bucket: bucket.name, Key: 'k', ResponseContentType: 'text/csv' }),
    );
    expect(got.ContentType).toBe('text/csv');
  });

  it('deletes, and deleting again is no error', async () => {
    const bucket = await target.bucket();
    await bucket.put('k', 'x');
    const remove = () => target.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: 'k' }));
    await remove();
    await remove();
    expect(await errorOf(bucket.text('k'))).toMatchObject({ name: 'NoSuchKey' });
  });

  it('deletes many, and reports each or, quietly, none', async () => {
    const bucket = await target.bucket();
    const keys = ['a', 'b&<>', 'c/ü'];
    for (const key of keys) await bucket.put(key, key);
    const remove = (Quiet: boolean) =>
      target.client.send(
        new DeleteObjectsCommand({
          Bucket: bucket.name,
          Delete: { Quiet, Objects: keys.map((Key) => ({ Key })) },
        }),
      );
    expect((await remove(false)).Deleted?.map(({ Key }) => Key)).toEqual(keys);
    expect((await remove(true)).Deleted).toBeUndefined();
    expect(await errorOf(bucket.text('b&<>'))).toMatchObject({ name: 'NoSuchKey' });
  });

  it('copies with the metadata of the source, or with new metadata', async () => {
    const bucket = await target.bucket();
    await bucket.put('from/ü k', 'body', { Metadata: { a: '1' }, ContentType: 'text/csv' });
    const copy = (Key: string, more = {}) =>
      target.client.send(
        new CopyObjectCommand({
          Bucket: bucket.name,
          Key,
          CopySource: `${bucket.name}/${encodeURIComponent('from/ü k')}`,
          ...more,
        }),
      );
    const { CopyObjectResult } = await copy('same');
    expect(CopyObjectResult?.ETag).toBe((await head(bucket, 'from/ü k')).ETag);
    expect(await head(bucket, 'same')).toMatchObject({ Metadata: { a: '1' }, ContentType: 'text/csv' });
    await copy('new', { MetadataDirective: 'REPLACE', Metadata: { b: '2' }, ContentType: 'text/plain' });
    expect(await head(bucket, 'new')).toMatchObject({ Metadata: { b: '2' }, ContentType: 'text/plain' });
    await target.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: 'from/ü k' }));
    expect(await bucket.text('same')).toBe('body');
    expect(await errorOf(copy('other'))).toMatchObject({ name: 'NoSuchKey' });
  });

  it('refuses to copy an object onto itself unchanged', async () => {
    const bucket = await target.bucket();
    await bucket.put('k', 'x');
    const copy = new CopyObjectCommand({ Bucket: bucket.name, Key: 'k', CopySource: `${bucket.name}/k` });
    expect(await errorOf(target.client.send(copy))).toMatchObject({ name: 'InvalidRequest', status: 400 });
  });

  it('keeps tags apart from the body', async () => {
    const bucket = await target.bucket();
    await bucket.put('k', 'the body', { Tagging: 'a=1&b=two%20words' });
    const tags = async () =>
      (await target.client.send(new GetObjectTaggingCommand({ Bucket: bucket.name, Key: 'k' }))).TagSet;
    expect(await tags()).toEqual([
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: 'two words' },
    ]);
    await target.client.send(
      new PutObjectTaggingCommand({
        Bucket: bucket.name,
        Key: 'k',
        Tagging: { TagSet: [{ Key: 'tier', Value: 'cold & old' }] },
      }),
    );
    expect(await tags()).toEqual([{ Key: 'tier', Value: 'cold & old' }]);
    expect(await bucket.text('k')).toBe('the body');
    expect((await target.client.send(new GetObjectCommand({ Bucket: bucket.name, Key: 'k' }))).TagCount).toBe(
      1,
    );
  });

  it('refuses metadata of more than 2 KB', async () => {
    const bucket = await target.bucket();
    const error = await errorOf(bucket.put('k', 'x', { Metadata: { a: 'x'.repeat(2048) } }));
    expect(error).toMatchObject({ name: 'MetadataTooLarge', status: 400 });
  });
});
