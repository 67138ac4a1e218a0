import { S3Error } from './errors.ts';

const incomplete = (): S3Error =>
  new S3Error('IncompleteBody', 400, 'The request body terminated unexpectedly');

/** Chunk headers and trailers are short; a longer line is no aws-chunked body. */
const maxLine = 8_192;

/**
 * Decodes an `aws-chunked` body (with or without chunk signatures, which are not checked) piece by piece. The trailing
 * headers are added to `trailers`, names in lower case, when the last chunk has passed. Throws IncompleteBody for
 * anything that is cut short.
 */
export async function* decodeChunked(
  source: AsyncIterable<Buffer>,
  trailers: Map<string, string>,
): AsyncGenerator<Buffer> {
  let pending: Buffer = Buffer.alloc(0);
  let left = 0;
  let state: 'size' | 'data' | 'data-end' | 'trailers' | 'done' = 'size';
  for await (const piece of source) {
    pending = pending.length === 0 ? piece : Buffer.concat([pending, piece]);
    while (pending.length > 0 && state !== 'done') {
      if (state === 'data') {
        const bytes = pending.subarray(0, left);
        pending = pending.subarray(bytes.length);
        left -= bytes.length;
        if (left === 0) state = 'data-end';
        yield bytes;
        continue;
      }
      const end = pending.indexOf('\r\n');
      if (end === -1) {
        if (pending.length > maxLine) throw incomplete();
        break;
      }
      const line = pending.toString('latin1', 0, end);
      pending = pending.subarray(end + 2);
      if (state === 'data-end') {
        if (line !== '') throw incomplete();
        state = 'size';
      } else if (state === 'size') {
        const size = /^([\da-f]{1,13})(?:;|$)/i.exec(line)?.[1];
        if (size === undefined) throw incomplete();
        left = Number.parseInt(size, 16);
        state = left === 0 ? 'trailers' : 'data';
      } else if (line === '') {
        state = 'done';
      } else {
        const colon = line.indexOf(':');
        trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
      }
    }
  }
  // Some clients end the body right after the last trailer line, without the empty line.
  if (state !== 'done' && state !== 'trailers') throw incomplete();
}
