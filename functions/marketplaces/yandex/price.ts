import { z } from 'zod';
import { type Amount, parseAmount } from '../../core/model/money.ts';
import { checkOldPrice, checkPrice, firstIssue } from '../shared/values.ts';
import type { LdOffer } from './json-ld.ts';

const decimals = 2;
const money = z.object({ value: z.number(), currency: z.string() });
/** An entry of the collection `price`. Its other keys repeat these, or are what some customers pay. */
const priceEntry = z.object({
  mainPrice: z.object({ price: money, type: z.string().nullish() }),
  oldPrices: z.array(z.object({ price: money.nullish(), type: z.string().nullish() })).nullish(),
  isPersonalDiscount: z.boolean().nullish(),
});
type PriceEntry = z.infer<typeof priceEntry>;

/** Words in `mainPrice.type` of prices that not everybody pays: with a bank card, for subscribers, with a promo code. */
const conditional = /bank|card|pay|plus|personal|promo.?code|green/i;

/** The price of a product page. `price` null: sold out. `source` names where it was found. */
export interface PagePrice {
  price: Amount | null;
  oldPrice: Amount | null;
  currency: string | null;
  source: 'collection' | 'json-ld' | 'none';
  extra: Record<string, unknown>;
}
/** `unknown` when the shape is not one we know, `impossible` when its values cannot be. */
export type PriceFault = { unknown: string } | { impossible: string };

/**
 * The price to pay: of the collection `price` when there is an entry, else of JSON-LD. Both are on most pages; where they
 * differ, the collection stands and the other one is kept in `extra.jsonLdPrice`. A discount that is for this visitor
 * alone is not the price: JSON-LD must say what everybody pays.
 */
export function priceOf(entry: Record<string, unknown> | null, ld: LdOffer): PagePrice | PriceFault {
  if (entry === null) return ldPrice(ld);
  const parsed = priceEntry.safeParse(entry);
  if (!parsed.success) return { unknown: firstIssue(parsed.error, 'collection price') };
  const { mainPrice, isPersonalDiscount } = parsed.data;
  if (isPersonalDiscount !== true && !conditional.test(mainPrice.type ?? ''))
    return collectionPrice(parsed.data, ld);
  const forEverybody = ldPrice(ld);
  if (!('price' in forEverybody)) return forEverybody;
  const { value } = mainPrice.price;
  const conditionalPrice = { price: String(value), type: mainPrice.type ?? 'personal' };
  if (forEverybody.price === null)
    return { impossible: `the only price is conditional (${conditionalPrice.type})` };
  if (forEverybody.price === parseAmount(value)) return collectionPrice(parsed.data, ld);
  return { ...forEverybody, extra: { conditionalPrice } };
}

function collectionPrice(entry: PriceEntry, ld: LdOffer): PagePrice | PriceFault {
  const { value } = entry.mainPrice.price;
  const currency = currencyCode(entry.mainPrice.price.currency);
  if (currency === null)
    return { unknown: `collection price: no known currency (${entry.mainPrice.price.currency})` };
  const price = checkPrice(value, 'mainPrice', decimals);
  if ('fault' in price) return { impossible: price.fault };
  const before = entry.oldPrices?.find(({ type }) => type === 'withoutDiscount')?.price;
  if (before && currencyCode(before.currency) !== currency)
    return { impossible: `mainPrice is in ${currency} but oldPrices in ${before.currency}` };
  const old = checkOldPrice(before?.value, price.value, 'oldPrices', decimals);
  if ('fault' in old) return { impossible: old.fault };
  const extra: Record<string, unknown> = {};
  if (ld.is === 'stated') {
    const other = checkPrice(ld.price, 'JSON-LD price', decimals);
    const otherCurrency = ld.currency === null ? currency : currencyCode(ld.currency);
    if (otherCurrency !== currency)
      return { impossible: `mainPrice is in ${currency} but JSON-LD in ${ld.currency}` };
    if ('fault' in other || other.value !== price.value) extra['jsonLdPrice'] = String(ld.price);
  }
  return { price: price.value, oldPrice: old.value, currency, source: 'collection', extra };
}

function ldPrice(ld: LdOffer): PagePrice | PriceFault {
  if (ld.is === 'unclear') return { unknown: ld.detail };
  if (ld.is === 'absent') return { price: null, oldPrice: null, currency: null, source: 'none', extra: {} };
  const currency = ld.currency === null ? null : currencyCode(ld.currency);
  if (ld.currency !== null && currency === null)
    return { unknown: `JSON-LD price: no known currency (${ld.currency})` };
  const price = checkPrice(ld.price, 'JSON-LD price', decimals);
  if ('fault' in price) return { impossible: price.fault };
  return { price: price.value, oldPrice: null, currency, source: 'json-ld', extra: {} };
}

/** ISO 4217. Yandex writes `RUR`, the code that roubles had until 1998. */
function currencyCode(stated: string): string | null {
  if (!/^[A-Z]{3}$/.test(stated)) return null;
  return stated === 'RUR' ? 'RUB' : stated;
}
