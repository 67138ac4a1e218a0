import { type Bucket, compareUtf8, type Version } from './buckets.ts';
import { type Call, isoTime, type Operation } from './call.ts';
import { invalidArgument } from './errors.ts';
import { writeXml, type XmlTree } from './xml.ts';

const maxPage = 1000;

interface Listing {
  prefix: string;
  delimiter: string;
  max: number;
  /** Encodes keys as the client asked. */
  encode(text: string): string;
}

function readListing(call: Call): Listing {
  const max = Number(call.query.get('max-keys') ?? maxPage);
  if (!Number.isInteger(max) || max < 0)
    throw invalidArgument('Argument maxKeys must be an integer between 0 and 2147483647');
  const encoding = call.query.get('encoding-type');
  if (encoding !== null && encoding !== 'url')
    throw invalidArgument('Invalid Encoding Method specified in Request');
  return {
    prefix: call.query.get('prefix') ?? '',
    delimiter: call.query.get('delimiter') ?? '',
    max: Math.min(max, maxPage),
    encode: encoding === null ? (text) => text : (text) => encodeURIComponent(text).replaceAll('%2F', '/'),
  };
}

/** A key, or the common prefix that stands for all the keys below it. */
type Entry = { key: string; common: boolean };

/** The entries after a position, in order: first whole keys and prefixes, each once. */
function* entries(
  keys: readonly string[],
  { prefix, delimiter }: Listing,
  after: Entry | null,
): Generator<Entry> {
  const from = after === null || compareUtf8(after.key, prefix) < 0 ? prefix : after.key;
  let last = after?.common ? after.key : null;
  for (let index = firstNotBelow(keys, from); index < keys.length; index++) {
    const key = keys[index] ?? '';
    if (!key.startsWith(prefix)) return;
    if (last !== null && key.startsWith(last)) continue;
    if (after !== null && compareUtf8(key, after.key) <= 0) continue;
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (cut === -1) {
      yield { key, common: false };
    } else {
      last = key.slice(0, cut + delimiter.length);
      yield { key: last, common: true };
    }
  }
}

function firstNotBelow(keys: readonly string[], wanted: string): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareUtf8(keys[middle] ?? '', wanted) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

export const listObjectsV2: Operation = (call) => {
  const bucket = call.buckets.get(call.bucketName);
  const listing = readListing(call);
  const { prefix, delimiter, max, encode } = listing;
  const token = call.query.get('continuation-token');
  const startAfter = call.query.get('start-after');
  const keys = bucket.keys().filter((key) => bucket.current(key) !== undefined);
  const after =
    token === null ? (startAfter === null ? null : { key: startAfter, common: false }) : readToken(token);
  const page: Entry[] = [];
  let truncated = false;
  for (const entry of entries(keys, listing, after)) {
    truncated = page.length === max;
    if (truncated) break;
    page.push(entry);
  }
  const last = page.at(-1);
  return {
    status: 200,
    body: writeXml('ListBucketResult', {
      Name: bucket.name,
      Prefix: encode(prefix),
      Delimiter: delimiter === '' ? undefined : encode(delimiter),
      MaxKeys: max,
      EncodingType: call.query.get('encoding-type') ?? undefined,
      KeyCount: page.length,
      IsTruncated: truncated && max > 0,
      ContinuationToken: token ?? undefined,
      StartAfter: startAfter === null ? undefined : encode(startAfter),
      NextContinuationToken: truncated && last !== undefined ? writeToken(last) : undefined,
      Contents: page.filter(({ common }) => !common).map(({ key }) => shownObject(bucket, key, encode)),
      CommonPrefixes: page.filter(({ common }) => common).map(({ key }) => ({ Prefix: encode(key) })),
    }),
  };
};

function shownObject(bucket: Bucket, key: string, encode: Listing['encode']): XmlTree {
  const version = bucket.current(key);
  return version === undefined ? {} : { Key: encode(key), ...shownVersion(version) };
}

function shownVersion(version: Version): XmlTree {
  if (version.deleteMarker) return { LastModified: isoTime(version.lastModified) };
  return {
    LastModified: isoTime(version.lastModified),
    ETag: version.etag,
    ...(version.checksum !== null && {
      ChecksumAlgorithm: version.checksum.algorithm.toUpperCase(),
      ChecksumType: version.checksum.type,
    }),
    Size: version.size,
    StorageClass: version.headers['x-amz-storage-class'] ?? 'STANDARD',
  };
}

function writeToken({ key, common }: Entry): string {
  return Buffer.from(`${common ? 'p' : 'k'}${key}`).toString('base64');
}

function readToken(token: string): Entry {
  const text = Buffer.from(token, 'base64').toString();
  if (!/^[pk]/.test(text)) throw invalidArgument('The continuation token provided is incorrect');
  return { key: text.slice(1), common: text.startsWith('p') };
}

export const listObjectVersions: Operation = (call) => {
  const bucket = call.buckets.get(call.bucketName);
  const listing = readListing(call);
  const { prefix, delimiter, max, encode } = listing;
  const keyMarker = call.query.get('key-marker');
  const versionMarker = call.query.get('version-id-marker');
  const shown = { Version: [] as XmlTree[], DeleteMarker: [] as XmlTree[], CommonPrefixes: [] as XmlTree[] };
  let last: { key: string; versionId: string | undefined } | null = null;
  let count = 0;
  let truncated = false;
  const add = (kind: keyof typeof shown, element: XmlTree, key: string, versionId?: string) => {
    truncated = count === max;
    if (truncated) return;
    count++;
    shown[kind].push(element);
    last = { key, versionId };
  };
  const skipped = versionMarker === null ? [] : afterMarker(bucket, keyMarker ?? '', versionMarker);
  const showVersion = (key: string, version: Version) =>
    add(
      version.deleteMarker ? 'DeleteMarker' : 'Version',
      {
        Key: encode(key),
        VersionId: version.versionId,
        IsLatest: version === bucket.versions(key)[0],
        ...shownVersion(version),
      },
      key,
      version.versionId,
    );
  for (const version of skipped) if (!truncated) showVersion(keyMarker ?? '', version);
  const after =
    keyMarker === null ? null : { key: keyMarker, common: delimiter !== '' && keyMarker.endsWith(delimiter) };
  for (const { key, common } of entries(bucket.keys(), listing, after)) {
    if (truncated) break;
    if (common) add('CommonPrefixes', { Prefix: encode(key) }, key);
    else for (const version of bucket.versions(key)) if (!truncated) showVersion(key, version);
  }
  const next = last as { key: string; versionId: string | undefined } | null;
  return {
    status: 200,
    body: writeXml('ListVersionsResult', {
      Name: bucket.name,
      Prefix: encode(prefix),
      KeyMarker: encode(keyMarker ?? ''),
      VersionIdMarker: versionMarker ?? '',
      NextKeyMarker: truncated && next !== null ? encode(next.key) : undefined,
      NextVersionIdMarker: truncated ? next?.versionId : undefined,
      MaxKeys: max,
      Delimiter: delimiter === '' ? undefined : encode(delimiter),
      EncodingType: call.query.get('encoding-type') ?? undefined,
      IsTruncated: truncated && max > 0,
      ...shown,
    }),
  };
};

/** The versions of the marked key that come after the marked one. */
function afterMarker(bucket: Bucket, key: string, versionId: string): readonly Version[] {
  const versions = bucket.versions(key);
  const index = versions.findIndex((version) => version.versionId === versionId);
  return index === -1 ? [] : versions.slice(index + 1);
}
