import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Page } from '../../core/marketplace.ts';
import type { RawPages } from '../../core/ports/objects.ts';

const compress = promisify(gzip);

/** S3 allows 2 KB of metadata in all. */
const longestUrl = 1_500;

/**
 * Page bodies, each one gzipped object whose key is the SHA-256 of the body: a page that comes unchanged is one object.
 * It is written again all the same, so that its age, after which S3 deletes it, counts from when it was last seen.
 */
export class S3RawPages implements RawPages {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async put(marketplace: string, page: Page): Promise<string> {
    const hash = createHash('sha256').update(page.body).digest('hex');
    const key = `raw/${marketplace}/${hash.slice(0, 2)}/${hash}.gz`;
    await this.#client.send(
      new PutObjectCommand({
        Bucket: this.#bucket,
        Key: key,
        Body: await compress(page.body),
        ContentType: 'application/gzip',
        // For people who look into the bucket; when the page was seen, and for what, is in the database.
        Metadata: { url: page.url.slice(0, longestUrl), status: String(page.status) },
      }),
    );
    return key;
  }
}
