import type { PageResult, ParseContext } from '../../core/marketplace.ts';
import type { Reference } from '../../core/model/reference.ts';
import { empty, formatChanged } from '../shared/refusals.ts';
import { askedKind, idText, isRecord } from '../shared/values.ts';
import { cardsPerPage, categoryListing, readCategoryListing } from './request.ts';
import { card } from './schemas.ts';

/**
 * Cards of a listing, with or without the GraphQL envelope. A card shows the lowest price over its SKUs and no stock, so it
 * yields a reference only. `productId` is the id of the product; a card's own `id` is another number.
 */
export function parseCards(items: unknown, total: unknown, context: ParseContext): PageResult {
  if (askedKind(context) === 'product') return formatChanged('asked for a product, got a listing');
  if (!Array.isArray(items)) return formatChanged('items: expected a list of cards');
  if (items.length === 0)
    return empty(
      typeof total === 'number' && total > 0
        ? `a listing of ${total} products that shows none: some categories need a logged-in customer`
        : 'a listing without products',
    );
  const ids = new Set<string>();
  for (const item of items) {
    const parsed = card.safeParse(isRecord(item) && 'catalogCard' in item ? item['catalogCard'] : item);
    const id = parsed.success ? idText(parsed.data.productId) : null;
    if (id !== null) ids.add(id);
  }
  if (ids.size === 0) return formatChanged(`items: none of ${items.length} cards has a productId`);
  const references: Reference[] = [...ids].map((externalId) => ({ kind: 'product', externalId }));
  const next = nextPage(total, context);
  if (next) references.push(next);
  return { outcome: 'ok', schema: 'cards', snapshots: [], references };
}

/** Known only with the reference of this page: bodies do not state their offset. */
function nextPage(total: unknown, context: ParseContext): Reference | null {
  const here = context.reference === null ? null : readCategoryListing(context.reference);
  if (!here || typeof total !== 'number') return null;
  const offset = here.offset + cardsPerPage;
  return offset < total ? categoryListing(here.categoryId, offset) : null;
}

/** The category tree, or one category with its children: a listing for each leaf. No products, no prices. */
export function parseCategories(roots: readonly unknown[], context: ParseContext): PageResult {
  if (askedKind(context) === 'product') return formatChanged('asked for a product, got categories');
  if (roots.length === 0) return empty('a category tree without categories');
  const references: Reference[] = [];
  const seen = new Set<string>();
  const open = [...roots];
  while (open.length > 0) {
    const node = open.pop();
    const id = isRecord(node) ? idText(node['id']) : null;
    if (!isRecord(node) || id === null || typeof node['title'] !== 'string')
      return formatChanged('category: expected {id, title, children}');
    const children = node['children'] ?? [];
    if (!Array.isArray(children)) return formatChanged(`category ${id}: children is not a list`);
    open.push(...children);
    const listing = children.length === 0 && !seen.has(id) ? categoryListing(id, 0) : null;
    seen.add(id);
    if (listing) references.push(listing);
  }
  return { outcome: 'ok', schema: 'categories', snapshots: [], references };
}
