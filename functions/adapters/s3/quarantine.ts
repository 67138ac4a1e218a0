import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { DeleteObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { type Quarantined, quarantinedSchema, quarantinePrefix } from '../../contract/quarantine.ts';
import { PoisonMessage } from '../../core/model/errors.ts';
import type { Quarantine, QuarantinedObjects } from '../../core/ports/objects.ts';
import { getObject } from './get-object.ts';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** What a server may hand to a client to be recognised by later; it has no place in a bucket (F52). */
const CREDENTIALS = new Set([
  'set-cookie',
  'cookie',
  'authorization',
  'proxy-authorization',
  'proxy-authenticate',
]);

/** The largest page is 8 MB; an object that inflates beyond this was not written by us. */
const maxInflatedBytes = 64 * 1024 * 1024;

/**
 * The quarantine as one gzipped JSON document per page or row. The key names marketplace, day, reason and reference, and
 * ends in a hash of what was received, so that writing a page again overwrites it with itself.
 */
export class S3Quarantine implements Quarantine {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async put(entry: Parameters<Quarantine['put']>[0]): Promise<string> {
    const { marketplace, reference, job, reason, detail, page } = entry;
    const observedAt = page.receivedAt.toISOString();
    const hash = digest(page.url, observedAt, page.body);
    const name = `${reference.kind}-${safe(reference.externalId)}`;
    return await this.#write(`${folder(marketplace, observedAt, reason)}/${name}-${hash}.json.gz`, {
      v: 1,
      type: 'page',
      marketplace,
      reference,
      job,
      reason,
      detail,
      observedAt,
      url: page.url,
      status: page.status,
      headers: Object.fromEntries(
        Object.entries(page.headers).filter(([header]) => !CREDENTIALS.has(header)),
      ),
      body: encoded(page.body),
    });
  }

  async putRow(entry: Parameters<Quarantine['putRow']>[0]): Promise<string> {
    const { marketplace, job, reason, detail, row, at } = entry;
    const observedAt = at.toISOString();
    const hash = digest(observedAt, JSON.stringify(row) ?? '');
    return await this.#write(`${folder(marketplace, observedAt, reason)}/row-${hash}.json.gz`, {
      v: 1,
      type: 'row',
      marketplace,
      job,
      reason,
      detail,
      observedAt,
      row,
    });
  }

  async #write(key: string, document: Quarantined): Promise<string> {
    await this.#client.send(
      new PutObjectCommand({
        Bucket: this.#bucket,
        Key: key,
        Body: await compress(JSON.stringify(document)),
        ContentType: 'application/gzip',
      }),
    );
    return key;
  }
}

/** All of the quarantine, for those who replay it. */
export class S3QuarantinedObjects implements QuarantinedObjects {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async get(key: string): Promise<Quarantined | null> {
    const body = await getObject(this.#client, this.#bucket, key);
    if (body === null) return null;
    try {
      const text = await decompress(body, { maxOutputLength: maxInflatedBytes });
      return quarantinedSchema.parse(JSON.parse(text.toString('utf8')));
    } catch (cause) {
      throw new PoisonMessage(`${key} is not an object of the quarantine.`, { cause });
    }
  }

  async remove(key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key }));
  }
}

function folder(marketplace: string, instant: string, reason: string): string {
  return `${quarantinePrefix}${marketplace}/${instant.slice(0, 10)}/${safe(reason)}`;
}

/** External ids come from outside: whatever would change the folder or is awkward in a key becomes an underscore. */
function safe(externalId: string): string {
  return externalId.replace(/[^A-Za-z0-9_.-]/g, '_').slice(0, 80);
}

function digest(...parts: (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\n');
  return hash.digest('hex').slice(0, 16);
}

/** Text stays readable (`zcat | jq`); anything else is base64, so that no byte is lost. */
function encoded(body: Uint8Array): { encoding: 'utf8' | 'base64'; data: string } {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const encoding = isUtf8(bytes) ? 'utf8' : 'base64';
  return { encoding, data: bytes.toString(encoding) };
}
