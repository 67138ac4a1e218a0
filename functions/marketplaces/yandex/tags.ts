import type { Buffer } from 'node:buffer';

/** No tag that matters is longer; without a bound, a hostile page could make every search run through all of it. */
const maxTagBytes = 64 * 1024;

/** What a tag has before the byte at `at`, from its `<` on; empty when that byte is not inside a tag. ASCII only. */
export function tagBefore(bytes: Buffer, at: number): string {
  const near = bytes.subarray(Math.max(0, at - 4096), at);
  const open = near.lastIndexOf('<');
  const tag = open < 0 ? '' : near.toString('latin1', open);
  return /^<[a-z][^>]*$/i.test(tag) ? tag : '';
}

/** What a tag still has after the byte at `at`, up to its `>`. ASCII only. */
export function tagAfter(bytes: Buffer, at: number): string {
  const near = bytes.subarray(at, at + 4096);
  const close = near.indexOf('>');
  return close < 0 ? '' : near.toString('latin1', 0, close);
}

/** The content of a quoted attribute whose `=` is the byte before `at`; null when it has no end. */
export function quotedValue(bytes: Buffer, at: number): { value: Buffer; end: number } | null {
  const quote = bytes[at];
  if (quote !== 0x22 && quote !== 0x27) return null;
  const near = bytes.subarray(at + 1, at + 1 + maxTagBytes);
  const length = near.indexOf(quote);
  return length < 0 ? null : { value: near.subarray(0, length), end: at + 1 + length };
}
