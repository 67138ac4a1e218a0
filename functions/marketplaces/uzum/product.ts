import type { Page, PageResult, ParseContext } from '../../core/marketplace.ts';
import type { Amount } from '../../core/model/money.ts';
import type { CategoryPath, Offer } from '../../core/model/snapshot.ts';
import { formatChanged, gone, rejected } from '../shared/refusals.ts';
import {
  type Checked,
  checkOldPrice,
  checkPrice,
  checkUnits,
  firstIssue,
  foreignThing,
  idText,
  isRecord,
  maxOffers,
} from '../shared/values.ts';
import { currencyOf } from './currency.ts';
import { productShapes, type UzumProduct, type UzumSku } from './schemas.ts';

const maxCategoryDepth = 20;

/** Parses a product that has no envelope around it, or one that was brought into this form; `schema` names the form it had. */
export function parseBareProduct(
  data: Record<string, unknown>,
  page: Page,
  context: ParseContext,
  schema?: string,
): PageResult {
  const result = parseProduct({ payload: { data } }, page, context);
  if (result.outcome !== 'ok' || schema === undefined) return result;
  return { ...result, schema, oldShape: false };
}

/** Parses the `payload` of `GET /api/v2/product/{id}`; `body` is the envelope around it. */
export function parseProduct(body: Record<string, unknown>, page: Page, context: ParseContext): PageResult {
  const payload = body['payload'];
  if (payload === null) return goneInEnvelope(body, {});
  if (!isRecord(payload)) return formatChanged('payload: expected an object');
  const data = payload['data'];
  if (data === null || (isRecord(data) && Object.keys(data).length === 0))
    return goneInEnvelope(body, payload);
  if (!isRecord(data)) return formatChanged('payload.data: expected an object');
  if (data['title'] == null && data['skuList'] == null) return goneInEnvelope(body, payload);

  const shape = productShapes.find((candidate) => candidate.fits(data));
  if (!shape) return formatChanged('payload.data: no known shape');
  const parsed = shape.schema.safeParse(data);
  if (!parsed.success) return formatChanged(firstIssue(parsed.error, 'payload.data'));
  const product: UzumProduct = parsed.data;

  const externalId = idText(product.id);
  if (externalId === null) return rejected(`product id is not a positive whole number (${product.id})`);
  const foreign = foreignThing('product', externalId, context);
  if (foreign !== null) return rejected(foreign);
  const title = titleOf(product);
  if (title === '') {
    if (product.skuList.length === 0) return goneInEnvelope(body, payload);
    return formatChanged('payload.data.title: missing, although the product has SKUs');
  }
  const category = categoryPath(product.category);
  if ('fault' in category) return formatChanged(category.fault);

  const currency =
    context.currency === undefined ? currencyOf(page.url, payload, data) : { currency: context.currency };
  if ('fault' in currency)
    return rejected(
      `the currency of product ${externalId} cannot be told: ${currency.fault}. State it with --currency`,
    );
  const offers = offersOf(product, currency.currency);
  if ('refusal' in offers) return offers.refusal;
  return {
    outcome: 'ok',
    schema: shape.name,
    oldShape: shape.old,
    snapshots: [
      {
        kind: 'product',
        externalId,
        observedAt: page.receivedAt.toISOString(),
        title,
        currency: currency.currency,
        seller: product.seller
          ? { externalId: String(product.seller.id), title: sellerTitle(product.seller) }
          : null,
        category: category.value,
        offers: offers.offers,
      },
    ],
    references: [],
  };
}

/**
 * Uzum's own way to say that there is no such product: a proper envelope with nothing in it. An envelope that has lost
 * its product but still carries other parts of it is a changed format, not a deleted product.
 */
function goneInEnvelope(body: Record<string, unknown>, payload: Record<string, unknown>): PageResult {
  const foreign = Object.keys(body).find((key) => !['payload', 'timestamp', 'error', 'errors'].includes(key));
  if (foreign !== undefined) return formatChanged(`${foreign}: not a key of Uzum's envelope`);
  const rest = Object.entries(payload).find(([key, part]) => key !== 'data' && hasContent(part));
  if (rest) return formatChanged(`payload.data: missing, although payload.${rest[0]} is there`);
  const data = payload['data'];
  const facts = isRecord(data)
    ? Object.keys(data).filter((key) => key !== 'id' && hasContent(data[key]))
    : [];
  if (facts.length > 0)
    return formatChanged(`payload.data.title: missing, although ${facts.slice(0, 3).join(', ')} are there`);
  return gone('Uzum answered with an envelope that holds no product');
}

