import type { Page } from '../../core/marketplace.ts';
import { bodyIncludes, decodeBody } from '../shared/body.ts';
import { type JsonDocument, parseJson } from '../shared/json.ts';

const marker = '__PRERENDERED_STATE__';

/** True for pages of the site itself, which carry their data; walls and CAPTCHA pages do not. */
export function hasState(page: Page): boolean {
  return bodyIncludes(page.body, marker);
}

/**
 * The state of a page: `window.__PRERENDERED_STATE__= "…";`, a JavaScript string that contains JSON, so it is parsed twice.
 * The string contains quotes and tags in escaped form; its end is the first quote that no backslash escapes.
 */
export function readState(page: Page): JsonDocument {
  const decoded = decodeBody(page);
  if ('fault' in decoded) return decoded;
  const { text } = decoded;
  const assignment = /__PRERENDERED_STATE__\s*=\s*(["{])/.exec(text);
  if (!assignment) return { fault: `${marker} is assigned neither a string nor an object` };
  if (assignment[1] === '{') return readObject(text, assignment.index + assignment[0].length - 1);
  const start = assignment.index + assignment[0].length - 1;
  const end = endOfString(text, start);
  if (end === null) return { fault: `the page is cut inside its ${marker}` };
  const inner = parseJson(text.slice(start, end));
  if ('fault' in inner) return { fault: `${marker}: ${inner.fault}` };
  const state = typeof inner.value === 'string' ? parseJson(inner.value) : { fault: 'not a string' };
  return 'fault' in state ? { fault: `${marker}: ${state.fault}` } : state;
}

/** The state of pages in which it is no string but the object itself, up to the end of the script. */
function readObject(text: string, start: number): JsonDocument {
  const end = text.indexOf('</script', start);
  if (end < 0) return { fault: `the page is cut inside its ${marker}` };
  const script = text.slice(start, end);
  // Another assignment may follow in the same script.
  const next = /};\s*window\./.exec(script);
  const state = parseJson(next ? script.slice(0, next.index + 1) : script.trimEnd().replace(/;$/, ''));
  return 'fault' in state ? { fault: `${marker}: ${state.fault}` } : state;
}

/** Index after the closing quote of the string that starts at `start`; null when there is none. */
function endOfString(text: string, start: number): number | null {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at += 1;
    else if (code === 0x22) return at + 1;
  }
  return null;
}
