import { isRecord } from '../shared/values.ts';
import { readBlock } from './blocks.ts';

type Node = Readonly<Record<string, unknown>>;

/** The nodes of a page's JSON-LD, out of lists and graphs; `faults` are blocks that could not be read. */
export function readJsonLd(blocks: readonly string[]): { nodes: Node[]; faults: string[] } {
  const nodes: Node[] = [];
  const faults: string[] = [];
  for (const text of blocks) {
    const block = readBlock(text);
    if ('fault' in block) {
      faults.push(`JSON-LD: ${block.fault}`);
      continue;
    }
    const stated = isRecord(block.value) ? (block.value['@graph'] ?? block.value) : block.value;
    nodes.push(...(Array.isArray(stated) ? stated : [stated]).filter(isRecord));
  }
  return { nodes, faults };
}

/** Whether a node is of a schema.org type; `@type` may be a list. */
export function isOfType(node: unknown, type: string): node is Node {
  if (!isRecord(node)) return false;
  const stated = node['@type'];
  return Array.isArray(stated) ? stated.includes(type) : stated === type;
}

/** The product that the page is about. List pages have a `Product` too, with an `AggregateOffer`: it describes the list. */
export function findProduct(nodes: readonly Node[]): Node | null {
  return nodes.find((node) => isOfType(node, 'Product') && !isAggregate(node)) ?? null;
}

function isAggregate(product: Node): boolean {
  const offers = product['offers'];
  return (Array.isArray(offers) ? offers : [offers]).some((offer) => isOfType(offer, 'AggregateOffer'));
}

/** What a page about many offers of one product says of them: how many there are, or the lowest price. Null when nothing is offered. */
export function aggregateOf(nodes: readonly Node[]): { title: unknown; offers: string | null } | null {
  const product = nodes.find((node) => isOfType(node, 'Product') && isAggregate(node));
  if (!product) return null;
  const stated = product['offers'];
  const offer = (Array.isArray(stated) ? stated : [stated]).find((one) => isOfType(one, 'AggregateOffer'));
  const { offerCount, lowPrice } = isRecord(offer) ? offer : {};
  const isOffered = Number(offerCount ?? 0) > 0 || Number(lowPrice ?? 0) > 0;
  return {
    title: product['name'],
    offers: isOffered ? `${offerCount ?? 'some'} offers from ${lowPrice}` : null,
  };
}

/** What JSON-LD says about the price to pay. `unclear`: there is an offer, but not one single price. */
export type LdOffer =
  | { is: 'absent'; soldOut?: true }
  | { is: 'unclear'; detail: string }
  | { is: 'stated'; price: string | number; currency: string | null; soldOut: boolean };

/** Reads `offers`: one Offer, or a list of them as older pages have. */
export function ldOfferOf(product: Node | null): LdOffer {
  const stated = product?.['offers'];
  if (stated === null || stated === undefined) return { is: 'absent' };
  const offers = Array.isArray(stated) ? stated : [stated];
  const [offer] = offers;
  if (offers.length !== 1 || !isOfType(offer, 'Offer'))
    return { is: 'unclear', detail: `${offers.length} offers in JSON-LD, not one Offer` };
  const { price, priceCurrency: currency, availability } = offer;
  const soldOut = /OutOfStock|SoldOut|Discontinued/i.test(String(availability));
  if (soldOut && (price === null || price === undefined || price === '' || Number(price) === 0))
    return { is: 'absent', soldOut: true };
  if ((typeof price !== 'string' || price.trim() === '') && typeof price !== 'number')
    return { is: 'unclear', detail: 'an Offer in JSON-LD without its price' };
  return { is: 'stated', price, currency: typeof currency === 'string' ? currency : null, soldOut };
}

/** `seller.name` of the offer, where JSON-LD has it. */
export function ldSellerName(product: Node | null): string | null {
  const stated = product?.['offers'];
  const offer = Array.isArray(stated) ? stated[0] : stated;
  const seller = isRecord(offer) ? offer['seller'] : null;
  return isRecord(seller) && typeof seller['name'] === 'string' ? seller['name'] : null;
}

/** The ids in the address that JSON-LD gives the product: `/product--{slug}/{productId}?sku={sku}&uniqueId={businessId}`. */
export interface LdAddress {
  host: string;
  productId: string;
  sku: string | null;
  businessId: string | null;
}
export function ldAddressOf(product: Node | null): LdAddress | null {
  const stated = product?.['url'];
  if (typeof stated !== 'string' || !URL.canParse(stated)) return null;
  const { hostname, pathname, searchParams } = new URL(stated);
  const productId = /^\/(?:\w\w\/)?product--[^/]*\/(\d+)/.exec(pathname)?.[1];
  if (productId === undefined) return null;
  return {
    host: hostname,
    productId,
    sku: searchParams.get('sku'),
    businessId: searchParams.get('uniqueId') ?? searchParams.get('businessId'),
  };
}
