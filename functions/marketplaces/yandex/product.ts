import type { Page, PageResult, ParseContext } from '../../core/marketplace.ts';
import type { Offer, Snapshot } from '../../core/model/snapshot.ts';
import { formatChanged, rejected } from '../shared/refusals.ts';
import { foreignThing } from '../shared/values.ts';
import { categoryOf } from './category.ts';
import { type ProductFacts, productFacts } from './facts.ts';
import { aggregateOf, type LdOffer, ldOfferOf } from './json-ld.ts';
import type { MarketPage } from './page.ts';
import { entryOf, idsOf } from './patches.ts';
import { type PagePrice, type PriceFault, priceOf } from './price.ts';

/** What prices are in where the page itself does not say: sold-out products have no price to state it with. */
const currencyOfHost: Readonly<Record<string, string>> = {
  'market.yandex.uz': 'UZS',
  'market.yandex.ru': 'RUB',
};
/** ISO 4217's code for "no currency": a sold-out product on a site that nobody knows. */
const noCurrency = 'XXX';

/** Parses the page of one product: one offer, the one that the page sells by default. */
export function parseProduct(market: MarketPage, page: Page, context: ParseContext): PageResult {
  const facts = productFacts(market, page.url);
  if ('unknown' in facts) return formatChanged(facts.unknown);
  const foreign = foreignThing('product', facts.productId, context) ?? facts.conflict;
  if (foreign !== null) return rejected(foreign);
  if (facts.title === null) return formatChanged(`product ${facts.productId} has no title`);

  const money = moneyOf(market, facts);
  if ('unknown' in money) return formatChanged(`product ${facts.productId}: ${money.unknown}`);
  if ('impossible' in money) return rejected(`product ${facts.productId}: ${money.impossible}`);
  const stated = money.currency ?? context.currency ?? hostCurrency(facts, page.url);
  const currency = stated ?? (money.price === null ? noCurrency : null);
  if (currency === null)
    return rejected(`product ${facts.productId}: its price has no currency. State it with --currency`);
  return {
    outcome: 'ok',
    schema: `product-${money.source}`,
    oldShape: market.collections.escaped || money.source === 'json-ld',
    snapshots: [snapshotOf(market, facts, facts.title, money, currency, page)],
    references: [],
  };
}

function moneyOf(market: MarketPage, facts: ProductFacts): PagePrice | PriceFault {
  const { collections } = market;
  const ld = ldOfferOf(market.product);
  const money = priceOf(entryOf(collections, 'price', facts.composeId), ld);
  if ('price' in money && money.price === null) return soldOut(market, facts, ld, money);
  return money;
}

/**
 * A product without a price is sold out only if the page has no other sign of an offer: a price that is merely not found
 * any more is a changed format, and must not become "sold out" all over the catalogue.
 */
function soldOut(
  market: MarketPage,
  facts: ProductFacts,
  ld: LdOffer,
  money: PagePrice,
): PagePrice | PriceFault {
  const { collections } = market;
  if (market.faults.length > 0) return { unknown: `no price, and ${market.faults[0]}` };
  if (idsOf(collections, 'outOfStock').length > 0) return money;
  // The page's own word that it is sold out: what else is offered on it is of other products.
  if (ld.is === 'absent' && ld.soldOut === true) return money;
  const sign = (['price', 'priceOffer', 'buyOption'] as const).find(
    (name) => idsOf(collections, name).length > 0,
  );
  if (sign !== undefined) return { unknown: `no price, although the collection ${sign} is not empty` };
  const offers = aggregateOf(market.nodes)?.offers ?? null;
  if (offers !== null) return { unknown: `no price, although JSON-LD states ${offers}` };
  if (facts.hasOfferZone()) return { unknown: 'no price, although the page shows an offer' };
  return money;
}

function hostCurrency(facts: ProductFacts, url: string): string | null {
  for (const host of [new URL(url).hostname, ...facts.hosts]) {
    const currency = currencyOfHost[host];
    if (currency !== undefined) return currency;
  }
  return null;
}

function snapshotOf(
  market: MarketPage,
  facts: ProductFacts,
  title: string,
  money: PagePrice,
  currency: string,
  page: Page,
): Snapshot {
  const ld = ldOfferOf(market.product);
  const inStock = money.price !== null && !(ld.is === 'stated' && ld.soldOut);
  const offer: Offer = {
    externalId: facts.sku ?? facts.wareId ?? facts.productId,
    title: null,
    price: money.price,
    oldPrice: money.oldPrice,
    available: null,
    availability: inStock ? 'in_stock' : 'out_of_stock',
  };
  const extra = { ...(facts.wareId === null ? {} : { wareId: facts.wareId }), ...money.extra };
  return {
    kind: 'product',
    externalId: facts.productId,
    observedAt: page.receivedAt.toISOString(),
    title,
    currency,
    seller: facts.seller,
    category: categoryOf(market.nodes),
    offers: [offer],
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}
