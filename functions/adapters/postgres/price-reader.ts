import type { HistoryQuery, ProductPath } from '../../contract/api/requests.ts';
import type { ApiOffer, Drop, PriceAt, ProductSummary, Stretch } from '../../contract/api/responses.ts';
import type {
  ArchivedMonth,
  Keyed,
  PageKey,
  PriceReader,
  ProductSelection,
} from '../../core/ports/price-reader.ts';
import type { Database } from './database.ts';
import {
  at,
  type DropColumns,
  iso,
  kindOf,
  type PriceColumns,
  pricesOf,
  type SummaryColumns,
  summaryOf,
} from './price-columns.ts';
import {
  ARCHIVED,
  DROPS,
  HISTORY,
  mostMatches,
  OFFERS,
  PING,
  PRICES_AT,
  PRODUCT,
  PRODUCTS,
  PRODUCTS_BY_CATEGORY,
  PRODUCTS_BY_SELLER,
  PRODUCTS_BY_WORDS,
  PRODUCTS_OF_MARKETPLACE,
} from './price-statements.ts';
import { wordsQuery } from './search-words.ts';
import { kindCode } from './values.ts';

const farPast = '1900-01-01T00:00:00.000Z';
const farFuture = '2900-01-01T00:00:00.000Z';
const greatestId = '9223372036854775807';

