import type { Bucket, ObjectVersion } from './buckets.ts';
import { type Call, header, isoTime, type Operation, type Reply } from './call.ts';
import { checkReadConditions, checkWriteConditions } from './conditions.ts';
import { invalidArgument, invalidRequest, noSuchKey, preconditionFailed, S3Error } from './errors.ts';
import { receiveBody } from './incoming.ts';
import { checksumHeaders, describe, readProperties, tagsFromHeader } from './properties.ts';
import { writeXml } from './xml.ts';

type NewVersion = Omit<ObjectVersion, 'versionId' | 'deleteMarker' | 'lastModified'>;

/**
 * Makes a stored body the key's newest version, unless a condition forbids it: then the body is removed again. Check
 * and write happen in one turn of the event loop.
 */
export function commit(
  call: Call,
  bucket: Bucket,
  version: NewVersion,
): { versionId: string; lastModified: number } {
  try {
    // The bucket may have been deleted while the body arrived.
    call.buckets.get(bucket.name);
    checkWriteConditions(call, bucket.current(call.key));
  } catch (error) {
    call.bodies.remove(version.file);
    throw error;
  }
  const lastModified = call.now();
  return { versionId: bucket.add(call.key, { ...version, deleteMarker: false, lastModified }), lastModified };
}

/** `x-amz-version-id`, for buckets that have or had versioning. */
export function versionHeader(bucket: Bucket, versionId: string): Record<string, string> {
  return bucket.versioning === null ? {} : { 'x-amz-version-id': versionId };
}

export const putObject: Operation = async (call) => {
  const bucket = call.buckets.get(call.bucketName);
  checkKey(call.key);
  const properties = readProperties(call);
  const tags = tagsFromHeader(call);
  const { file, size, md5, checksum } = await receiveBody(call.request, call.bodies);
  const version = { ...properties, tags, file, size, etag: `"${md5}"`, checksum };
  const { versionId } = commit(call, bucket, version);
  return {
    status: 200,
    headers: {
      etag: version.etag,
      'x-amz-server-side-encryption': properties.headers['x-amz-server-side-encryption'] ?? 'AES256',
      ...checksumHeaders(checksum),
      ...versionHeader(bucket, versionId),
    },
  };
};

/** GetObject and HeadObject. */
export const getObject: Operation = (call) => {
  const bucket = call.buckets.get(call.bucketName);
  const version = find(bucket, call.key, call.query.get('versionId'));
  const headers = describe(call, version, bucket.versioning !== null);
  if (checkReadConditions(call, version)) {
    return { status: 304, headers: { etag: version.etag, 'last-modified': headers['last-modified'] ?? '' } };
  }
  const range = readRange(header(call, 'range'), version.size);
  const [start, end] = range ?? [0, version.size - 1];
  const length = Math.max(0, end - start + 1);
  const reply: Reply = {
    status: range === null ? 200 : 206,
    headers: {
      ...headers,
      'content-length': String(length),
      ...(range !== null && { 'content-range': `bytes ${start}-${end}/${version.size}` }),
    },
  };
  if (call.request.method === 'GET' && length > 0) reply.body = call.bodies.read(version.file, start, end);
  return reply;
};

export const deleteObject: Operation = (call) => {
  const bucket = call.buckets.get(call.bucketName);
  const { versionId, deleteMarker } = deleteOne(call, bucket, call.key, call.query.get('versionId'));
  return {
    status: 204,
    headers: {
      ...(versionId !== null && { 'x-amz-version-id': versionId }),
      ...(deleteMarker && { 'x-amz-delete-marker': 'true' }),
    },
  };
};

/** Deletes a version for good, or what a plain GET sees: with versioning by putting a delete marker on top. */
export function deleteOne(
  call: Call,
  bucket: Bucket,
  key: string,
  versionId: string | null,
): { versionId: string | null; deleteMarker: boolean } {
  if (versionId !== null) {
    return { versionId, deleteMarker: bucket.remove(key, versionId)?.deleteMarker === true };
  }
  if (bucket.versioning === null) {
    bucket.remove(key, 'null');
    return { versionId: null, deleteMarker: false };
  }
  return { versionId: bucket.add(key, { deleteMarker: true, lastModified: call.now() }), deleteMarker: true };
}

export const copyObject: Operation = (call) => {
  const bucket = call.buckets.get(call.bucketName);
  checkKey(call.key);
  const [path = '', search] = (header(call, 'x-amz-copy-source') ?? '').split('?');
  const [, sourceBucket, sourceKey] = /^\/?([^/]+)\/(.+)$/.exec(decodeURIComponent(path)) ?? [];
  if (sourceBucket === undefined || sourceKey === undefined) {
    throw invalidArgument('Copy Source must mention the source bucket and key: sourcebucket/sourcekey');
  }
  const from = call.buckets.get(sourceBucket);
  const source = find(from, sourceKey, new URLSearchParams(search).get('versionId'));
  if (checkReadConditions(call, source, 'x-amz-copy-source-')) {
    throw preconditionFailed('x-amz-copy-source-If-None-Match');
  }
  const replaced = header(call, 'x-amz-metadata-directive') === 'REPLACE';
  if (from === bucket && sourceKey === call.key && !replaced && source === bucket.current(call.key)) {
    throw invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  const properties = replaced ? readProperties(call) : { headers: source.headers, metadata: source.metadata };
  const tags = header(call, 'x-amz-tagging-directive') === 'REPLACE' ? tagsFromHeader(call) : source.tags;
  const { size, checksum } = source;
  const etag = source.etag;
  const version = { ...properties, tags, file: call.bodies.copy(source.file), size, etag, checksum };
  const { versionId, lastModified } = commit(call, bucket, version);
  return {
    status: 200,
    headers: {
      ...versionHeader(bucket, versionId),
      ...(from.versioning !== null && { 'x-amz-copy-source-version-id': source.versionId }),
    },
    body: writeXml('CopyObjectResult', { LastModified: isoTime(lastModified), ETag: etag }),
  };
};

/** The version that a read means. Throws NoSuchKey, NoSuchVersion, or MethodNotAllowed for a delete marker by its id. */
export function find(bucket: Bucket, key: string, versionId: string | null): ObjectVersion {
  const versions = bucket.versions(key);
  const version = versionId === null ? versions[0] : versions.find((item) => item.versionId === versionId);
  if (version === undefined && versionId !== null) {
    throw new S3Error('NoSuchVersion', 404, 'The specified version does not exist.', {
      VersionId: versionId,
    });
  }
  if (version === undefined || (version.deleteMarker && versionId === null)) throw noSuchKey(key);
  if (version.deleteMarker) {
    throw new S3Error('MethodNotAllowed', 405, 'The specified method is not allowed against this resource.');
  }
  return version;
}

export function checkKey(key: string): void {
  if (Buffer.byteLength(key) > 1024) throw new S3Error('KeyTooLongError', 400, 'Your key is too long');
}

/** Null for no range, or one that S3 ignores: broken ones and several at once. Throws InvalidRange beyond the end. */
function readRange(range: string | undefined, size: number): [number, number] | null {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? [];
  if (first === '' && last === '') return null;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return null;
  if (start >= size || (first === '' && Number(last) === 0)) {
    throw new S3Error('InvalidRange', 416, 'The requested range is not satisfiable', {
      RangeRequested: range ?? '',
      ActualObjectSize: String(size),
    });
  }
  return [start, end];
}
