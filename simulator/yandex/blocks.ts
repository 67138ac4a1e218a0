import type { Absurdity } from '../site.ts';
import { attribute, grouped } from '../text.ts';
import type { MarketState, Navnode } from './showcase.ts';

type Json = Record<string, unknown>;

/** How the parts of a page are to be written. */
export interface Style {
  /** The form of 2024: JSON-LD with objects and arrays, patches escaped as HTML. */
  readonly older: boolean;
  readonly absurd: Absurdity | null;
}

/** Prices in a pending cart item are fixed-point numbers with seven decimals. */
const FIXED_POINT = 10_000_000;

/** A price as the page is to state it; undefined leaves the key out. */
function stated(price: number, absurd: Absurdity | null): number | undefined {
  if (absurd === null) return price;
  return { zero: 0, negative: -price, huge: 1e15, missing: undefined }[absurd];
}

export const composeId = ({ product }: MarketState): string => `3526618${product.modelId}90`;

/** JSON that cannot end the script around it. */
const scriptJson = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

export function jsonLd(value: Json): string {
  return `<script type="application/ld+json">${scriptJson(value)}</script>`;
}

/** A patch of collections and widgets, the form in which pages carry their data. */
export function patch(content: { widgets?: Json; collections?: Json }, style: Style): string {
  const json = JSON.stringify({ widgets: {}, ...content, meta: {} });
  const text = style.older ? attribute(json) : json.replaceAll('</', '<\\/');
  return `<noframes data-apiary="patch">${text}</noframes>`;
}

export const productUrl = ({ product }: MarketState): string =>
  `https://market.yandex.uz/product--${product.slug}/${product.modelId}?sku=${product.sku}&uniqueId=${product.shop.businessId}`;

/** The address that listings link to, with the tracking that nobody should store. */
const cardPath = ({ product }: MarketState): string =>
  `/card/${product.slug}/${product.cardId}?do-waremd5=${product.wareId}&cpc=${product.wareId}_${'abcDEF123'.repeat(9)}&nid=${product.node.nid}&show-uid=1765275924${product.number}`;

/** The Product block of a product page. Sold out: no offer at all. */
export function productLd(state: MarketState, style: Style): string {
  const { product, price } = state;
  const value = price ? stated(price.now, style.absurd) : undefined;
  const offer = {
    '@type': 'Offer',
    availability: 'https://schema.org/InStock',
    ...(value === undefined ? {} : { price: String(value) }),
    priceCurrency: 'UZS',
    ...(style.older ? { seller: { '@type': 'Organization', name: product.shop.name } } : {}),
  };
  return jsonLd({
    '@type': 'Product',
    '@context': 'https://schema.org',
    brand: style.older ? { '@type': 'Brand', name: product.brand } : product.brand,
    image: `https://avatars.mds.yandex.net/get-mpic/1865278/${product.wareId}/orig`,
    description: `${product.title} — купить в интернет-магазине ${product.shop.name} на Market Yandex Go.`,
    name: product.title,
    ...(price ? { offers: style.older ? [offer] : offer } : {}),
    ...(product.number % 3 === 0
      ? {
          aggregateRating: {
            '@type': 'AggregateRating',
            ratingValue: '5',
            reviewCount: '2',
            ratingCount: '2',
          },
        }
      : {}),
    url: productUrl(state),
  });
}

/** The Product block of listings: it describes the page, not a product. */
export function listingLd(title: string, prices: readonly number[]): string {
  return jsonLd({
    '@type': 'Product',
    '@context': 'https://schema.org',
    name: `${title} купить по низкой цене в Ташкенте`,
    offers: {
      '@type': 'AggregateOffer',
      lowPrice: Math.min(...prices),
      highPrice: Math.max(...prices),
      offerCount: prices.length,
      priceCurrency: 'UZS',
    },
  });
}

export function breadcrumbs(node: Navnode): string {
  const item = (position: string, id: string, name: string) => ({
    '@type': 'ListItem',
    position,
    item: { '@id': id, name },
  });
  return jsonLd({
    '@type': 'BreadcrumbList',
    '@context': 'https://schema.org',
    itemListElement: [item('1', `/catalog--${node.slug}/${node.nid}/list?hid=${node.hid}`, node.title)],
  });
}

