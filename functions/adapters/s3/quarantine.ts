import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Quarantine } from '../../core/ports.ts';

const compress = promisify(gzip);

/** What a server may hand to a client to be recognised by later; it has no place in a bucket (F52). */
const CREDENTIALS = new Set([
  'set-cookie',
  'cookie',
  'authorization',
  'proxy-authorization',
  'proxy-authenticate',
]);

/**
 * The quarantine as one gzipped JSON document per page or row. The key names marketplace, day and reference, and ends
 * in a hash of what was received, so that writing a page again overwrites it with itself.
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
    const name = reference === null ? 'page' : `${reference.kind}-${safe(reference.externalId)}`;
    return await this.#write(`${folder(marketplace, observedAt)}/${name}-${hash}.json.gz`, {
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
    const { marketplace, reason, detail, row, at } = entry;
    const observedAt = at.toISOString();
    const hash = digest(observedAt, JSON.stringify(row) ?? '');
    return await this.#write(`${folder(marketplace, observedAt)}/row-${hash}.json.gz`, {
      v: 1,
      type: 'row',
      marketplace,
      reason,
      detail,
      observedAt,
      row,
    });
  }

  async #write(key: string, document: unknown): Promise<string> {
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

function folder(marketplace: string, instant: string): string {
  return `quarantine/${marketplace}/${instant.slice(0, 10)}`;
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
