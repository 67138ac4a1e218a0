import { CopyObjectCommand, DeleteObjectCommand, GetObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { s3Target } from './s3-target.ts';
import { errorOf } from './sqs-target.ts';

const target = s3Target();
const failed = { name: 'PreconditionFailed', status: 412 };

describe('S3 conditional writes', () => {
  it('writes with If-None-Match: * only where there is nothing', async () => {
    const bucket = await target.bucket();
    await bucket.put('k', 'first', { IfNoneMatch: '*' });
    expect(await errorOf(bucket.put('k', 'second', { IfNoneMatch: '*' }))).toMatchObject(failed);
    expect(await bucket.text('k')).toBe('first');
    await target.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: 'k' }));
    await bucket.put('k', 'third', { IfNoneMatch: '*' });
    expect(await bucket.text('k')).toBe('third');
  });

  it('lets exactly one of many concurrent writers win', async () => {
    const bucket = await target.bucket();
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => bucket.put('k', `writer ${index}`, { IfNoneMatch: '*' })),
    );
    const winners = results.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []));
    expect(winners).toHaveLength(1);
    expect(await bucket.text('k')).toBe(`writer ${winners[0]}`);
  });

  it('writes with If-Match only over that very object', async () => {
    const bucket = await target.bucket();
    const { ETag = '' } = await bucket.put('k', 'first');
    expect(
      await errorOf(bucket.put('k', 'x', { IfMatch: '"00000000000000000000000000000000"' })),
    ).toMatchObject(failed);
    await bucket.put('k', 'second', { IfMatch: ETag });
    expect(await errorOf(bucket.put('k', 'third', { IfMatch: ETag }))).toMatchObject(failed);
    expect(await bucket.text('k')).toBe('second');
  });

  it('answers NoSuchKey to If-Match where there is nothing', async () => {
    const bucket = await target.bucket();
    expect(
      await errorOf(bucket.put('k', 'x', { IfMatch: '"00000000000000000000000000000000"' })),
    ).toMatchObject({
      name: 'NoSuchKey',
      status: 404,
    });
  });

  it('lets exactly one of many concurrent updates of one state win', async () => {
    const bucket = await target.bucket();
    const { ETag = '' } = await bucket.put('k', 'first');
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => bucket.put('k', `writer ${index}`, { IfMatch: ETag })),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

describe('S3 conditional reads', () => {
  it('answers 304 to If-None-Match of the same object', async () => {
    const bucket = await target.bucket();
    const { ETag = '' } = await bucket.put('k', 'x');
    expect((await errorOf(bucket.text('k', { IfNoneMatch: ETag }))).status).toBe(304);
    expect(await bucket.text('k', { IfNoneMatch: '"other"' })).toBe('x');
  });

  it('answers 412 to If-Match of another object', async () => {
    const bucket = await target.bucket();
    const { ETag = '' } = await bucket.put('k', 'x');
    expect(await bucket.text('k', { IfMatch: ETag })).toBe('x');
    expect(await errorOf(bucket.text('k', { IfMatch: '"other"' }))).toMatchObject(failed);
  });

  it('compares times by the second', async () => {
    const bucket = await target.bucket();
    await bucket.put('k', 'x');
    const { LastModified = new Date(0) } = await target.client.send(
      new GetObjectCommand({ Bucket: bucket.name, Key: 'k' }),
    );
    const before = new Date(LastModified.getTime() - 1000);
    expect((await errorOf(bucket.text('k', { IfModifiedSince: LastModified }))).status).toBe(304);
    expect(await bucket.text('k', { IfModifiedSince: before })).toBe('x');
    expect(await bucket.text('k', { IfUnmodifiedSince: LastModified })).toBe('x');
    expect(await errorOf(bucket.text('k', { IfUnmodifiedSince: before }))).toMatchObject(failed);
  });

  it('copies only what it was told to expect', async () => {
    const bucket = await target.bucket();
    const { ETag = '' } = await bucket.put('from', 'x');
    const copy = (CopySourceIfMatch: string) =>
      target.client.send(
        new CopyObjectCommand({
          Bucket: bucket.name,
          Key: 'to',
          CopySource: `${bucket.name}/from`,
          CopySourceIfMatch,
        }),
      );
    expect(await errorOf(copy('"other"'))).toMatchObject(failed);
    await copy(ETag);
    expect(await bucket.text('to')).toBe('x');
  });
});
