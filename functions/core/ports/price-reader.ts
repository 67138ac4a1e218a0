import type { HistoryQuery, ProductPath } from '../../contract/api/requests.ts';
import type { ApiOffer, Drop, PriceAt, ProductSummary, Stretch } from '../../contract/api/responses.ts';

/** Where a page of a list ended: the values that the list is ordered by. */
export type PageKey = readonly (string | number)[];

export interface Keyed<T> {
  item: T;
  key: PageKey;
}

/** Which products, and with it the index that finds them and their order. */
export type ProductSelection =
  | { by: 'words'; words: string; marketplace: string | null }
  | { by: 'seller' | 'category'; marketplace: string; externalId: string }
  | { by: 'marketplace'; marketplace: string | null };

export interface ArchivedMonth {
  /** `2026-06` */
  readonly month: string;
  readonly endsAt: Date;
  /** It was put back, and is read like any other. */
  readonly isRestored: boolean;
}

/** The database as the read API asks it. Every method is one statement, whatever it is asked for (F07). */
export interface PriceReader {
  /** `matches` of a search only: it stops looking at a thousand, and then there are `more`. */
  products(
    selection: ProductSelection,
    after: PageKey | null,
    limit: number,
  ): Promise<{ rows: Keyed<ProductSummary>[]; matches: { count: number; more: boolean } | null }>;
  product(
    path: ProductPath,
  ): Promise<{ id: string; summary: ProductSummary; lastChangedAt: string | null } | null>;
  /** Of a product by the id that `product` gave. */
  offers(productId: string): Promise<ApiOffer[]>;
  history(
    productId: string,
    of: Pick<HistoryQuery, 'sku' | 'from' | 'to'>,
    after: PageKey | null,
    limit: number,
  ): Promise<Keyed<Omit<Stretch, 'archivedBefore'>>[]>;
  pricesAt(productId: string, at: Date): Promise<{ prices: PriceAt[]; archivedSkus: string[] }>;
  /** Months that have left the database, oldest first. Asked after what may lack them. */
  archivedMonths(): Promise<ArchivedMonth[]>;
  /** Null items are drops that late observations have taken back. */
  drops(
    of: { marketplace: string | null; since: Date; until: Date },
    after: PageKey | null,
    limit: number,
  ): Promise<Keyed<Drop | null>[]>;
}
