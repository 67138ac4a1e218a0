import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Bodies, StoredBody } from './bodies.ts';
import { type ChecksumAlgorithm, checksumLengths, isChecksumAlgorithm, newChecksum } from './checksums.ts';
import { decodeChunked } from './chunked.ts';
import { invalidRequest, S3Error } from './errors.ts';

export interface Checksum {
  algorithm: ChecksumAlgorithm;
  /** Base64, for composite checksums with `-<number of parts>`. */
  value: string;
  type: 'FULL_OBJECT' | 'COMPOSITE';
}

export interface Incoming extends StoredBody {
  checksum: Checksum | null;
}

const maxObjectBytes = 5 * 1024 ** 3;

/**
 * Stores the body of a request and verifies everything that the client said of it: its length, Content-MD5,
 * x-amz-content-sha256, and the checksum in a header or a trailer. Throws BadDigest and the like, and then has stored
 * nothing.
 */
export async function receiveBody(request: IncomingMessage, bodies: Bodies): Promise<Incoming> {
  const header = (name: string) => request.headers[name]?.toString();
  const payload = header('x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD';
  const chunked = payload.startsWith('STREAMING-');
  const declared = header(chunked ? 'x-amz-decoded-content-length' : 'content-length');
  if (declared === undefined) {
    throw new S3Error('MissingContentLength', 411, 'You must provide the Content-Length HTTP header.');
  }
  if (Number(declared) > maxObjectBytes) {
    throw new S3Error('EntityTooLarge', 400, 'Your proposed upload exceeds the maximum allowed size');
  }
  const expectedMd5 = header('content-md5');
  if (expectedMd5 !== undefined && Buffer.from(expectedMd5, 'base64').length !== 16) {
    throw new S3Error('InvalidDigest', 400, 'The Content-MD5 you specified was invalid.');
  }
  const announced = announcedChecksum(request);
  const checksum = announced === null ? null : newChecksum(announced.algorithm);
  const sha256 = /^[\da-f]{64}$/.test(payload) ? createHash('sha256') : null;
  const trailers = new Map<string, string>();
  const source = request as AsyncIterable<Buffer>;
  const body = await bodies.write(chunked ? decodeChunked(source, trailers) : source, (bytes) => {
    checksum?.update(bytes);
    sha256?.update(bytes);
  });

  const computed = checksum?.base64();
  const expected =
    announced?.value ??
    (announced === null ? undefined : trailers.get(`x-amz-checksum-${announced.algorithm}`));
  const refusal = (): S3Error | null => {
    if (body.size !== Number(declared)) {
      return new S3Error(
        'IncompleteBody',
        400,
        'You did not provide the number of bytes specified by the Content-Length HTTP header',
      );
    }
    if (expectedMd5 !== undefined && Buffer.from(expectedMd5, 'base64').toString('hex') !== body.md5) {
      return new S3Error('BadDigest', 400, 'The Content-MD5 you specified did not match what we received.');
    }
    if (sha256 !== null && sha256.digest('hex') !== payload) {
      return new S3Error(
        'XAmzContentSHA256Mismatch',
        400,
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
      );
    }
    if (announced === null) return null;
    if (expected === undefined) {
      return new S3Error(
        'MalformedTrailerError',
        400,
        'The request contained trailing data that was not well-formed.',
      );
    }
    if (expected !== computed) {
      return new S3Error(
        'BadDigest',
        400,
        `The ${announced.algorithm.toUpperCase()} you specified did not match the calculated checksum.`,
      );
    }
    return null;
  };
  const refused = refusal();
  if (refused !== null) {
    bodies.remove(body.file);
    throw refused;
  }
  return {
    ...body,
    checksum:
      announced === null || computed === undefined
        ? null
        : { algorithm: announced.algorithm, value: computed, type: 'FULL_OBJECT' },
  };
}

/** The checksum that the request names: with its value in a header, or without one when it comes in the trailer. */
export function announcedChecksum(
  request: IncomingMessage,
): { algorithm: ChecksumAlgorithm; value: string | undefined } | null {
  const prefix = 'x-amz-checksum-';
  const names = Object.keys(request.headers)
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .filter((name) => name !== 'algorithm' && name !== 'type' && name !== 'mode');
  const trailer = request.headers['x-amz-trailer']?.toString().toLowerCase();
  if (names.length + (trailer === undefined ? 0 : 1) > 1) {
    throw invalidRequest(
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  }
  const name = names[0] ?? trailer?.slice(prefix.length);
  if (name === undefined) return null;
  if (!isChecksumAlgorithm(name)) {
    throw invalidRequest('The algorithm type you specified in x-amz-checksum- header is invalid.');
  }
  const value = request.headers[prefix + name]?.toString();
  if (value !== undefined && Buffer.from(value, 'base64').length !== checksumLengths[name]) {
    throw invalidRequest(`Value for x-amz-checksum-${name} header is invalid.`);
  }
  return { algorithm: name, value };
}
