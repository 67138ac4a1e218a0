import { Buffer, isUtf8 } from 'node:buffer';
import type { Page } from '../../core/marketplace.ts';

const signatures: readonly (readonly [string, string])[] = [
  ['\x89PNG', 'a PNG image'],
  ['\xff\xd8\xff', 'a JPEG image'],
  ['GIF8', 'a GIF image'],
  ['RIFF', 'a RIFF file (WebP, WAV or AVI)'],
  ['%PDF', 'a PDF document'],
  ['PK\x03\x04', 'a ZIP archive'],
  ['\x1f\x8b', 'gzip data that was not decompressed'],
  ['\x28\xb5\x2f\xfd', 'zstd data that was not decompressed'],
  ['\xff\xfe', 'UTF-16 text'],
  ['\xfe\xff', 'UTF-16 text'],
];

const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Position of the first byte that is neither white space nor part of a UTF-8 byte order mark. */
function contentStart(body: Uint8Array): number {
  let at = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0;
  while (isSpace(body[at])) at += 1;
  return at;
}

/** What a body starts like, from its first character alone: enough to choose a parser, not to trust it. */
export function bodyForm(body: Uint8Array): 'blank' | 'json' | 'markup' | 'other' {
  const start = contentStart(body);
  if (start >= body.length) return 'blank';
  const first = body[start];
  if (first === 0x7b || first === 0x5b) return 'json';
  return first === 0x3c ? 'markup' : 'other';
}

/** The first `limit` bytes as text, for looking at only: bytes outside ASCII are not decoded. */
export function glance(body: Uint8Array, limit: number): string {
  return Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, limit)).toString('latin1');
}

/** Whether a body contains a piece of ASCII text anywhere. */
export function bodyIncludes(body: Uint8Array, ascii: string): boolean {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).includes(ascii);
}

/** Names what a body is, for a sentence such as "expected JSON, saw a PNG image (812 bytes)". */
export function describeBody(body: Uint8Array): string {
  if (body.length === 0) return 'an empty file';
  const size = `(${body.length} bytes)`;
  const head = glance(body, 4096);
  const signature = signatures.find(([prefix]) => head.startsWith(prefix));
  if (signature) return `${signature[1]} ${size}`;
  switch (bodyForm(body)) {
    case 'blank':
      return `nothing but white space ${size}`;
    case 'json':
      return `JSON ${size}`;
    case 'markup':
      return `${/^\s*<\?xml/.test(head) ? 'XML' : 'an HTML page'} ${size}`;
    default:
      return head.includes('\0') ? `binary data ${size}` : `text that is not JSON ${size}`;
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * The body as text, by the charset its Content-Type names, UTF-8 otherwise. A body that is not valid in that charset
 * is a fault, never text with replacement characters: titles would be stored mangled.
 */
export function decodeBody(page: Page): { text: string } | { fault: string } {
  const charset = /charset=["']?([\w.:-]+)/i.exec(page.headers['content-type'] ?? '')?.[1]?.toLowerCase();
  if (charset === undefined || charset === 'utf-8' || charset === 'utf8') {
    if (!isUtf8(page.body)) return { fault: `saw ${describeBody(page.body)}, which is not valid UTF-8` };
    return { text: decoder.decode(page.body) };
  }
  try {
    return { text: new TextDecoder(charset, { fatal: true }).decode(page.body) };
  } catch {
    return {
      fault: `saw ${describeBody(page.body)}, which is not valid in the stated charset ${charset}`,
    };
  }
}
