import type { Buffer } from 'node:buffer';
import { parseJson } from '../shared/json.ts';
import { isRecord } from '../shared/values.ts';
import { unescapeHtml } from './blocks.ts';
import { quotedValue, tagAfter, tagBefore } from './tags.ts';

const attribute = 'data-zone-data=';

/**
 * The `data-zone-data` of every offer and product snippet of a page, in its order. For ids only: `price` in them is the
 * price before discount, and promo codes and cards have prices of their own there.
 */
export function* offerZones(bytes: Buffer): Generator<Record<string, unknown>> {
  for (let at = bytes.indexOf(attribute); at >= 0; at = bytes.indexOf(attribute, at + 1)) {
    const data = quotedValue(bytes, at + attribute.length);
    if (data === null || !(data.value.includes('modelId') || data.value.includes('productId'))) continue;
    const tag = `${tagBefore(bytes, at)} ${tagAfter(bytes, data.end)} `;
    if (!/data-zone-name\s*=\s*["']?(offer|productSnippet)["'\s]/.test(tag)) continue;
    const parsed = parseJson(unescapeHtml(data.value.toString('utf8')));
    if ('value' in parsed && isRecord(parsed.value)) yield parsed.value;
  }
}
