import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { ChecksumAlgorithm, GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { newChecksum } from '../../../local/aws/s3/checksums.ts';
import { s3Target } from './s3-target.ts';
import { errorOf } from './sqs-target.ts';

const target = s3Target();
// The check values of the CRC catalogue and of the hash standards, over "123456789".
const known = [
  ['crc32', 'CRC32', 'cbf43926'],
  ['crc32c', 'CRC32C', 'e3069283'],
  ['crc64nvme', 'CRC64NVME', 'ae8b14860a799888'],
  ['sha1', 'SHA1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
  ['sha256', 'SHA256', '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'],
] as const;

describe('S3 checksums', () => {
  it.each(known)('accepts the right %s and refuses a wrong one', async (_algorithm, name, hexadecimal) => {
    const bucket = await target.bucket();
    const right = Buffer.from(hexadecimal, 'hex').toString('base64');
    const wrong = Buffer.from(hexadecimal.replace(/^./, '0'), 'hex').toString('base64');
    const put = (key: string, value: string) => bucket.put(key, '123456789', { [`Checksum${name}`]: value });
    expect(await put('right', right)).toMatchObject({ [`Checksum${name}`]: right });
    expect(await errorOf(put('wrong', wrong))).toMatchObject({ name: 'BadDigest', status: 400 });
    expect(await errorOf(bucket.text('wrong'))).toMatchObject({ name: 'NoSuchKey' });
    expect(await errorOf(put('malformed', 'abc'))).toMatchObject({ name: 'InvalidRequest', status: 400 });
    const head = new HeadObjectCommand({ Bucket: bucket.name, Key: 'right', ChecksumMode: 'ENABLED' });
    expect(await target.client.send(head)).toMatchObject({
      [`Checksum${name}`]: right,
      ChecksumType: 'FULL_OBJECT',
    });
  });

  it.each(known)('computes %s over pieces as over the whole', (algorithm, _name, hexadecimal) => {
    const digest = newChecksum(algorithm);
    for (const piece of ['1234', '', '56789']) digest.update(Buffer.from(piece));
    expect(Buffer.from(digest.base64(), 'base64').toString('hex')).toBe(hexadecimal);
  });

  it.each(Object.values(ChecksumAlgorithm).filter((name) => ['CRC32', 'SHA1', 'SHA256'].includes(name)))(
    'verifies the %s that the SDK puts behind a stream',
    async (algorithm) => {
      const bucket = await target.bucket();
      const body = Buffer.alloc(200_000, 'narx');
      const { ETag } = await bucket.put(
        'k',
        Readable.from([body.subarray(0, 70_001), body.subarray(70_001)]),
        {
          ContentLength: body.length,
          ChecksumAlgorithm: algorithm,
        },
      );
      expect(ETag).toBe(`"${createHash('md5').update(body).digest('hex')}"`);
      const got = await target.client.send(
        new GetObjectCommand({ Bucket: bucket.name, Key: 'k', ChecksumMode: 'ENABLED' }),
      );
      expect(got[`Checksum${algorithm}` as 'ChecksumCRC32']).toBeDefined();
      // The SDK verifies the checksum while it reads.
      expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
    },
  );

  it('refuses a wrong Content-MD5', async () => {
    const bucket = await target.bucket();
    const md5 = (text: string) => createHash('md5').update(text).digest('base64');
    await bucket.put('k', 'body', { ContentMD5: md5('body') });
    expect(await errorOf(bucket.put('k', 'body', { ContentMD5: md5('other') }))).toMatchObject({
      name: 'BadDigest',
      status: 400,
    });
    expect(await errorOf(bucket.put('k', 'body', { ContentMD5: 'short' }))).toMatchObject({
      name: 'InvalidDigest',
      status: 400,
    });
  });
});
