import { Buffer } from 'node:buffer';
import type { Page } from '../../core/marketplace.ts';
import { bodyForm, decodeBody, describeBody } from './body.ts';

/** A JSON value, or one clause that says why there is none and what was seen instead. */
export type JsonDocument = { value: unknown } | { fault: string };

/** Reads a body as JSON. Raw control characters inside strings, which some servers let through, are tolerated. */
export function readJson(page: Page): JsonDocument {
  if (bodyForm(page.body) !== 'json') return { fault: `expected JSON, saw ${describeBody(page.body)}` };
  const decoded = decodeBody(page);
  if ('fault' in decoded) return { fault: `expected JSON, ${decoded.fault}` };
  return parseJson(decoded.text);
}

/** As `readJson`, for text that was taken out of a page. */
export function parseJson(text: string): JsonDocument {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    if (!/control character/i.test(String(error))) return { fault: describeSyntaxError(text, error) };
  }
  const escaped = escapeControlCharacters(text);
  try {
    return { value: JSON.parse(escaped) };
  } catch (error) {
    return { fault: describeSyntaxError(escaped, error) };
  }
}

/** Replaces raw control characters inside JSON strings by their escapes; what is between strings stays as it is. */
export function escapeControlCharacters(text: string): string {
  const parts: string[] = [];
  let copied = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) inString = !inString;
    else if (!inString) continue;
    else if (code === 0x5c) at += 1;
    else if (code < 0x20) {
      parts.push(text.slice(copied, at), `\\u${code.toString(16).padStart(4, '0')}`);
      copied = at + 1;
    }
  }
  parts.push(text.slice(copied));
  return parts.join('');
}

/** V8 states positions in UTF-16 units; people look at files in bytes. */
function describeSyntaxError(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const total = Buffer.byteLength(text);
  const stated = /at position (\d+)/.exec(message)?.[1];
  const position = stated === undefined ? text.length : Number(stated);
  const byte = Buffer.byteLength(text.slice(0, position));
  const cut = /end of JSON|Unterminated/.test(message) || position >= text.trimEnd().length;
  if (cut) return `saw JSON cut at byte ${total} of ${total}: it ends in the middle of a value`;
  return `saw JSON with a syntax error at byte ${byte} of ${total}`;
}
