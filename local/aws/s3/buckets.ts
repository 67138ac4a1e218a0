import { randomBytes } from 'node:crypto';
import type { Bodies } from './bodies.ts';
import { noSuchBucket, S3Error } from './errors.ts';
import type { Checksum } from './incoming.ts';

/** What a client says of an object and gets back with it. */
export interface Properties {
  /** Content-Type and its like, names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** Without the prefix `x-amz-meta-`. */
  metadata: Readonly<Record<string, string>>;
}

export interface ObjectVersion extends Properties {
  deleteMarker: false;
  versionId: string;
  lastModified: number;
  file: string;
  size: number;
  /** With its quotes. */
  etag: string;
  checksum: Checksum | null;
  tags: Readonly<Record<string, string>>;
}

export interface DeleteMarker {
  deleteMarker: true;
  versionId: string;
  lastModified: number;
}

export type Version = ObjectVersion | DeleteMarker;

export interface Part {
  file: string;
  size: number;
  md5: string;
  checksum: string | null;
  lastModified: number;
}

export interface Upload extends Properties {
  key: string;
  tags: Readonly<Record<string, string>>;
  checksumAlgorithm: Checksum['algorithm'] | null;
  checksumType: Checksum['type'];
  parts: Map<number, Part>;
}

/** One bucket's index. Versions are newest first; without versioning there is one, with the version id `null`. */
export class Bucket {
  readonly name: string;
  readonly createdAt: number;
  versioning: 'Enabled' | 'Suspended' | null = null;
  readonly uploads = new Map<string, Upload>();
  readonly #objects = new Map<string, Version[]>();
  readonly #bodies: Bodies;
  #sortedKeys: string[] | null = null;

  constructor(name: string, createdAt: number, bodies: Bodies) {
    this.name = name;
    this.createdAt = createdAt;
    this.#bodies = bodies;
  }

  /** Every key that has a version, in S3's order (bytes of UTF-8). */
  keys(): readonly string[] {
    this.#sortedKeys ??= [...this.#objects.keys()].sort(compareUtf8);
    return this.#sortedKeys;
  }

  versions(key: string): readonly Version[] {
    return this.#objects.get(key) ?? [];
  }

  /** The object as a plain GET sees it. */
  current(key: string): ObjectVersion | undefined {
    const newest = this.versions(key)[0];
    return newest === undefined || newest.deleteMarker ? undefined : newest;
  }

  /** Puts a version on top and returns its id: a new one while versioning is on, else `null`, which it replaces. */
  add(key: string, version: Omit<ObjectVersion, 'versionId'> | Omit<DeleteMarker, 'versionId'>): string {
    const versionId = this.versioning === 'Enabled' ? randomBytes(24).toString('base64url') : 'null';
    if (versionId === 'null') this.remove(key, 'null');
    if (!this.#objects.has(key)) this.#sortedKeys = null;
    this.#objects.set(key, [{ ...version, versionId } as Version, ...this.versions(key)]);
    return versionId;
  }

  /** Takes one version out for good, with its body. */
  remove(key: string, versionId: string): Version | undefined {
    const versions = this.versions(key);
    const removed = versions.find((version) => version.versionId === versionId);
    if (removed === undefined) return undefined;
    const rest = versions.filter((version) => version !== removed);
    if (rest.length > 0) {
      this.#objects.set(key, rest);
    } else {
      this.#objects.delete(key);
      this.#sortedKeys = null;
    }
    if (!removed.deleteMarker) this.#bodies.remove(removed.file);
    return removed;
  }

  /** Replaces what is known of a version, not its bytes. */
  replace(key: string, old: ObjectVersion, changed: ObjectVersion): void {
    this.#objects.set(
      key,
      this.versions(key).map((version) => (version === old ? changed : version)),
    );
  }
}

export class Buckets {
  readonly #buckets = new Map<string, Bucket>();

  /** Throws NoSuchBucket. */
  get(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw noSuchBucket(name);
    return bucket;
  }

  all(): Bucket[] {
    return [...this.#buckets.values()].sort((a, b) => compareUtf8(a.name, b.name));
  }

  add(bucket: Bucket): void {
    if (this.#buckets.has(bucket.name)) {
      throw new S3Error(
        'BucketAlreadyOwnedByYou',
        409,
        'Your previous request to create the named bucket succeeded and you already own it.',
        { BucketName: bucket.name },
      );
    }
    this.#buckets.set(bucket.name, bucket);
  }

  delete(bucket: Bucket): void {
    if (bucket.keys().length > 0) {
      throw new S3Error('BucketNotEmpty', 409, 'The bucket you tried to delete is not empty', {
        BucketName: bucket.name,
      });
    }
    this.#buckets.delete(bucket.name);
  }
}

/** Order of the UTF-8 bytes. It differs from that of UTF-16 only where surrogates meet the last of the basic plane. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const [x, y] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
