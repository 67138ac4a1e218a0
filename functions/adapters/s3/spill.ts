import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import {
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { type SpilledVisits, spilledVisitsSchema } from '../../contract/messages.ts';
import { ConfigurationError, PoisonMessage } from '../../core/model/errors.ts';
import type { Spill, SpilledObjects, SpillLook } from '../../core/ports/queues.ts';
import { getObject } from './get-object.ts';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** What one job can come to, many times over; an object that inflates beyond it was not written by us. */
const maxInflatedBytes = 128 * 1024 * 1024;
/** A hundred thousand objects: beyond that the count says "at least". */
const maxListCalls = 100;

/** The spill of one storage domain: one gzipped JSON document per attempt, under keys that sort by time. */
export class S3Spill implements Spill {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #domain: string;

  constructor(client: S3Client, bucket: string, domain: string) {
    this.#client = client;
    this.#bucket = bucket;
    this.#domain = domain;
  }

  async put(spilled: Parameters<Spill['put']>[0], withinMs: number): Promise<string> {
    const abortSignal = AbortSignal.timeout(Math.ceil(withinMs));
    const { detail, messages } = spilled;
    const at = spilled.at.toISOString();
    const document: SpilledVisits = { v: 1, domain: this.#domain, at, detail, messages };
    // Workers spill at the same millisecond; the rest of the key only has to differ.
    const key = `${folder(this.#domain)}${at}-${randomUUID()}.json.gz`;
    const put = new PutObjectCommand({
      Bucket: this.#bucket,
      Key: key,
      Body: await compress(JSON.stringify(document)),
      ContentType: 'application/gzip',
    });
    await this.#client.send(put, { abortSignal });
    return key;
  }
}

/** All of the spill bucket. */
export class S3SpilledObjects implements SpilledObjects {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async list(domain: string, limit: number): Promise<{ oldest: { key: string; at: Date }[]; count: number }> {
    const oldest: { key: string; at: Date }[] = [];
    let count = 0;
    let calls = 0;
    const input = { Bucket: this.#bucket, Prefix: folder(domain) };
    for await (const { Contents = [] } of paginateListObjectsV2({ client: this.#client }, input)) {
      count += Contents.length;
      for (const { Key, LastModified } of Contents)
        if (oldest.length < limit && Key && LastModified) oldest.push({ key: Key, at: LastModified });
      calls += 1;
      if (calls === maxListCalls) break;
    }
    return { oldest, count };
  }

  async get(key: string): Promise<SpilledVisits | null> {
    const body = await getObject(this.#client, this.#bucket, key);
    if (body === null) return null;
    try {
      const text = await decompress(body, { maxOutputLength: maxInflatedBytes });
      return spilledVisitsSchema.parse(JSON.parse(text.toString('utf8')));
    } catch (cause) {
      throw new PoisonMessage(`${key} is not a spilled object.`, { cause });
    }
  }

  async remove(key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key }));
  }
}

/** One object of each marketplace's spill, and nothing of what is in it: S3 lists what was put as soon as it is put. */
export class S3SpillLook implements SpillLook {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #domains: Readonly<Record<string, string>>;

  /** `domains` maps marketplaces to storage domains. */
  constructor(client: S3Client, bucket: string, domains: Readonly<Record<string, string>>) {
    this.#client = client;
    this.#bucket = bucket;
    this.#domains = domains;
  }

  async waits(marketplace: string): Promise<boolean> {
    const domain = this.#domains[marketplace];
    if (!domain)
      throw new ConfigurationError([`There is no storage domain of the marketplace "${marketplace}".`]);
    const list = new ListObjectsV2Command({ Bucket: this.#bucket, Prefix: folder(domain), MaxKeys: 1 });
    const { Contents = [], IsTruncated = false } = await this.#client.send(list);
    return Contents.length > 0 || IsTruncated;
  }
}

function folder(domain: string): string {
  return `spill/${domain}/`;
}
