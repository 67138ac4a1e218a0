import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketEncryptionCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { afterEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../../local/aws/fault.ts';
import { type S3Options, startS3 } from '../../../local/aws/s3/server.ts';
import { ManualTime } from './manual-time.ts';
import { localClient } from './s3-target.ts';
import { errorOf } from './sqs-target.ts';

/** What AWS does not have: the spill folder, faults, and an honest no to what is not emulated. */
const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start(options: Partial<S3Options> = {}) {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'narx-s3-')));
  const s3 = await startS3({ region: 'eu-central-1', ...options, dataDir });
  const client: S3Client = localClient(s3.url);
  closing.push(
    () => rm(dataDir, { recursive: true, force: true }),
    () => s3.close(),
    () => client.destroy(),
  );
  await client.send(new CreateBucketCommand({ Bucket: 'bucket' }));
  return {
    s3,
    client,
    dataDir,
    put: (Key: string, Body: string) => client.send(new PutObjectCommand({ Bucket: 'bucket', Key, Body })),
    bodies: () => readdir(join(dataDir, 'bodies')),
    keys: async () =>
      (await client.send(new ListObjectsV2Command({ Bucket: 'bucket' }))).Contents?.map(({ Key }) => Key) ??
      [],
  };
}

describe('the S3 emulator', () => {
  it('says 501 to what it does not emulate, rather than to pretend', async () => {
    const { client } = await start();
    const encryption = new PutBucketEncryptionCommand({
      Bucket: 'bucket',
      ServerSideEncryptionConfiguration: { Rules: [] },
    });
    const at = { Bucket: 'bucket', Key: 'k' };
    const commands = [
      () => client.send(encryption),
      () =>
        client.send(
          new UploadPartCopyCommand({ ...at, UploadId: 'u', PartNumber: 1, CopySource: 'bucket/k' }),
        ),
      () => client.send(new PutObjectCommand({ ...at, Body: 'x', ObjectLockMode: 'GOVERNANCE' })),
      () => client.send(new GetObjectCommand({ ...at, PartNumber: 1 })),
    ];
    for (const send of commands) {
      expect(await errorOf(send())).toMatchObject({ name: 'NotImplemented', status: 501 });
    }
  });

  it('keeps one file a body, and none for what was replaced, deleted or refused', async () => {
    const { client, put, bodies } = await start();
    await put('a', 'one');
    await put('a', 'two');
    await put('b', 'three');
    expect(await bodies()).toHaveLength(2);
    const wrong = { Bucket: 'bucket', Key: 'c', Body: 'x', ChecksumCRC32: 'AAAAAA==' };
    expect(await errorOf(client.send(new PutObjectCommand(wrong)))).toMatchObject({ name: 'BadDigest' });
    const late = { Bucket: 'bucket', Key: 'a', Body: 'x', IfNoneMatch: '*' };
    expect(await errorOf(client.send(new PutObjectCommand(late)))).toMatchObject({
      name: 'PreconditionFailed',
    });
    expect(await bodies()).toHaveLength(2);
    const Objects = [{ Key: 'a' }, { Key: 'b' }];
    await client.send(new DeleteObjectsCommand({ Bucket: 'bucket', Delete: { Objects } }));
    expect(await bodies()).toEqual([]);
  });

  it('goes on sending a body that is replaced meanwhile', async () => {
    const { client, put } = await start();
    const old = 'old '.repeat(500_000);
    await put('k', old);
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'k' }));
    await put('k', 'new');
    expect((await Body?.transformToString()) === old).toBe(true);
  });

  it('leaves nothing of an upload whose client hung up', async () => {
    const { s3, bodies, keys, put } = await start();
    const upload = request(`${s3.url}/bucket/half`, { method: 'PUT', headers: { 'content-length': '1000' } });
    const failed = new Promise((resolve) => upload.on('error', resolve));
    upload.write('half of it');
    upload.destroy();
    await failed;
    await put('whole', 'x');
    expect(await keys()).toEqual(['whole']);
    await expect.poll(bodies).toHaveLength(1);
  });

  it('starts empty over what an earlier run left in its folder, and leaves the rest of the folder alone', async () => {
    const first = await start();
    await first.put('k', 'x');
    await writeFile(join(first.dataDir, 'somebody-elses'), 'keep');
    const second = await start({ dataDir: first.dataDir });
    expect(await second.bodies()).toEqual([]);
    expect(await second.keys()).toEqual([]);
    expect(await readdir(first.dataDir)).toContain('somebody-elses');
  });

  it('refuses bodies that are no aws-chunked, though they say so', async () => {
    const { s3, keys } = await start();
    for (const body of ['not chunked', '5\r\nhel', 'zz\r\nhello\r\n0\r\n\r\n', '5\r\nhello\r\n0\r\n\r\n']) {
      const response = await fetch(`${s3.url}/bucket/k`, {
        method: 'PUT',
        headers: {
          'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
          'x-amz-decoded-content-length': '6',
        },
        body,
      });
      expect(response.status).toBe(400);
      expect(await response.text()).toContain('<Code>IncompleteBody</Code>');
    }
    expect(await keys()).toEqual([]);
  });

  it('refuses documents that are no XML', async () => {
    const { s3 } = await start();
    for (const body of [
      '',
      '<Delete>',
      '<Other/>',
      '<Delete><Object></Delete></Object>',
      'text',
      '<!DOCTYPE a><Delete/>',
    ]) {
      const response = await fetch(`${s3.url}/bucket?delete`, { method: 'POST', body });
      expect(response.status).toBe(400);
      expect(await response.text()).toContain('<Code>MalformedXML</Code>');
    }
  });

  it('takes times from the clock that it was given', async () => {
    const time = new ManualTime();
    const { client, put } = await start({ time });
    time.advance(86_400_000);
    await put('k', 'x');
    const { LastModified } = await client.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'k' }));
    expect(LastModified?.getTime()).toBe(time.now());
  });
});

