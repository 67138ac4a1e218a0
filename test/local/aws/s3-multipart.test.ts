import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { s3Target, type TestBucket } from './s3-target.ts';
import { errorOf } from './sqs-target.ts';

const target = s3Target();
const minimum = 5 * 1024 * 1024;
const big = Buffer.alloc(minimum, 'a');
const small = Buffer.from('the end');

async function start(bucket: TestBucket, more: Partial<CreateMultipartUploadCommandInput> = {}) {
  const at = { Bucket: bucket.name, Key: 'k' };
  const { UploadId } = await target.client.send(new CreateMultipartUploadCommand({ ...at, ...more }));
  return {
    part: async (PartNumber: number, Body: Buffer) => {
      const sent = await target.client.send(new UploadPartCommand({ ...at, UploadId, PartNumber, Body }));
      return { PartNumber, ETag: sent.ETag, ChecksumCRC32: sent.ChecksumCRC32 };
    },
    complete: (
      Parts: { PartNumber: number; ETag: string | undefined }[],
      completion: Partial<CompleteMultipartUploadCommandInput> = {},
    ) =>
      target.client.send(
        new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts }, ...completion }),
      ),
    abort: () => target.client.send(new AbortMultipartUploadCommand({ ...at, UploadId })),
    parts: () => target.client.send(new ListPartsCommand({ ...at, UploadId })),
  };
}

describe('S3 multipart uploads', () => {
  it('joins the parts in order of their numbers, with what was said at the start', async () => {
    const bucket = await target.bucket();
    const upload = await start(bucket, {
      ContentType: 'text/csv',
      Metadata: { a: '1' },
      Tagging: 'tier=cold',
    });
    const second = await upload.part(2, small);
    const first = await upload.part(1, big);
    expect(await errorOf(bucket.text('k'))).toMatchObject({ name: 'NoSuchKey' });
    const { ETag } = await upload.complete([first, second]);
    const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest();
    expect(ETag).toBe(`"${md5(Buffer.concat([md5(big), md5(small)])).toString('hex')}-2"`);
    const got = await target.client.send(new GetObjectCommand({ Bucket: bucket.name, Key: 'k' }));
    expect(got).toMatchObject({ ETag, ContentType: 'text/csv', Metadata: { a: '1' }, TagCount: 1 });
    const body = Buffer.from((await got.Body?.transformToByteArray()) ?? []);
    expect(body.equals(Buffer.concat([big, small]))).toBe(true);
  });

  it('takes the last upload of a part, and only the parts that are named', async () => {
    const bucket = await target.bucket();
    const upload = await start(bucket);
    await upload.part(1, Buffer.from('replaced'));
    const part = await upload.part(1, small);
    await upload.part(2, big);
    const { Parts } = await upload.parts();
    expect(Parts?.map(({ PartNumber, Size, ETag }) => [PartNumber, Size, ETag])).toEqual([
      [1, small.length, part.ETag],
      [2, big.length, expect.any(String)],
    ]);
    await upload.complete([part]);
    expect(await bucket.text('k')).toBe('the end');
  });

  it('refuses parts that are too small, unknown, altered or out of order', async () => {
    const bucket = await target.bucket();
    const upload = await start(bucket);
    const [first, second] = [await upload.part(1, small), await upload.part(2, small)];
    for (const [parts, name] of [
      [[first, second], 'EntityTooSmall'],
      [[second, first], 'InvalidPartOrder'],
      [[{ ...first, PartNumber: 3 }], 'InvalidPart'],
      [[{ ...first, ETag: '"00000000000000000000000000000000"' }], 'InvalidPart'],
    ] as const) {
      expect(await errorOf(upload.complete([...parts]))).toMatchObject({ name, status: 400 });
    }
    await upload.complete([first]);
  });

  it('honours conditions at completion', async () => {
    const bucket = await target.bucket();
    const upload = await start(bucket);
    const part = await upload.part(1, small);
    const { ETag = '' } = await bucket.put('k', 'somebody was faster');
    expect(await errorOf(upload.complete([part], { IfNoneMatch: '*' }))).toMatchObject({
      name: 'PreconditionFailed',
      status: 412,
    });
    await upload.complete([part], { IfMatch: ETag });
    expect(await bucket.text('k')).toBe('the end');
  });

  it('forgets an upload that was aborted or completed', async () => {
    const bucket = await target.bucket();
    const aborted = await start(bucket);
    const part = await aborted.part(1, small);
    await aborted.abort();
    expect(await errorOf(aborted.complete([part]))).toMatchObject({ name: 'NoSuchUpload', status: 404 });
    expect(await errorOf(aborted.part(2, small))).toMatchObject({ name: 'NoSuchUpload' });
    const completed = await start(bucket);
    await completed.complete([await completed.part(1, small)]);
    expect(await errorOf(completed.parts())).toMatchObject({ name: 'NoSuchUpload' });
  });

  it('has a checksum of the whole object, or one composed of those of the parts', async () => {
    const bucket = await target.bucket();
    const base64 = (...crcs: number[]) => {
      const bytes = Buffer.alloc(4 * crcs.length);
      for (const [index, crc] of crcs.entries()) bytes.writeUInt32BE(crc, 4 * index);
      return bytes;
    };
    const composed = `${base64(crc32(base64(crc32(big), crc32(small)))).toString('base64')}-2`;
    const whole = base64(crc32(Buffer.concat([big, small]))).toString('base64');
    for (const [ChecksumType, checksum] of [
      ['COMPOSITE', composed],
      ['FULL_OBJECT', whole],
    ] as const) {
      const upload = await start(bucket, { ChecksumAlgorithm: 'CRC32', ChecksumType });
      const parts = [await upload.part(1, big), await upload.part(2, small)];
      if (ChecksumType === 'FULL_OBJECT') {
        const wrong = { ChecksumCRC32: base64(1).toString('base64'), ChecksumType };
        expect(await errorOf(upload.complete(parts, wrong))).toMatchObject({
          name: 'BadDigest',
          status: 400,
        });
      }
      await upload.complete(
        parts,
        ChecksumType === 'FULL_OBJECT' ? { ChecksumCRC32: whole, ChecksumType } : {},
      );
      const head = new HeadObjectCommand({ Bucket: bucket.name, Key: 'k', ChecksumMode: 'ENABLED' });
      expect(await target.client.send(head)).toMatchObject({ ChecksumCRC32: checksum, ChecksumType });
    }
  });
});
