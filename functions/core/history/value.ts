import { type Amount, compareAmounts, parseAmount } from '../model/money.ts';
import { type Availability, availabilities, type Offer } from '../model/snapshot.ts';

/** What price history keeps of one SKU at one instant. Stock counts are left out: they change at every visit. */
export interface ObservedValue {
  readonly price: Amount | null;
  readonly oldPrice: Amount | null;
  readonly currency: string;
  readonly availability: Availability;
}

/** The value of one offer, with its amounts in canonical form, so that equal amounts are equal strings. */
export function observedValue(offer: Offer, currency: string): ObservedValue {
  return {
    price: canonical(offer.price),
    oldPrice: canonical(offer.oldPrice),
    currency,
    availability: offer.availability,
  };
}

function canonical(amount: Amount | null): Amount | null {
  // Parsers emit the canonical form; only an amount with a point or a leading zero can be anything else.
  return amount !== null && (amount.startsWith('0') || amount.includes('.')) ? parseAmount(amount) : amount;
}

export function sameValue(a: ObservedValue, b: ObservedValue): boolean {
  return (
    a.price === b.price &&
    a.availability === b.availability &&
    a.oldPrice === b.oldPrice &&
    a.currency === b.currency
  );
}

/**
 * The fixed total order that breaks ties: of two values for one SKU at one instant, the greater stands. A stated price
 * is greater than none. The order means nothing else; it only has to be the same whatever arrives first.
 */
export function compareValues(a: ObservedValue, b: ObservedValue): number {
  return (
    compareNullable(a.price, b.price) ||
    compareNullable(a.oldPrice, b.oldPrice) ||
    compareText(a.currency, b.currency) ||
    availabilities.indexOf(a.availability) - availabilities.indexOf(b.availability)
  );
}

function compareNullable(a: Amount | null, b: Amount | null): number {
  if (a === null || b === null) return (a === null ? 0 : 1) - (b === null ? 0 : 1);
  return compareAmounts(a, b);
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

const jumpFactor = 100;

/**
 * Whether a price moved by a factor of 100 or more in either direction within one currency (F34): true of parser
 * faults and wrong units more often than of prices, so the point is kept and marked.
 */
export function isJump(from: ObservedValue, to: ObservedValue): boolean {
  if (from.price === null || to.price === null || from.currency !== to.currency) return false;
  // Doubles are good enough for a threshold; the amounts themselves stay exact.
  const before = Number(from.price);
  const after = Number(to.price);
  if (before === 0 || after === 0) return before !== after;
  return after / before >= jumpFactor || before / after >= jumpFactor;
}
