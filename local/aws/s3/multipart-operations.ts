import { createHash, randomBytes } from 'node:crypto';
import { readBody } from '../http.ts';
import type { Bucket, Part, Upload } from './buckets.ts';
import { type Call, header, isoTime, type Operation } from './call.ts';
import {
  type ChecksumAlgorithm,
  compositeChecksum,
  fullObjectAlgorithms,
  isChecksumAlgorithm,
} from './checksums.ts';
import { checkWriteConditions } from './conditions.ts';
import { invalidArgument, invalidRequest, malformedXml, noSuchUpload, S3Error } from './errors.ts';
import { announcedChecksum, type Checksum, receiveBody } from './incoming.ts';
import { checkKey, commit, versionHeader } from './object-operations.ts';
import { checksumHeaders, readProperties, tagsFromHeader } from './properties.ts';
import { childText, parseXml, writeXml } from './xml.ts';

const minPartBytes = 5 * 1024 * 1024;
const maxParts = 10_000;
const maxDocumentBytes = 4 * 1024 * 1024;

function uploadOf(call: Call): { bucket: Bucket; uploadId: string; upload: Upload } {
  const bucket = call.buckets.get(call.bucketName);
  const uploadId = call.query.get('uploadId') ?? '';
  const upload = bucket.uploads.get(uploadId);
  if (upload === undefined || upload.key !== call.key) throw noSuchUpload(uploadId);
  return { bucket, uploadId, upload };
}

export const createMultipartUpload: Operation = (call) => {
  const bucket = call.buckets.get(call.bucketName);
  checkKey(call.key);
  const algorithm = header(call, 'x-amz-checksum-algorithm')?.toLowerCase() ?? null;
  if (algorithm !== null && !isChecksumAlgorithm(algorithm)) {
    throw invalidRequest('Checksum algorithm provided is unsupported.');
  }
  const type =
    header(call, 'x-amz-checksum-type') ?? (algorithm === 'crc64nvme' ? 'FULL_OBJECT' : 'COMPOSITE');
  const possible = type === 'FULL_OBJECT' ? fullObjectAlgorithms : ['crc32', 'crc32c', 'sha1', 'sha256'];
  if (
    (type !== 'FULL_OBJECT' && type !== 'COMPOSITE') ||
    (algorithm !== null && !possible.includes(algorithm))
  ) {
    throw invalidRequest(
      `The ${type} checksum type cannot be used with the ${algorithm} checksum algorithm.`,
    );
  }
  const uploadId = randomBytes(48).toString('base64url');
  bucket.uploads.set(uploadId, {
    ...readProperties(call),
    key: call.key,
    tags: tagsFromHeader(call),
    checksumAlgorithm: algorithm,
    checksumType: type,
    parts: new Map(),
  });
  return {
    status: 200,
    headers:
      algorithm === null
        ? {}
        : { 'x-amz-checksum-algorithm': algorithm.toUpperCase(), 'x-amz-checksum-type': type },
    body: writeXml('InitiateMultipartUploadResult', {
      Bucket: bucket.name,
      Key: call.key,
      UploadId: uploadId,
    }),
  };
};

export const uploadPart: Operation = async (call) => {
  const { uploadId } = uploadOf(call);
  const number = Number(call.query.get('partNumber'));
  if (!Number.isInteger(number) || number < 1 || number > maxParts) {
    throw invalidArgument(`Part number must be an integer between 1 and ${maxParts}, inclusive`);
  }
  const { file, size, md5, checksum } = await receiveBody(call.request, call.bodies);
  const upload = call.buckets.get(call.bucketName).uploads.get(uploadId);
  const wanted = upload?.checksumAlgorithm ?? null;
  if (upload === undefined || (wanted !== null && checksum !== null && checksum.algorithm !== wanted)) {
    call.bodies.remove(file);
    if (upload === undefined) throw noSuchUpload(uploadId);
    throw invalidRequest(
      `Checksum Type mismatch occurred, expected checksum Type: ${wanted}, actual checksum Type: ${checksum?.algorithm}`,
    );
  }
  const replaced = upload.parts.get(number);
  if (replaced !== undefined) call.bodies.remove(replaced.file);
  const value = checksum?.algorithm === wanted ? (checksum?.value ?? null) : null;
  upload.parts.set(number, { file, size, md5, checksum: value, lastModified: call.now() });
  const { 'x-amz-checksum-type': _type, ...valueHeader } = checksumHeaders(checksum);
  return { status: 200, headers: { etag: `"${md5}"`, ...valueHeader } };
};

