import {
  compareValues,
  type ObservedValue,
  observedValue,
  sameValue,
} from '../../functions/core/history/value.ts';
import { compareAmounts } from '../../functions/core/model/money.ts';
import type { Offer, Snapshot } from '../../functions/core/model/snapshot.ts';
import type { Row } from './rows.ts';

/**
 * What became of the rows of a file: rows = rejected + duplicates + conflicts + pricePoints + confirmations. Price points are
 * those of the file by itself: where the database knows some already, fewer are new.
 */
export interface FoldReport {
  rows: number;
  rejected: number;
  /** The same SKU at the same instant with the same value. */
  duplicates: number;
  /** The same with another value: the greater stands, as everywhere (docs/price-history.md). */
  conflicts: number;
  pricePoints: number;
  /** Observations that say what the one before them said. */
  confirmations: number;
  products: number;
  skus: number;
  snapshots: number;
}

export const nothingFolded: Readonly<FoldReport> = {
  rows: 0,
  rejected: 0,
  duplicates: 0,
  conflicts: 0,
  pricePoints: 0,
  confirmations: 0,
  products: 0,
  skus: 0,
  snapshots: 0,
};

/** The database takes no more SKUs in one snapshot (functions/core/model/snapshot.ts). */
const mostOffers = 2_000;

/**
 * Sorted rows as snapshots: all SKUs that were seen of a product at one instant, because a SKU that is missing from a snapshot
 * counts as not listed then. Holds one snapshot, and the last value of each SKU of one product. Adds to `report`.
 */
export async function* snapshotsOf(rows: AsyncIterable<Row>, report: FoldReport): AsyncGenerator<Snapshot> {
  let snapshot: Snapshot | null = null;
  let lastValues = new Map<string, ObservedValue>();
  const end = (ended: Snapshot): Snapshot => {
    report.snapshots += 1;
    for (const offer of ended.offers) {
      const value = observedValue(offer, ended.currency);
      const before = lastValues.get(offer.externalId);
      if (before === undefined) report.skus += 1;
      if (before !== undefined && sameValue(before, value)) report.confirmations += 1;
      else report.pricePoints += 1;
      lastValues.set(offer.externalId, value);
    }
    return ended;
  };
  for await (const row of rows) {
    const offer = offerOf(row);
    if (snapshot === null || !isOf(snapshot, row) || isFull(snapshot, offer)) {
      if (snapshot !== null) yield end(snapshot);
      if (snapshot === null || !isProduct(snapshot, row)) {
        lastValues = new Map();
        report.products += 1;
      }
      snapshot = snapshotOf(row, offer);
      continue;
    }
    const last = snapshot.offers.at(-1);
    if (last === undefined || last.externalId !== offer.externalId) snapshot.offers.push(offer);
    else {
      const order = compareValues(observedValue(offer, row[3]), observedValue(last, row[3]));
      if (order > 0) snapshot.offers[snapshot.offers.length - 1] = offer;
      report[order === 0 ? 'duplicates' : 'conflicts'] += 1;
    }
  }
  if (snapshot !== null) yield end(snapshot);
}

function isProduct(snapshot: Snapshot, [externalId, kind]: Row): boolean {
  return snapshot.externalId === externalId && snapshot.kind === kind;
}

function isOf(snapshot: Snapshot, row: Row): boolean {
  return isProduct(snapshot, row) && snapshot.observedAt === row[2] && snapshot.currency === row[3];
}

function isFull({ offers }: Snapshot, offer: Offer): boolean {
  return offers.length >= mostOffers && offers.at(-1)?.externalId !== offer.externalId;
}

function offerOf(row: Row): Offer {
  const [, , , , externalId, price, oldPrice, availability, available, , title] = row;
  const isReduced = price !== null && oldPrice !== null && compareAmounts(oldPrice, price) > 0;
  return { externalId, title, price, oldPrice: isReduced ? oldPrice : null, available, availability };
}

function snapshotOf(row: Row, offer: Offer): Snapshot {
  const [externalId, kind, observedAt, currency, , , , , , title, , seller] = row;
  return {
    kind,
    externalId,
    observedAt,
    title,
    currency,
    seller: seller && { externalId: seller[0], title: seller[1] },
    category: null,
    offers: [offer],
  };
}
