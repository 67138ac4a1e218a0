import type { Amount } from '../../core/model/money.ts';
import { type Checked, checkOldPrice, checkPrice, firstIssue } from '../shared/values.ts';
import { type ApiPrice, apiPrice, type PageAd } from './schemas.ts';

/** ISO 4217's code for "no currency": an ad that is free, an exchange or a job states none, and none is assumed. */
export const noCurrency = 'XXX';
const decimals = 2;
/** Dollars and sums differ by four orders of magnitude; a discount never comes near this factor. */
const otherCurrencyFactor = 100;

/** What an ad says about money. `price` null: no price was asked. `extra` is kept beside it, never instead of it. */
export interface AdPrice {
  price: Amount | null;
  oldPrice: Amount | null;
  currency: string;
  extra: Record<string, unknown>;
}
/** `unknown` when the shape is not one we know, `impossible` when its values cannot be. */
export type PriceFault = { unknown: string } | { impossible: string };

const none = (reason: string | null, currency: string | null | undefined): AdPrice => ({
  price: null,
  oldPrice: null,
  currency: currency != null && isCurrency(currency) ? currency : noCurrency,
  extra: reason === null ? {} : { priceType: reason },
});

const isCurrency = (code: string): boolean => /^[A-Z]{3}$/.test(code);

/**
 * The price among an API ad's params, found by its key. `UYE` (a conventional unit read as US dollars) stays the price; the
 * sums that OLX converts it to follow the day's rate and are extra. `label` may be in another currency and is not read.
 */
export function priceOfParams(
  params: readonly { key: string; type?: string | null | undefined; value?: unknown }[],
): AdPrice | PriceFault {
  const entry = params.find(({ key }) => key === 'price');
  if (!entry || entry.value === null || entry.value === undefined) {
    const job = params.some(({ key, type }) => key === 'salary' || type === 'salary');
    return none(job ? 'salary' : null, null);
  }
  if (entry.type === 'salary') return none('salary', null);
  if (entry.type != null && entry.type !== 'price')
    return { unknown: `params.price.type: expected price, got ${entry.type}` };
  const parsed = apiPrice.safeParse(entry.value);
  if (!parsed.success) return { unknown: firstIssue(parsed.error, 'params.price.value') };
  return priceOfValue(parsed.data);
}

function priceOfValue(stated: ApiPrice): AdPrice | PriceFault {
  const { type, value, currency } = stated;
  if (type === 'free' || type === 'exchange') return none(type, currency);
  if (type != null && type !== 'price' && type !== 'arranged')
    return { unknown: `params.price.value.type: no known kind of price (${type})` };
  // "Negotiable" without a figure; OLX sends null or 0.
  if (value == null || (value === 0 && type === 'arranged')) return none(type ?? null, currency);
  const base = pricePair(value, currency);
  if (!('price' in base)) return base;
  const old = oldPriceOf(stated, value, base.price);
  if ('fault' in old) return { impossible: old.fault };
  return { ...base, oldPrice: old.value, extra: extraOf(stated) };
}

function pricePair(
  value: number,
  currency: string | null | undefined,
): { price: Amount; oldPrice: null; currency: string; extra: Record<string, unknown> } | PriceFault {
  if (currency == null || !isCurrency(currency))
    return { unknown: `price without a known currency (${currency ?? 'none'})` };
  const price = checkPrice(value, 'price', decimals);
  if ('fault' in price) return { impossible: price.fault };
  return { price: price.value, oldPrice: null, currency, extra: {} };
}

/** The crossed-out price, unless it is evidently in the currency that the price was stated in before an edit. */
function oldPriceOf(stated: ApiPrice, value: number, price: Amount): Checked<Amount | null> {
  const previous = stated.previous_value;
  const old = checkOldPrice(previous, price, 'previous_value', decimals);
  if ('fault' in old || old.value === null || previous == null) return old;
  if (previous > value * otherCurrencyFactor) return { value: null };
  const { converted_value: converted, converted_previous_value: convertedPrevious } = stated;
  if (converted != null && convertedPrevious != null && previous > 0) {
    const drift = convertedPrevious / previous / (converted / value);
    if (!(drift > 0.5 && drift < 2)) return { value: null };
  }
  return old;
}

function extraOf(stated: ApiPrice): Record<string, unknown> {
  const extra: Record<string, unknown> = {};
  if (stated.type === 'arranged') extra['priceType'] = 'arranged';
  const { converted_value: value, converted_currency: currency } = stated;
  if (value == null || currency == null || currency === stated.currency) return extra;
  const converted = checkPrice(value, 'converted_value', decimals);
  if ('value' in converted) extra['converted'] = { price: converted.value, currency };
  return extra;
}

/** The price of an ad's own page, which states the seller's figure and currency (list pages state conversions). */
export function priceOfPage(ad: PageAd): AdPrice | PriceFault {
  if (ad.isJob === true || (ad.salary !== null && ad.salary !== undefined)) return none('salary', null);
  const regular = ad.price?.regularPrice;
  if (ad.price?.free === true) return none('free', regular?.currencyCode);
  if (ad.price?.exchange === true) return none('exchange', regular?.currencyCode);
  if (regular?.value == null) return none(null, regular?.currencyCode);
  if (regular.currencyCode === 'UZS' && /у\.\s?е|y\.\s?e|\$/i.test(ad.price?.displayValue ?? ''))
    return { impossible: `price is a conversion: UZS beside "${ad.price?.displayValue}"` };
  return pricePair(regular.value, regular.currencyCode);
}