/** Whether anything but emptiness, zeros and flags is in it. */
function hasContent(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() !== '';
  if (typeof value === 'number') return value !== 0;
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(hasContent);
}

/** A shop without a title still has its address. */
function sellerTitle({ id, title, link }: NonNullable<UzumProduct['seller']>): string {
  return title?.trim() || link?.trim() || String(id);
}

function titleOf(product: UzumProduct): string {
  const stated = product.title?.trim() ?? '';
  return stated !== '' ? stated : (product.localizableTitle?.uz ?? product.localizableTitle?.ru ?? '').trim();
}

/** The chain of parents, turned round: root first, the product's own category last. Titles carry stray spaces. */
function categoryPath(leaf: unknown): Checked<CategoryPath | null> {
  if (leaf === null || leaf === undefined) return { value: null };
  const path: CategoryPath = [];
  let node: unknown = leaf;
  while (node !== null && node !== undefined) {
    if (!isRecord(node) || typeof node['title'] !== 'string')
      return { fault: 'payload.data.category: expected {id, title, parent}' };
    const externalId = idText(node['id']);
    if (externalId === null) return { fault: 'payload.data.category.id: expected a positive whole number' };
    if (path.length === maxCategoryDepth)
      return { fault: `payload.data.category: more than ${maxCategoryDepth} levels` };
    path.push({ externalId, title: node['title'].trim() });
    node = node['parent'];
  }
  return { value: path.reverse() };
}

/** All offers or none: one impossible value makes the whole product suspect. */
function offersOf(
  product: UzumProduct,
  currency: string,
): { offers: Offer[] } | { refusal: ReturnType<typeof rejected> } {
  const { skuList } = product;
  if (skuList.length > maxOffers) return { refusal: rejected(`${skuList.length} SKUs in one product`) };
  // Uzum's amounts are whole sums; KazanExpress's have kopecks.
  const decimals = currency === 'UZS' ? 0 : 2;
  const seen = new Set<string>();
  const offers: Offer[] = [];
  for (const sku of skuList) {
    const externalId = idText(sku.id);
    if (externalId === null)
      return { refusal: rejected(`SKU id is not a positive whole number (${sku.id})`) };
    if (seen.has(externalId)) return { refusal: rejected(`SKU ${externalId} occurs twice`) };
    seen.add(externalId);
    const price = priceOf(sku, externalId, decimals);
    if ('refusal' in price) return price;
    const units = checkUnits(sku.availableAmount, `availableAmount of SKU ${externalId}`);
    if ('fault' in units) return { refusal: rejected(units.fault) };
    offers.push({
      externalId,
      title: skuTitle(sku, product),
      price: price.price,
      oldPrice: price.oldPrice,
      available: units.value,
      availability: units.value === null ? 'unknown' : units.value > 0 ? 'in_stock' : 'out_of_stock',
    });
  }
  return { offers };
}

/**
 * The price to pay: `purchasePrice`, else `sellPrice`. `discount` holds the price with a special payment card, which is
 * not the price of the product, and is not read.
 */
function priceOf(
  sku: UzumSku,
  externalId: string,
  decimals: number,
): { price: Amount; oldPrice: Amount | null } | { refusal: ReturnType<typeof rejected> } {
  const name = sku.purchasePrice != null ? 'purchasePrice' : 'sellPrice';
  const stated = sku.purchasePrice ?? sku.sellPrice;
  if (stated === null || stated === undefined)
    return {
      refusal: formatChanged(
        `payload.data.skuList: SKU ${externalId} has neither purchasePrice nor sellPrice`,
      ),
    };
  const price = checkPrice(stated, `${name} of SKU ${externalId}`, decimals);
  if ('fault' in price) return { refusal: rejected(price.fault) };
  const old = checkOldPrice(sku.fullPrice, price.value, `fullPrice of SKU ${externalId}`, decimals);
  if ('fault' in old) return { refusal: rejected(old.fault) };
  return { price: price.value, oldPrice: old.value };
}

/** The chosen values in the order of the product's axes; SKUs list them in any order. */
function skuTitle(sku: UzumSku, product: UzumProduct): string | null {
  const chosen = sku.characteristics;
  if (!chosen || chosen.length === 0) return null;
  const titles: string[] = [];
  for (const { charIndex, valueIndex } of chosen.toSorted((a, b) => a.charIndex - b.charIndex)) {
    const title = product.characteristics?.[charIndex]?.values[valueIndex]?.title?.trim();
    if (title === undefined) return null;
    titles.push(title);
  }
  return titles.join(', ');
}
