import type { Snapshot } from '../../core/model/snapshot.ts';
import { aggregateOf, type LdAddress, ldAddressOf, ldSellerName } from './json-ld.ts';
import { type MarketPage, statedAddress } from './page.ts';
import { type Collections, entryOf, idsOf } from './patches.ts';
import { offerZones } from './zones.ts';

/** What a product page says of the product besides its price. */
export interface ProductFacts {
  productId: string;
  /** What is wrong with these facts together, or null. */
  conflict: string | null;
  /** The key of the product's own entries in the collections; other keys are other offers. */
  composeId: string | null;
  title: string | null;
  sku: string | null;
  wareId: string | null;
  seller: Snapshot['seller'];
  /** The site's host, wherever the page names it. */
  hosts: readonly string[];
  /** Whether the page shows an offer of this product. Looks through the whole page: for pages without a price. */
  hasOfferZone(): boolean;
}

/** Gathers them from the collections, the address in JSON-LD, and the zones of offers, in this order. */
export function productFacts(market: MarketPage, url: string): ProductFacts | { unknown: string } {
  const { collections, product } = market;
  const composeId = mainComposeId(collections);
  const compose = entryOf(collections, 'compose', composeId);
  const address = ldAddressOf(product);
  const ids = identify(market, url, compose, address);
  if ('unknown' in ids) return ids;
  const { productId } = ids;
  // The address of another product says nothing about this one.
  const own = address?.productId === productId ? address : null;
  const statedWare =
    wareOf(compose?.['offerId']) ?? wareOf(entryOf(collections, 'buyOption', null)?.['offerId']);
  const hasIds = idOf(compose?.['skuId']) !== null || (own?.sku != null && own.businessId !== null);
  const zone = hasIds ? null : findZone(market, productId, statedWare);
  const sku = idOf(compose?.['skuId']) ?? idOf(own?.sku) ?? idOf(zone?.['marketSku']);
  return {
    productId,
    conflict: ids.conflict,
    composeId,
    title:
      textOf(entryOf(collections, 'title', composeId)?.['raw']) ??
      textOf(product?.['name']) ??
      textOf(aggregateOf(market.nodes)?.title),
    sku,
    wareId: statedWare ?? wareOf(zone?.['wareId']),
    seller: sellerOf(market, composeId, compose, own, zone),
    hosts: [statedAddress(market)?.host, own?.host].filter((host) => host !== undefined),
    hasOfferZone: () => findZone(market, productId, null) !== null,
  };
}

/** The page names its main offer; pages of one offer need not. */
function mainComposeId(collections: Collections): string | null {
  const main = entryOf(collections, 'offerPlaces', 'mainDefaultOffer')?.['composeId'];
  if (typeof main === 'string') return main;
  const view = collections.byName.get('views')?.['defaultOffer'];
  const item = typeof view === 'string' ? entryOf(collections, 'viewItem', view)?.['composeId'] : null;
  if (typeof item === 'string') return item;
  for (const name of ['compose', 'price', 'title'] as const) {
    const ids = idsOf(collections, name);
    if (ids.length > 1) return null;
    if (ids[0] !== undefined) return ids[0];
  }
  return null;
}

/**
 * The model id. The number in `/card/` addresses is another one, of an offer: there the main offer or JSON-LD tells. On
 * `/product--` pages these must agree with what was asked for.
 */
function identify(
  { params, collections }: MarketPage,
  url: string,
  compose: Record<string, unknown> | null,
  address: LdAddress | null,
): { productId: string; conflict: string | null } | { unknown: string } {
  const asked = params['productId'];
  const shown = idOf(compose?.['productId']) ?? address?.productId ?? null;
  if (asked !== undefined && asked !== null && idOf(asked) === null)
    return { unknown: `pageParams: productId is not a number (${JSON.stringify(asked).slice(0, 40)})` };
  const pathname = entryOf(collections, 'url', 'current')?.['pathname'];
  const isCard = [new URL(url).pathname, pathname].some(
    (path) => typeof path === 'string' && path.startsWith('/card/'),
  );
  const productId = isCard ? (shown ?? idOf(asked)) : (idOf(asked) ?? shown);
  if (productId === null) return { unknown: 'the page does not state the id of its product' };
  const disagrees = !isCard && shown !== null && shown !== productId;
  return {
    productId,
    conflict: disagrees ? `the page of product ${productId} offers product ${shown}` : null,
  };
}

function sellerOf(
  { collections, product }: MarketPage,
  composeId: string | null,
  compose: Record<string, unknown> | null,
  address: LdAddress | null,
  zone: Record<string, unknown> | null,
): Snapshot['seller'] {
  const shop = entryOf(collections, 'shopInfo', composeId);
  const externalId =
    idOf(compose?.['businessId']) ??
    idOf(shop?.['businessId']) ??
    idOf(address?.businessId) ??
    idOf(zone?.['businessId']);
  const title =
    textOf(entryOf(collections, 'businessRatingStats', composeId)?.['shopName']) ??
    textOf(shop?.['name']) ??
    textOf(ldSellerName(product));
  return externalId !== null && title !== null ? { externalId, title } : null;
}

/** The zone of the product's main offer: of the ware when it is known, else the first that is of this product. */
function findZone(
  { bytes }: MarketPage,
  productId: string,
  wareId: string | null,
): Record<string, unknown> | null {
  for (const zone of offerZones(bytes)) {
    if (idOf(zone['modelId']) !== productId || wareOf(zone['wareId']) === null) continue;
    if (wareId === null || zone['wareId'] === wareId) return zone;
  }
  return null;
}

/** An id as text; the same ones come as numbers and as text. */
export function idOf(raw: unknown): string | null {
  const text = typeof raw === 'number' && Number.isSafeInteger(raw) ? String(raw) : raw;
  return typeof text === 'string' && /^[1-9]\d{0,19}$/.test(text) ? text : null;
}

/** A ware id: 22 characters of base64, but any short word is taken. */
const wareOf = (raw: unknown): string | null =>
  typeof raw === 'string' && /^[\w-]{4,64}$/.test(raw) ? raw : null;

function textOf(raw: unknown): string | null {
  const text = typeof raw === 'string' ? raw.trim() : '';
  return text === '' ? null : text;
}
