import { Buffer, isUtf8 } from 'node:buffer';
import type { Page } from '../../core/marketplace.ts';
import { decodeBody } from '../shared/body.ts';
import { type JsonDocument, parseJson } from '../shared/json.ts';

/**
 * The parts of a page that carry data, as text: JSON-LD and the patches of collections. A page is 2 MB of which less than a
 * tenth matters, so it is scanned as bytes: no tree of it is built, and the rest is never decoded.
 */
export interface Blocks {
  readonly bytes: Buffer;
  readonly jsonLd: readonly string[];
  readonly patches: readonly string[];
}

/** Finds the blocks. A fault when the page is not text, or not whole: what is absent from half a page says nothing. */
export function findBlocks(page: Page): Blocks | { fault: string } {
  const bytes = utf8Bytes(page);
  if ('fault' in bytes) return bytes;
  const jsonLd: string[] = [];
  const patches: string[] = [];
  for (const { tag, start, end } of rawTextElements(bytes)) {
    const isPatch = tag.startsWith('<noframes') && /data-apiary\s*=\s*["']?patch/.test(tag);
    const isLd = !isPatch && tag.startsWith('<script') && /ld(\+|&#43;|&plus;)json/i.test(tag);
    if (!isPatch && !isLd) continue;
    if (end === null) return { fault: `the page is cut in a ${isPatch ? 'patch' : 'JSON-LD block'}` };
    (isPatch ? patches : jsonLd).push(bytes.toString('utf8', start, end).trim());
  }
  if (bytes.subarray(0, 4096).includes('<html') && bytes.lastIndexOf('</html') < 0)
    return { fault: `the page is cut at byte ${bytes.length}: it has no end` };
  return { bytes, jsonLd, patches };
}

function utf8Bytes(page: Page): Buffer | { fault: string } {
  const { buffer, byteOffset, byteLength } = page.body;
  if (isUtf8(page.body)) return Buffer.from(buffer, byteOffset, byteLength);
  const decoded = decodeBody(page);
  return 'fault' in decoded ? decoded : Buffer.from(decoded.text);
}

interface RawText {
  tag: string;
  start: number;
  /** Null: the page ends before the element does. */
  end: number | null;
}

/** Every script and noframes element, in order: browsers read their content as text up to the closing tag, and so do we. */
function* rawTextElements(bytes: Buffer): Generator<RawText> {
  let script = bytes.indexOf('<script');
  let noframes = bytes.indexOf('<noframes');
  while (script >= 0 || noframes >= 0) {
    const isScript = noframes < 0 || (script >= 0 && script < noframes);
    const open = isScript ? script : noframes;
    const close = bytes.indexOf('>', open);
    const start = close < 0 ? bytes.length : close + 1;
    const end = bytes.indexOf(isScript ? '</script' : '</noframes', start);
    yield { tag: bytes.toString('latin1', open, start), start, end: end < 0 ? null : end };
    if (end < 0) return;
    if (script >= 0 && script < end) script = bytes.indexOf('<script', end);
    if (noframes >= 0 && noframes < end) noframes = bytes.indexOf('<noframes', end);
  }
}

const entities: Readonly<Record<string, string>> = {
  quot: '"',
  amp: '&',
  lt: '<',
  gt: '>',
  apos: "'",
  nbsp: '\u00a0',
};

/** Text as it was before it was escaped for HTML. Entities that are not known stay as they are. */
export function unescapeHtml(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{2,6}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return entities[name] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** The JSON of a block, escaped for HTML or not: newer pages carry it as it is. */
export function readBlock(text: string): JsonDocument & { escaped?: boolean } {
  const raw = parseJson(text);
  if (!('fault' in raw) || !text.includes('&')) return raw;
  const unescaped = parseJson(unescapeHtml(text));
  return 'fault' in unescaped ? raw : { ...unescaped, escaped: true };
}
