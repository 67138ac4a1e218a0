import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';

/** The encodings that `decode` undoes. */
export const acceptEncoding = 'gzip, deflate, br';

/** The body is larger than the cap, which also stops a small body that would decompress to a huge one. */
export class BodyTooLarge extends Error {}

/**
 * Undoes the content encodings of a body. At these sizes the synchronous calls cost less than a trip to the thread pool.
 * Throws BodyTooLarge, or an error for a body that is damaged or in an encoding that was not asked for.
 */
export function decode(body: Buffer, contentEncoding: string | undefined, maxBytes: number): Buffer {
  const encodings = (contentEncoding ?? '').toLowerCase().split(',').reverse();
  return encodings.reduce((bytes, encoding) => undo(bytes, encoding.trim(), maxBytes), body);
}

function undo(bytes: Buffer, encoding: string, maxBytes: number): Buffer {
  const bound = { maxOutputLength: maxBytes };
  try {
    switch (encoding) {
      case '':
      case 'identity':
        return bytes;
      case 'gzip':
      case 'x-gzip':
        return gunzipSync(bytes, bound);
      case 'br':
        return brotliDecompressSync(bytes, bound);
      case 'deflate':
        // RFC 9110 says zlib; some servers send the bare stream. The low four bits of a zlib header are 8.
        return ((bytes[0] ?? 0) & 0x0f) === 8 ? inflateSync(bytes, bound) : inflateRawSync(bytes, bound);
      default:
        throw new Error(`the content encoding "${encoding}" was not asked for`);
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
      throw new BodyTooLarge(`the body has more than ${maxBytes} bytes after decompression`, {
        cause: error,
      });
    }
    throw error;
  }
}
