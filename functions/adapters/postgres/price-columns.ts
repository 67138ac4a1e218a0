import type { ProductSummary } from '../../contract/api/responses.ts';
import { type ProductKind, productKind } from '../../contract/api/values.ts';
import { availabilityCode, kindCode } from './values.ts';

/** What every statement that lists products gives of one, after the key of the row. */
export type SummaryColumns = [
  id: string,
  marketplace: string,
  kind: string,
  externalId: string,
  title: string | null,
  sellerId: string | null,
  sellerTitle: string | null,
  categoryId: string | null,
  categoryTitle: string | null,
  offers: number,
  lowest: string | null,
  highest: string | null,
  currency: string | null,
  currencies: number,
  lastSeenAt: number | null,
  goneSince: number | null,
  lastChangeAt: number | null,
];

/** A price, as the statements on offers, history and an instant give it. */
export type PriceColumns = [
  price: string | null,
  oldPrice: string | null,
  currency: string,
  availability: string,
];

/** A drop, after which the list goes on by its first three. Without a price, history does not say it any more. */
export type DropColumns = [
  fall: number,
  skuId: string,
  start: number,
  marketplace: string,
  kind: string,
  externalId: string,
  title: string | null,
  sku: string,
  skuTitle: string | null,
  before: string | null,
  confirmedUntil: number | null,
  price: string | null,
  currency: string | null,
  lastConfirmedAt: number | null,
  current: boolean,
];

/** `columns` may go on with what is not of the product. */
export function summaryOf(columns: readonly [...SummaryColumns, ...unknown[]]): ProductSummary {
  const [, marketplace, kind, externalId, title, sellerId, sellerTitle, categoryId, categoryTitle, ...rest] =
    columns;
  const [offers, lowest, highest, currency, currencies, lastSeenAt, goneSince] = rest;
  return {
    marketplace,
    kind: kindOf(kind),
    externalId,
    title,
    seller: sellerId === null ? null : { externalId: sellerId, title: sellerTitle ?? '' },
    category: categoryId === null ? null : { externalId: categoryId, title: categoryTitle ?? '' },
    offers,
    price:
      lowest === null || highest === null || currency === null || currencies !== 1
        ? null
        : { lowest, highest, currency },
    lastConfirmedAt: iso(lastSeenAt),
    goneSince: iso(goneSince),
  };
}

export function pricesOf([price, oldPrice, currency, availability]: PriceColumns) {
  return { price, oldPrice, currency, availability: availabilityCode.word(availability) };
}

export function kindOf(letter: string): ProductKind {
  return productKind.parse(kindCode.word(letter));
}

/** An instant as the API writes it, from the driver's epoch milliseconds. */
export function at(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

export function iso(milliseconds: number | null): string | null {
  return milliseconds === null ? null : at(milliseconds);
}
