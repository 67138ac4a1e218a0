import {
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { ArchiveObjects } from '../../core/archive/ports.ts';

/** The archive bucket. Nothing is ever overwritten but the version that is named. */
export class S3ArchiveObjects implements ArchiveObjects {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async put(key: string, bytes: Uint8Array, onlyIf: string | null): Promise<{ etag: string } | null> {
    try {
      const { ETag } = await this.#client.send(
        new PutObjectCommand({
          Bucket: this.#bucket,
          Key: key,
          Body: bytes,
          ContentType: key.endsWith('.json') ? 'application/json' : 'application/vnd.apache.parquet',
          ...(onlyIf === null ? { IfNoneMatch: '*' } : { IfMatch: onlyIf }),
        }),
      );
      return { etag: ETag ?? '' };
    } catch (error) {
      // 409: another conditional write of the key is under way. 404: what should be replaced is gone.
      if (
        error instanceof S3ServiceException &&
        [404, 409, 412].includes(error.$metadata.httpStatusCode ?? 0)
      )
        return null;
      throw error;
    }
  }

  async get(key: string): Promise<{ bytes: Uint8Array; etag: string } | null> {
    try {
      const { Body, ETag } = await this.#client.send(
        new GetObjectCommand({ Bucket: this.#bucket, Key: key }),
      );
      if (Body === undefined) throw new Error(`${key} has no body`);
      return { bytes: await Body.transformToByteArray(), etag: ETag ?? '' };
    } catch (error) {
      if (error instanceof NoSuchKey) return null;
      throw error;
    }
  }
}
