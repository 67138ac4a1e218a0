import { isRecord } from '../shared/values.ts';
import { readBlock } from './blocks.ts';

/**
 * The named collections of a page, merged over its patches as the page itself merges them: collection, then id, then value.
 * `faults` are blocks that should have been readable: with any of them, the absence of something says nothing.
 */
export interface Collections {
  readonly byName: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  readonly faults: readonly string[];
  readonly escaped: boolean;
}

const names = [
  'pageParams',
  'url',
  'price',
  'priceOffer',
  'compose',
  'title',
  'offerPlaces',
  'views',
  'viewItem',
  'buyOption',
  'outOfStock',
  'businessRatingStats',
  'shopInfo',
  'visibleSearchResult',
] as const;
export type CollectionName = (typeof names)[number];

const quote = '(?:"|&quot;|&#34;)';
/** Tells whether a block can matter without parsing it: most hold translations, pictures and addresses. */
const mention = new RegExp(`${quote}(?:${names.join('|')})${quote}\\s*:\\s*\\{`);
const cartMention = new RegExp(`${quote}pendingCartItem${quote}\\s*:\\s*\\{`);

/** Reads the collections that are used, from the blocks that mention them. */
export function readCollections(patches: readonly string[]): Collections {
  const byName = new Map<string, Record<string, unknown>>();
  const faults: string[] = [];
  let escaped = false;
  for (const text of patches) {
    if (!text.includes('collections') || !mention.test(text)) continue;
    const block = readBlock(text);
    if ('fault' in block) {
      faults.push(block.fault);
      continue;
    }
    escaped ||= block.escaped === true;
    const collections = isRecord(block.value) ? block.value['collections'] : null;
    if (!isRecord(collections)) continue;
    for (const name of names) {
      const entries = collections[name];
      if (isRecord(entries)) byName.set(name, { ...byName.get(name), ...entries });
    }
  }
  return { byName, faults, escaped };
}

/** An entry of a collection as an object, or null. With no id given, the only entry there is. */
export function entryOf(
  { byName }: Collections,
  name: CollectionName,
  id: string | null,
): Record<string, unknown> | null {
  const entries = byName.get(name) ?? {};
  const keys = Object.keys(entries);
  const key = id ?? (keys.length === 1 ? keys[0] : undefined);
  const entry = key !== undefined && Object.hasOwn(entries, key) ? entries[key] : null;
  return isRecord(entry) ? entry : null;
}

/** The keys of a collection. */
export const idsOf = ({ byName }: Collections, name: CollectionName): string[] =>
  Object.keys(byName.get(name) ?? {});

/**
 * What the cart buttons of a page would put into the cart, in the order of the page. Their `price.value` and `oldPrice` are
 * fixed-point numbers with seven decimals (5 000 000 sums are 50000000000000) and belong to one offer of one shop: only
 * the ids are of use.
 */
export function readCartItems(patches: readonly string[]): {
  items: Record<string, unknown>[];
  faults: string[];
} {
  const items: Record<string, unknown>[] = [];
  const faults: string[] = [];
  for (const text of patches) {
    if (!cartMention.test(text)) continue;
    const block = readBlock(text);
    if ('fault' in block) faults.push(block.fault);
    else if (isRecord(block.value) && isRecord(block.value['widgets']))
      for (const widgets of Object.values(block.value['widgets']))
        for (const widget of isRecord(widgets) ? Object.values(widgets) : [])
          if (isRecord(widget) && isRecord(widget['pendingCartItem'])) items.push(widget['pendingCartItem']);
  }
  return { items, faults };
}
