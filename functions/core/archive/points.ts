import { createHash, type Hash } from 'node:crypto';

/** Where a row stands in the order of an archive: by SKU, then by time. `firstObservedAt` in microseconds of the epoch. */
export interface PointKey {
  readonly skuId: string;
  readonly firstObservedAt: number;
}

/**
 * Price points in columns, in the order of their keys, because millions pass through a small function. Instants are
 * microseconds of the epoch, which a double holds exactly until the year 2255; amounts are decimal strings without trailing
 * zeros; availability and hiddenBefore are the letters of the tables (db/shared/tables.sql).
 */
export interface PointBatch {
  readonly skuId: readonly string[];
  readonly firstObservedAt: readonly number[];
  readonly lastConfirmedAt: readonly (number | null)[];
  readonly availability: readonly string[];
  readonly hiddenBefore: readonly string[];
  readonly suspect: readonly boolean[];
  readonly currency: readonly string[];
  readonly price: readonly (string | null)[];
  readonly oldPrice: readonly (string | null)[];
  /** The price went on after the month: the point is kept in Postgres, and this is a copy as of the archiving. */
  readonly inForce: readonly boolean[];
}

const columns = [
  'skuId',
  'firstObservedAt',
  'lastConfirmedAt',
  'availability',
  'hiddenBefore',
  'suspect',
  'currency',
  'price',
  'oldPrice',
  'inForce',
] as const satisfies readonly (keyof PointBatch)[];

export function rowsOf(batch: PointBatch): number {
  return batch.skuId.length;
}

export function keyAt(batch: PointBatch, index: number): PointKey {
  const skuId = batch.skuId[index];
  const firstObservedAt = batch.firstObservedAt[index];
  if (skuId === undefined || firstObservedAt === undefined) throw new RangeError(`there is no row ${index}`);
  return { skuId, firstObservedAt };
}

export function isAfter(a: PointKey, b: PointKey): boolean {
  if (a.skuId === b.skuId) return a.firstObservedAt > b.firstObservedAt;
  return BigInt(a.skuId) > BigInt(b.skuId);
}

/** Rows `from` to the end. */
export function sliceFrom(batch: PointBatch, from: number): PointBatch {
  return Object.fromEntries(columns.map((name) => [name, batch[name].slice(from)])) as unknown as PointBatch;
}

export interface Difference {
  readonly row: number;
  readonly column: keyof PointBatch | 'rows';
}

/**
 * The first cell in which two batches differ, or null. `ignoreEndsInForce`: until when a price that is still in force was
 * confirmed may differ, because it goes on being confirmed.
 */
export function firstDifference(
  a: PointBatch,
  b: PointBatch,
  { ignoreEndsInForce = false }: { ignoreEndsInForce?: boolean } = {},
): Difference | null {
  if (rowsOf(a) !== rowsOf(b)) return { row: Math.min(rowsOf(a), rowsOf(b)), column: 'rows' };
  for (const column of columns) {
    const [left, right] = [a[column], b[column]];
    for (let row = 0; row < left.length; row += 1) {
      if (left[row] === right[row]) continue;
      if (ignoreEndsInForce && column === 'lastConfirmedAt' && a.inForce[row] && b.inForce[row]) continue;
      return { row, column };
    }
  }
  return null;
}

/**
 * SHA-256 over the rows themselves, one line each, cells separated by tabs, missing ones empty: what remains equal when a
 * file is written anew by another library.
 */
export class RowsDigest {
  readonly #hash: Hash = createHash('sha256');

  add(batch: PointBatch): void {
    const lines: string[] = [];
    for (let row = 0; row < rowsOf(batch); row += 1) {
      lines.push(
        `${batch.skuId[row]}\t${batch.firstObservedAt[row]}\t${batch.lastConfirmedAt[row] ?? ''}\t${batch.availability[row]}\t${batch.hiddenBefore[row]}\t${batch.suspect[row]}\t${batch.currency[row]}\t${batch.price[row] ?? ''}\t${batch.oldPrice[row] ?? ''}\t${batch.inForce[row]}\n`,
      );
    }
    this.#hash.update(lines.join(''));
  }

  hex(): string {
    return this.#hash.digest('hex');
  }
}
