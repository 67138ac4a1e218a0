import type { FoldedProduct, FoldedSku } from './product.ts';
import type { Hidden, Run } from './runs.ts';
import { isJump, type ObservedValue, sameValue } from './value.ts';

/** A row of price history. `last` null: open, confirmed for as long as the product's newest snapshot lists the SKU. */
export interface PointRow {
  readonly first: number;
  readonly last: number | null;
  readonly value: ObservedValue;
  readonly hiddenBefore: Hidden;
  /** The price moved by a factor of 100 or more (F34). */
  readonly suspect: boolean;
}

/** The current state of a SKU as its row keeps it. */
export interface SkuRow {
  readonly title: string | null;
  readonly value: ObservedValue;
  readonly startedAt: number;
  readonly listed: boolean;
}

/** What must be written of one SKU. `row` null: it stays as it is. Points: first the deletes, then the rest. */
export interface SkuChanges {
  readonly id: string | null;
  readonly externalId: string;
  readonly row: SkuRow | null;
  readonly deletes: readonly number[];
  /** Points of which only the end changes. */
  readonly ends: readonly { first: number; last: number | null }[];
  readonly inserts: readonly PointRow[];
}

export interface ProductChanges {
  readonly skus: readonly SkuChanges[];
  readonly currencyChanges: number;
  readonly priceJumps: number;
}

/** The difference that folding made, SKU by SKU; SKUs without any are left out. */
export function changesOf(product: FoldedProduct, lastSeenBefore: number | null): ProductChanges {
  const skus: SkuChanges[] = [];
  let currencyChanges = 0;
  let priceJumps = 0;
  for (const sku of product.skus) {
    const change = changesOfSku(sku, lastSeenBefore, product.sighting.lastSeenAt);
    if (change === null) continue;
    skus.push(change);
    for (const point of change.inserts) {
      if (sku.before.some((run) => run.first === point.first)) continue;
      const earlier = sku.runs[sku.runs.findIndex((run) => run.first === point.first) - 1];
      if (earlier !== undefined && earlier.value.currency !== point.value.currency) currencyChanges += 1;
      if (point.suspect) priceJumps += 1;
    }
  }
  return { skus, currencyChanges, priceJumps };
}

function changesOfSku(
  sku: FoldedSku,
  lastSeenBefore: number | null,
  lastSeenAfter: number | null,
): SkuChanges | null {
  const newest = sku.runs.at(-1);
  if (newest === undefined) return null;
  const { known } = sku;
  const listed = newest.last === lastSeenAfter;
  const row: SkuRow = { title: sku.title, value: newest.value, startedAt: newest.first, listed };
  const rowStays =
    known !== null &&
    known.listed === listed &&
    known.startedAt === row.startedAt &&
    known.title === row.title &&
    sameValue(known.value, row.value);
  const before = new Map(
    pointRows(sku.before, known?.listed === true ? lastSeenBefore : null).map((p) => [p.first, p]),
  );
  const deletes: number[] = [];
  const ends: { first: number; last: number | null }[] = [];
  const inserts: PointRow[] = [];
  for (const point of pointRows(sku.runs, lastSeenAfter)) {
    const stored = before.get(point.first);
    before.delete(point.first);
    if (stored === undefined) {
      inserts.push(point);
    } else if (!sameApartFromEnd(stored, point)) {
      deletes.push(point.first);
      inserts.push(point);
    } else if (stored.last !== point.last) {
      ends.push({ first: point.first, last: point.last });
    }
  }
  deletes.push(...before.keys());
  if (rowStays && deletes.length + ends.length + inserts.length === 0) return null;
  return {
    id: known?.id ?? null,
    externalId: sku.externalId,
    row: rowStays ? null : row,
    deletes,
    ends,
    inserts,
  };
}

/** The newest run is open when it ends with the product's newest snapshot. */
function pointRows(runs: readonly Run[], lastSeenAt: number | null): PointRow[] {
  return runs.map((run, index) => {
    const earlier = runs[index - 1];
    return {
      first: run.first,
      last: index === runs.length - 1 && run.last === lastSeenAt ? null : run.last,
      value: run.value,
      hiddenBefore: run.hiddenBefore,
      suspect: earlier !== undefined && isJump(earlier.value, run.value),
    };
  });
}

function sameApartFromEnd(a: PointRow, b: PointRow): boolean {
  return a.suspect === b.suspect && a.hiddenBefore === b.hiddenBefore && sameValue(a.value, b.value);
}