export const completeMultipartUpload: Operation = async (call) => {
  const { bucket, uploadId, upload } = uploadOf(call);
  const document = await readBody(call.request, maxDocumentBytes);
  const parts = chosenParts(upload, document?.toString() ?? '');
  checkWriteConditions(call, bucket.current(call.key));
  const full = upload.checksumType === 'FULL_OBJECT' ? upload.checksumAlgorithm : null;
  const body = await call.bodies.join(
    parts.map(({ file }) => file),
    full,
  );
  if (bucket.uploads.get(uploadId) !== upload) {
    call.bodies.remove(body.file);
    throw noSuchUpload(uploadId);
  }
  const checksum = checksumOf(upload, upload.checksumAlgorithm, parts, body.checksum);
  const announced = announcedChecksum(call.request);
  if (announced?.value !== undefined && announced.value !== checksum?.value.replace(/-\d+$/, '')) {
    call.bodies.remove(body.file);
    throw new S3Error(
      'BadDigest',
      400,
      `The ${announced.algorithm} you specified did not match the calculated checksum.`,
    );
  }
  const md5s = createHash('md5');
  for (const { md5 } of parts) md5s.update(Buffer.from(md5, 'hex'));
  const etag = `"${md5s.digest('hex')}-${parts.length}"`;
  const { headers, metadata, tags } = upload;
  const version = { headers, metadata, tags, file: body.file, size: body.size, etag, checksum };
  const { versionId } = commit(call, bucket, version);
  forget(call, bucket, uploadId, upload);
  return {
    status: 200,
    headers: versionHeader(bucket, versionId),
    body: writeXml('CompleteMultipartUploadResult', {
      Location: `http://${call.headers.host}/${bucket.name}/${encodeURI(call.key)}`,
      Bucket: bucket.name,
      Key: call.key,
      ETag: etag,
      ...(checksum !== null && {
        [`Checksum${checksum.algorithm.toUpperCase()}`]: checksum.value,
        ChecksumType: checksum.type,
      }),
    }),
  };
};

/** The parts that the document names, in its order. Throws InvalidPart, InvalidPartOrder or EntityTooSmall. */
function chosenParts(upload: Upload, document: string): Part[] {
  const listed = parseXml(document, 'CompleteMultipartUpload').children.filter(({ name }) => name === 'Part');
  if (listed.length === 0) throw malformedXml();
  const numbers = listed.map((element) => Number(childText(element, 'PartNumber')));
  if (numbers.some((number, index) => number <= (numbers[index - 1] ?? 0))) {
    throw new S3Error(
      'InvalidPartOrder',
      400,
      'The list of parts was not in ascending order. Parts must be ordered by part number.',
    );
  }
  return listed.map((element, index) => {
    const number = numbers[index] ?? 0;
    const part = upload.parts.get(number);
    const algorithm = upload.checksumAlgorithm?.toUpperCase();
    const checksum = algorithm === undefined ? undefined : childText(element, `Checksum${algorithm}`);
    if (
      part === undefined ||
      childText(element, 'ETag')?.replaceAll('"', '') !== part.md5 ||
      (checksum !== undefined && checksum !== part.checksum)
    ) {
      throw new S3Error(
        'InvalidPart',
        400,
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
        { PartNumber: String(number) },
      );
    }
    if (part.size < minPartBytes && index < listed.length - 1) {
      throw new S3Error(
        'EntityTooSmall',
        400,
        'Your proposed upload is smaller than the minimum allowed size',
        {
          ProposedSize: String(part.size),
          MinSizeAllowed: String(minPartBytes),
        },
      );
    }
    return part;
  });
}

function checksumOf(
  upload: Upload,
  algorithm: ChecksumAlgorithm | null,
  parts: Part[],
  full: string | null,
): Checksum | null {
  if (algorithm === null) return null;
  if (full !== null) return { algorithm, value: full, type: upload.checksumType };
  const values = parts.flatMap(({ checksum }) => checksum ?? []);
  if (values.length < parts.length) return null;
  return { algorithm, value: compositeChecksum(algorithm, values), type: 'COMPOSITE' };
}

export const abortMultipartUpload: Operation = (call) => {
  const { bucket, uploadId, upload } = uploadOf(call);
  forget(call, bucket, uploadId, upload);
  return { status: 204 };
};

function forget(call: Call, bucket: Bucket, uploadId: string, upload: Upload): void {
  bucket.uploads.delete(uploadId);
  for (const { file } of upload.parts.values()) call.bodies.remove(file);
}

export const listParts: Operation = (call) => {
  const { bucket, uploadId, upload } = uploadOf(call);
  const max = Math.min(Number(call.query.get('max-parts') ?? 1000), 1000);
  const marker = Number(call.query.get('part-number-marker') ?? 0);
  const rest = [...upload.parts].filter(([number]) => number > marker).sort(([a], [b]) => a - b);
  const page = rest.slice(0, max);
  const checksumName = `Checksum${upload.checksumAlgorithm?.toUpperCase() ?? ''}`;
  return {
    status: 200,
    body: writeXml('ListPartsResult', {
      Bucket: bucket.name,
      Key: call.key,
      UploadId: uploadId,
      StorageClass: upload.headers['x-amz-storage-class'] ?? 'STANDARD',
      PartNumberMarker: marker,
      NextPartNumberMarker: page.at(-1)?.[0],
      MaxParts: max,
      IsTruncated: rest.length > page.length,
      Part: page.map(([number, part]) => ({
        PartNumber: number,
        LastModified: isoTime(part.lastModified),
        ETag: `"${part.md5}"`,
        Size: part.size,
        [checksumName]: part.checksum ?? undefined,
      })),
    }),
  };
};