/** The collections that carry the price. */
export function priceCollections(state: MarketState, style: Style): Json {
  const { price } = state;
  if (!price) return { outOfStock: { [composeId(state)]: { title: 'Нет в продаже' } } };
  const now = stated(price.now, style.absurd);
  const { before } = price;
  const old =
    before === null
      ? {}
      : { oldPrice: { amount: { intPart: String(before), currency: 'UZS' }, style: 'STRIKETHROWED' } };
  const six = (amount: number | undefined) => ({
    type: 'price',
    value: amount === undefined ? '' : `${amount}.000000`,
    unit: 'сум',
  });
  return {
    price: {
      [composeId(state)]: {
        mainPrice: { price: { value: now, currency: 'UZS' }, type: before === null ? 'regular' : 'discount' },
        ...(before === null
          ? {}
          : {
              oldPrices: [{ price: { value: before, currency: 'UZS' }, type: 'withoutDiscount' }],
              absoluteDiscount: { value: before - price.now, currency: 'UZS' },
              discountPercent: Math.round((1 - price.now / before) * 100),
            }),
        isPersonalDiscount: false,
        snippetPrice: {
          actualPrice: {
            amount: { intPart: now === undefined ? '' : String(now), currency: 'UZS' },
            style: 'RED',
            type: 'OTHER_DISCOUNT',
          },
          ...old,
        },
      },
    },
    priceOffer: {
      [composeId(state)]: {
        prices: [
          { content: [six(now), { type: 'literal', value: ' ', feature: 'MINOR' }], feature: 'SALE_MAIN' },
          ...(before === null
            ? []
            : [{ content: [{ ...six(before), feature: 'MINOR_CROSSED' }], feature: 'MINOR' }]),
        ],
      },
    },
  };
}

/** The zone of an offer, whose `price` is the one before discount. */
export function offerZone(state: MarketState, name: string, absurd: Absurdity | null): string {
  const { product, price } = state;
  if (!price) return '';
  const data = {
    location: 'DEFAULT_OFFER',
    price: stated(price.before ?? price.now, absurd),
    hid: product.node.hid,
    wareId: product.wareId,
    shopId: product.shop.shopId,
    businessId: product.number % 2 === 0 ? String(product.shop.businessId) : product.shop.businessId,
    supplierId: product.shop.shopId + 7,
    type: 'offer',
    modelId: product.modelId,
    marketSku: String(product.sku),
    additionalPrices: [
      { priceType: 'unknown', priceValue: Math.round(price.now * 0.9) },
      ...(price.before === null
        ? []
        : [{ priceType: 'withDiscount', priceValue: stated(price.now, absurd) }]),
    ],
    articleNumber: product.cardId,
    oskuId: product.cardId,
    title: product.title,
  };
  return `<div data-zone-name="${name}" data-zone-data="${attribute(JSON.stringify(data))}"></div>`;
}

/** What a reader sees of a price. */
export function visiblePrice(price: { now: number; before: number | null }): string {
  const shown = (amount: number) => grouped(amount).replaceAll(' ', '\u2009');
  const old =
    price.before === null ? '' : `<span data-auto="snippet-price-old">${shown(price.before)} сум</span>`;
  return `<span data-auto="snippet-price-current"><span>${shown(price.now)}</span> сум</span>${old}`;
}

/** A product in a listing: what is seen, and the patch of its cart button. */
export function snippet(state: MarketState, style: Style): string {
  const { product, price } = state;
  if (!price) return '';
  const now = stated(price.now, style.absurd);
  const item = {
    offerId: product.wareId,
    productId: product.modelId,
    skuId: product.sku,
    shopId: product.shop.shopId,
    price: {
      value: now === undefined ? undefined : now * FIXED_POINT,
      currency: 'UZS',
      valueFmt: now === undefined ? undefined : String(now),
    },
    hid: product.node.hid,
    name: product.title,
    count: 7,
    vendorId: 152_722,
    ...(price.before === null ? {} : { oldPrice: price.before * FIXED_POINT }),
    categoryId: product.node.hid,
  };
  const path = `/content/page/fancyPage/defaultPage/serpEntity${product.modelId}/addToCartButton`;
  const button = { [path]: { isNotAuthUser: true, offerId: product.wareId, pendingCartItem: item } };
  const zone = attribute(
    JSON.stringify({ productId: product.modelId, skuId: String(product.sku), position: 1 }),
  );
  return `<article data-zone-name="productSnippet" data-zone-data="${zone}"><a data-auto="snippet-link" href="${attribute(cardPath(state))}"><span data-auto="snippet-title">${attribute(product.title)}</span></a>${visiblePrice(price)}</article>${patch({ widgets: { '@light/AddToCartButton': button } }, style)}`;
}