/** Reads prices with a bounded number of bounded statements; fails with RetryLater when the database cannot serve. */
export class PostgresPriceReader implements PriceReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async products(selection: ProductSelection, after: PageKey | null, limit: number) {
    if (selection.by === 'marketplace')
      return { rows: await this.#browse(selection.marketplace, after, limit), matches: null };
    const [id = '0'] = after ?? [];
    if (selection.by === 'words') {
      const rows = await this.#database.rows<[string, ...SummaryColumns, number]>(PRODUCTS_BY_WORDS, [
        selection.marketplace ?? '',
        wordsQuery(selection.words),
        id,
        limit,
      ]);
      const found = rows[0]?.at(-1);
      // A page beyond the last match has no row to say how many there were.
      const count = typeof found === 'number' ? found : 0;
      return {
        rows: rows.map(([key, ...columns]) => ({ key: [key], item: summaryOf(columns) })),
        matches: { count: Math.min(count, mostMatches), more: count > mostMatches },
      };
    }
    const statement = selection.by === 'seller' ? PRODUCTS_BY_SELLER : PRODUCTS_BY_CATEGORY;
    const rows = await this.#database.rows<[string, ...SummaryColumns]>(statement, [
      selection.marketplace,
      selection.externalId,
      id,
      limit,
    ]);
    return {
      rows: rows.map(([key, ...columns]) => ({ key: [key], item: summaryOf(columns) })),
      matches: null,
    };
  }

  async #browse(
    marketplace: string | null,
    after: PageKey | null,
    limit: number,
  ): Promise<Keyed<ProductSummary>[]> {
    const [marketplaceId = 0, kind = '', externalId = ''] = after ?? [];
    const rows = await this.#database.rows<[number, string, string, ...SummaryColumns]>(
      marketplace === null ? PRODUCTS : PRODUCTS_OF_MARKETPLACE,
      [marketplace ?? marketplaceId, kind, externalId, limit],
    );
    return rows.map(([of, letter, id, ...columns]) => ({ key: [of, letter, id], item: summaryOf(columns) }));
  }

  async product({ marketplace, kind, externalId }: ProductPath) {
    const [row] = await this.#database.rows<[string, ...SummaryColumns]>(PRODUCT, [
      marketplace,
      kindCode.letter(kind),
      externalId,
    ]);
    if (row === undefined) return null;
    const [, ...columns] = row;
    return { id: columns[0], summary: summaryOf(columns), lastChangedAt: iso(columns[16]) };
  }

  async offers(productId: string): Promise<ApiOffer[]> {
    const rows = await this.#database.rows<
      [string, string | null, ...PriceColumns, boolean, number, number | null]
    >(OFFERS, [productId]);
    return rows.map(([sku, title, price, oldPrice, currency, availability, listed, since, confirmed]) => ({
      sku,
      title,
      ...pricesOf([price, oldPrice, currency, availability]),
      listed,
      since: at(since),
      lastConfirmedAt: at(confirmed ?? since),
    }));
  }

  async history(
    productId: string,
    { sku, from, to }: Pick<HistoryQuery, 'sku' | 'from' | 'to'>,
    after: PageKey | null,
    limit: number,
  ): Promise<Keyed<Omit<Stretch, 'archivedBefore'>>[]> {
    const [afterSku = '', afterStart = farPast] = after ?? [];
    const rows = await this.#database.rows<
      [string, number, string | null, number, boolean, ...PriceColumns, boolean, number | null, boolean]
    >(HISTORY, [
      productId,
      sku ?? '',
      from?.toISOString() ?? farPast,
      to?.toISOString() ?? farFuture,
      afterSku,
      afterStart,
      limit,
    ]);
    return rows.map(
      ([
        name,
        start,
        title,
        end,
        open,
        price,
        oldPrice,
        currency,
        availability,
        suspect,
        before,
        hidden,
      ]) => ({
        key: [name, at(start)],
        item: {
          sku: name,
          skuTitle: title,
          from: at(start),
          confirmedUntil: at(end),
          open,
          ...pricesOf([price, oldPrice, currency, availability]),
          suspect,
          gapBefore: before === null ? null : { from: at(before), to: at(start), contradicted: hidden },
        },
      }),
    );
  }

  async pricesAt(productId: string, instant: Date): Promise<{ prices: PriceAt[]; archivedSkus: string[] }> {
    const rows = await this.#database.rows<
      [string, string | null, ...PriceColumns, since: number | null, until: number | null]
    >(PRICES_AT, [productId, instant.toISOString()]);
    const archivedSkus: string[] = [];
    const prices: PriceAt[] = [];
    for (const [sku, skuTitle, price, oldPrice, currency, availability, since, until] of rows) {
      if (since === null) archivedSkus.push(sku);
      else
        prices.push({
          sku,
          skuTitle,
          ...pricesOf([price, oldPrice, currency, availability]),
          since: at(since),
          confirmedUntil: at(until ?? since),
          confirmed: until !== null && instant.getTime() <= until,
        });
    }
    return { prices, archivedSkus };
  }

  async archivedMonths(): Promise<ArchivedMonth[]> {
    const rows = await this.#database.rows<[string, number, boolean]>(ARCHIVED, []);
    return rows.map(([month, until, isRestored]) => ({ month, endsAt: new Date(until), isRestored }));
  }

  async drops(
    { marketplace, since, until }: { marketplace: string | null; since: Date; until: Date },
    after: PageKey | null,
    limit: number,
  ): Promise<Keyed<Drop | null>[]> {
    const [fall = 2, sku = greatestId, start = farFuture] = after ?? [];
    const rows = await this.#database.rows<DropColumns>(DROPS, [
      marketplace ?? '',
      since.toISOString(),
      until.toISOString(),
      fall,
      sku,
      start,
      limit,
    ]);
    return rows.map((row) => {
      const [fallen, skuId, seen, code, kind, externalId, title, name, skuTitle, ...prices] = row;
      const [before, confirmedUntil, price, currency, lastConfirmedAt, current] = prices;
      const key = [fallen, skuId, at(seen)];
      if (before === null || price === null || currency === null) return { key, item: null };
      return {
        key,
        item: {
          marketplace: code,
          kind: kindOf(kind),
          externalId,
          title,
          sku: name,
          skuTitle,
          priceBefore: before,
          confirmedUntil: at(confirmedUntil ?? seen),
          price,
          currency,
          seenAt: at(seen),
          percent: Math.round(fallen * 1000) / 10,
          current,
          lastConfirmedAt: at(lastConfirmedAt ?? seen),
        },
      };
    });
  }

  /** That the database answers at all. */
  async ping(): Promise<void> {
    await this.#database.rows(PING, []);
  }
}
