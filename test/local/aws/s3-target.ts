import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll } from 'vitest';
import { type S3Server, startS3 } from '../../../local/aws/s3/server.ts';

/**
 * What the conformance suite runs against: by default the emulator, with S3_ENDPOINT set (`aws`, or the URL of another
 * emulator) that service.
 */
export interface S3Target {
  client: S3Client;
  /** Creates a bucket with a name of its own; it is emptied and deleted when the suite ends. */
  bucket(): Promise<TestBucket>;
}

export interface TestBucket {
  name: string;
  put(
    key: string,
    body: NonNullable<PutObjectCommandInput['Body']>,
    more?: Partial<PutObjectCommandInput>,
  ): ReturnType<typeof put>;
  text(key: string, more?: Partial<GetObjectCommandInput>): Promise<string>;
}

const put = (client: S3Client, input: PutObjectCommandInput) => client.send(new PutObjectCommand(input));

export function s3Target(): S3Target {
  const endpoint = process.env['S3_ENDPOINT'];
  const names: string[] = [];
  let folder: string | null = null;
  let server: S3Server | null = null;
  let client: S3Client | null = null;
  const connected = () => {
    if (client === null) throw new Error('the suite has not started');
    return client;
  };

  beforeAll(async () => {
    if (endpoint === undefined) {
      folder = await mkdtemp(join(tmpdir(), 'narx-s3-'));
      server = await startS3({ dataDir: folder, region: 'eu-central-1' });
    }
    const local = server === null ? endpoint : server.url;
    client = local === 'aws' || local === undefined ? new S3Client({}) : localClient(local);
  });

  afterAll(async () => {
    for (const Bucket of names) await removeBucket(connected(), Bucket);
    connected().destroy();
    await server?.close();
    if (folder !== null) await rm(folder, { recursive: true });
  });

  return {
    get client() {
      return connected();
    },
    async bucket() {
      const name = `conformance-${randomUUID()}`;
      await connected().send(new CreateBucketCommand({ Bucket: name }));
      names.push(name);
      return {
        name,
        put: (key, body, more) => put(connected(), { Bucket: name, Key: key, Body: body, ...more }),
        async text(key, more) {
          const { Body } = await connected().send(new GetObjectCommand({ Bucket: name, Key: key, ...more }));
          return (await Body?.transformToString()) ?? '';
        },
      };
    },
  };
}

export function localClient(endpoint: string): S3Client {
  return new S3Client({
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    forcePathStyle: true,
    maxAttempts: 1,
  });
}

async function removeBucket(client: S3Client, Bucket: string): Promise<void> {
  for (;;) {
    const { Versions = [], DeleteMarkers = [] } = await client.send(
      new ListObjectVersionsCommand({ Bucket }),
    );
    if (Versions.length + DeleteMarkers.length === 0) break;
    for (const { Key, VersionId } of [...Versions, ...DeleteMarkers]) {
      await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
    }
  }
  await client.send(new DeleteBucketCommand({ Bucket }));
}
