import type { ObjectVersion, Properties } from './buckets.ts';
import { type Call, header } from './call.ts';
import { invalidArgument, invalidRequest, malformedXml, notImplemented, S3Error } from './errors.ts';
import { childText, parseXml } from './xml.ts';

const kept = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-storage-class',
];
const metadataPrefix = 'x-amz-meta-';
const maxMetadataBytes = 2_048;

/** Headers of a write that would mean something that is not done here. */
const refused =
  /^x-amz-(object-lock-|server-side-encryption-(customer-|context)|website-redirect-location|write-offset-bytes|grant-|copy-source-server-side-)/;

/** What a write says of its object. Throws NotImplemented for headers that would otherwise be ignored. */
export function readProperties(call: Call): Properties {
  const headers: Record<string, string> = {};
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(call.headers)) {
    if (refused.test(name)) throw notImplemented(name);
    const text = value?.toString() ?? '';
    if (kept.includes(name)) headers[name] = text;
    if (name.startsWith(metadataPrefix)) metadata[name.slice(metadataPrefix.length)] = text;
  }
  const acl = header(call, 'x-amz-acl');
  if (acl !== undefined && acl !== 'private' && acl !== 'bucket-owner-full-control') {
    throw new S3Error('AccessControlListNotSupported', 400, 'The bucket does not allow ACLs');
  }
  const bytes = Object.entries(metadata).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name + value),
    0,
  );
  if (bytes > maxMetadataBytes) {
    throw new S3Error(
      'MetadataTooLarge',
      400,
      'Your metadata headers exceed the maximum allowed metadata size',
    );
  }
  headers['content-type'] ??= 'binary/octet-stream';
  headers['x-amz-server-side-encryption'] ??= 'AES256';
  const encoding = (headers['content-encoding'] ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== 'aws-chunked' && item !== '');
  if (encoding.length > 0) headers['content-encoding'] = encoding.join(',');
  else delete headers['content-encoding'];
  return { headers, metadata };
}

/** The headers that describe a version to its reader. */
export function describe(call: Call, version: ObjectVersion, versioned: boolean): Record<string, string> {
  const headers: Record<string, string> = {
    ...version.headers,
    'accept-ranges': 'bytes',
    'last-modified': new Date(version.lastModified).toUTCString(),
    etag: version.etag,
  };
  if (headers['x-amz-storage-class'] === 'STANDARD') delete headers['x-amz-storage-class'];
  for (const [name, value] of Object.entries(version.metadata)) headers[metadataPrefix + name] = value;
  if (versioned) headers['x-amz-version-id'] = version.versionId;
  const tags = Object.keys(version.tags).length;
  if (tags > 0) headers['x-amz-tagging-count'] = String(tags);
  if (
    header(call, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED' &&
    header(call, 'range') === undefined
  ) {
    Object.assign(headers, checksumHeaders(version.checksum));
  }
  for (const [name, value] of call.query) {
    if (name.startsWith('response-')) headers[name.slice('response-'.length)] = value;
  }
  return headers;
}

export function checksumHeaders(checksum: ObjectVersion['checksum']): Record<string, string> {
  if (checksum === null) return {};
  return { [`x-amz-checksum-${checksum.algorithm}`]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

/** `x-amz-tagging` of a write, in the form of a query string. */
export function tagsFromHeader(call: Call): Record<string, string> {
  return checkedTags([...new URLSearchParams(header(call, 'x-amz-tagging') ?? '')]);
}

export function tagsFromXml(document: string): Record<string, string> {
  const set = parseXml(document, 'Tagging').children.find(({ name }) => name === 'TagSet');
  if (set === undefined) throw malformedXml();
  return checkedTags(set.children.map((tag) => [childText(tag, 'Key') ?? '', childText(tag, 'Value') ?? '']));
}

function checkedTags(pairs: [string, string][]): Record<string, string> {
  if (pairs.length > 10) throw invalidArgument('Object tags cannot be greater than 10');
  const tags = Object.fromEntries(pairs);
  if (Object.keys(tags).length !== pairs.length) {
    throw invalidRequest('Cannot provide multiple Tags with the same key');
  }
  for (const [key, value] of pairs) {
    if (key === '' || key.length > 128)
      throw new S3Error('InvalidTag', 400, 'The TagKey you have provided is invalid');
    if (value.length > 256) throw new S3Error('InvalidTag', 400, 'The TagValue you have provided is invalid');
  }
  return tags;
}
