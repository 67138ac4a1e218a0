import { attribute } from '../text.ts';
import {
  breadcrumbs,
  composeId,
  jsonLd,
  listingLd,
  offerZone,
  patch,
  priceCollections,
  productLd,
  type Style,
  snippet,
  visiblePrice,
} from './blocks.ts';
import { type Filler, fillerFor } from './filler.ts';
import type { MarketState, Navnode } from './showcase.ts';

const website = jsonLd({
  '@context': 'https://schema.org',
  '@type': 'WebSite',
  url: 'https://market.yandex.uz',
  potentialAction: { '@type': 'SearchAction', 'query-input': 'required name=search_term_string' },
});

const start = (page: string, title: string) =>
  `<!DOCTYPE html><!--BEGIN [@marketfront/Root] / static--><html prefix="og: http://ogp.me/ns#" lang="ru" data-zone-data="{&quot;service&quot;:&quot;market&quot;,&quot;page&quot;:&quot;${page}&quot;}"><head><meta charset="utf-8"><title>${attribute(title)}</title>`;

function assemble(filler: Filler, head: string, first: string, second: string): Buffer {
  return Buffer.concat([
    Buffer.from(head),
    filler.head,
    Buffer.from(first),
    filler.middle,
    Buffer.from(second),
    filler.tail,
  ]);
}

/** The page's own idea of where it is. */
function whereabouts(pageId: string, params: Record<string, string>, path: string, style: Style): string {
  const current = { id: 'current', params, pageId };
  const url = {
    id: 'current',
    host: 'market.yandex.uz',
    pathname: path,
    href: `https://market.yandex.uz${path}`,
  };
  return patch({ collections: { pageParams: { current }, url: { current: url } } }, style);
}

/** A product page, with offers of other products around it. */
export function productPage(
  state: MarketState,
  related: readonly MarketState[],
  path: string,
  style: Style,
): Buffer {
  const { product, price } = state;
  const id = composeId(state);
  const first = [
    website,
    breadcrumbs(product.node),
    productLd(state, style),
    whereabouts('market:product', { slug: product.slug, productId: String(product.modelId) }, path, style),
    offerZone(state, 'offer', style.absurd),
  ].join('');
  const { title, wareId, shop } = product;
  const buyOption = { id: `bi_${id}`, title, offerId: wareId, slug: product.slug };
  const second = [
    patch({ collections: { title: { [id]: { raw: title } }, ...priceCollections(state, style) } }, style),
    patch(
      {
        collections: {
          businessRatingStats: { [id]: { shopName: shop.name, ratingValue: 4.7, ratingCount: 10 } },
          ...(price ? { buyOption: { [`bi_${id}`]: buyOption } } : {}),
          shopInfo: {
            [id]: { name: shop.name, shopId: String(shop.shopId), businessId: String(shop.businessId) },
          },
        },
        widgets: {
          '@card/ProductSpec': { '/content/spec/0': { spec: { name: 'Бренд', value: product.brand } } },
        },
      },
      style,
    ),
    `<h1 data-auto="productCardTitle">${attribute(title)}</h1>`,
    price ? visiblePrice(price) : '<div data-auto="out-of-stock">Нет в продаже</div>',
    `<div data-auto="shop-info-title"><span>${attribute(shop.name)}</span></div>`,
    ...related.map(
      (other) => offerZone(other, 'relatedOffer', null) + snippet(other, { ...style, absurd: null }),
    ),
  ].join('');
  return assemble(fillerFor(product.number), start('market:product', title), first, second);
}

/** The page of a product that is not (any more) there: still a product page, with a failure in it. */
export function missingPage(id: string, path: string): Buffer {
  const style: Style = { older: false, absurd: null };
  const first =
    website + whereabouts('market:product', { slug: `product-${id}`, productId: id }, path, style);
  const failure = `<div data-zone-name="FatalError"><div data-auto="failure"><h2>Такого товара у нас нет</h2><p>Но вы обязательно найдете что-нибудь нужное!</p></div></div>${patch({ widgets: { '@card/FatalErrorSmall': { '/content/fatalError': {} } } }, style)}`;
  return assemble(fillerFor(0), start('market:product', 'Market Yandex Go'), first, failure);
}

/** A page of a category or of a search. */
export interface Listing {
  readonly node: Navnode | null;
  readonly text: string | null;
  readonly page: number;
  readonly pageCount: number;
  readonly itemsPerPage: number;
  readonly total: number;
  readonly states: readonly MarketState[];
}

export function listingPage(listing: Listing, path: string, style: Style): Buffer {
  const { node, text, page, pageCount, itemsPerPage, total, states } = listing;
  const title = node?.title ?? text ?? '';
  const prices = states.flatMap(({ price }) => (price ? [price.now] : []));
  const pageId = node ? 'market:list' : 'market:search';
  const params: Record<string, string> = node
    ? { nid: String(node.nid), slug: node.slug }
    : { text: text ?? '' };
  const result = {
    id: 'ab12',
    entity: 'visibleSearchResult',
    page,
    pageCount,
    itemsPerPage,
    hasNextPage: page < pageCount,
    total,
    sortId: 'dpop',
    sortIds: ['dpop', 'aprice', 'dprice', 'rating'],
    ...(node ? { nid: node.nid, hids: [node.hid] } : { text }),
  };
  const first = [
    website,
    node ? breadcrumbs(node) : '',
    prices.length > 0 ? listingLd(title, prices) : '',
    whereabouts(pageId, params, path, style),
    patch({ collections: { visibleSearchResult: { ab12: result } } }, style),
  ].join('');
  const second = states.map((state) => snippet(state, style)).join('');
  return assemble(fillerFor(page), start(pageId, title), first, second);
}

/** A page that has been rebuilt without any of the marks that anybody knows. */
export function foreignPage(states: readonly MarketState[]): Buffer {
  const items = states.map(({ product, price }) => ({
    ref: product.modelId,
    label: product.title,
    cost: price?.now,
  }));
  const filler = fillerFor(1);
  return Buffer.concat([
    Buffer.from(start('market', 'Market')),
    filler.head,
    Buffer.from(
      `<div id="app"></div><script>window.__STATE__=${JSON.stringify({ items }).replaceAll('<', '\\u003c')}</script></body></html>`,
    ),
  ]);
}