describe('faults of the S3 emulator', () => {
  const failing = async (fault: Fault) => {
    let armed: string | null = null;
    const seen: (string | null)[][] = [];
    const store = await start({
      onRequest(operation, bucketName, key) {
        seen.push([operation, bucketName, key]);
        return operation === armed ? fault : undefined;
      },
    });
    return {
      ...store,
      seen,
      arm: (operation: string | null) => {
        armed = operation;
      },
    };
  };

  it('names operation, bucket and key of every request', async () => {
    const { put, keys, seen } = await failing({ fault: 'hang' });
    await put('a/k', 'x');
    await keys();
    expect(seen).toEqual([
      ['CreateBucket', 'bucket', null],
      ['PutObject', 'bucket', 'a/k'],
      ['ListObjectsV2', 'bucket', null],
    ]);
  });

  it('refuses with a code and a status, without any effect', async () => {
    const { put, keys, arm } = await failing({ fault: 'error', code: 'SlowDown', status: 503 });
    arm('PutObject');
    expect(await errorOf(put('k', 'x'))).toMatchObject({ name: 'SlowDown', status: 503 });
    expect(await keys()).toEqual([]);
  });

  it('cuts the connection before the effect, or after it', async () => {
    for (const [fault, left] of [
      ['reset', []],
      ['lose-response', ['k']],
    ] as const) {
      const { put, keys, arm } = await failing({ fault });
      arm('PutObject');
      await expect(put('k', 'x')).rejects.toThrow(/hang up|ECONNRESET|aborted/);
      expect(await keys()).toEqual(left);
    }
  });

  it('refuses a part of a batch of deletes', async () => {
    const { client, put, keys, arm } = await failing({
      fault: 'refuse-entries',
      refuses: (key) => key === 'b',
      code: 'InternalError',
    });
    for (const key of ['a', 'b']) await put(key, key);
    arm('DeleteObjects');
    const Objects = [{ Key: 'a' }, { Key: 'b' }];
    const result = await client.send(new DeleteObjectsCommand({ Bucket: 'bucket', Delete: { Objects } }));
    expect(result.Deleted).toMatchObject([{ Key: 'a' }]);
    expect(result.Errors).toMatchObject([{ Key: 'b', Code: 'InternalError' }]);
    expect(await keys()).toEqual(['b']);
  });
});
