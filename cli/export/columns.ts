import { availabilityCode } from '../../functions/adapters/postgres/values.ts';
import type { PointBatch } from '../../functions/core/archive/points.ts';
import type { SkuNames } from './points.ts';

/** Rows to write: those of `points` at `rows`, with what their SKUs are called. */
export interface ExportBatch {
  readonly points: PointBatch;
  readonly rows: readonly number[];
  readonly names: ReadonlyMap<string, SkuNames>;
  /** The archived month that they were read from; null: the database. */
  readonly archivedMonth: string | null;
}

interface Cells {
  id: string;
  text: string | null;
  /** Microseconds of the epoch. */
  instant: number | null;
  /** A decimal number, exact. */
  amount: string | null;
  boolean: boolean;
}

type ColumnOf<Type extends keyof Cells> = {
  readonly name: string;
  readonly type: Type;
  cell(batch: ExportBatch, row: number): Cells[Type];
};
export type ExportColumn = { [Type in keyof Cells]: ColumnOf<Type> }[keyof Cells];

const at = <T>(column: readonly T[], row: number): T => column[row] as T;
const namesAt = ({ points, names }: ExportBatch, row: number) => names.get(at(points.skuId, row));
const named = (name: string, of: (names: SkuNames) => string | null): ColumnOf<'text'> => ({
  name,
  type: 'text',
  cell: (batch, row) => {
    const names = namesAt(batch, row);
    return names === undefined ? null : of(names);
  },
});

/** The columns of an export, in their order (docs/sql.md, "Files"). */
export const exportColumns: readonly ExportColumn[] = [
  named('marketplace', ({ marketplace }) => marketplace),
  named('kind', ({ kind }) => kind),
  named('product', ({ product }) => product),
  named('product_title', ({ productTitle }) => productTitle),
  named('seller', ({ seller }) => seller),
  named('seller_title', ({ sellerTitle }) => sellerTitle),
  named('category', ({ category }) => category),
  named('category_title', ({ categoryTitle }) => categoryTitle),
  named('sku', ({ sku }) => sku),
  named('sku_title', ({ skuTitle }) => skuTitle),
  { name: 'first_observed_at', type: 'instant', cell: ({ points }, row) => at(points.firstObservedAt, row) },
  {
    name: 'confirmed_until',
    type: 'instant',
    cell: (batch, row) => at(batch.points.lastConfirmedAt, row) ?? namesAt(batch, row)?.lastSeenAt ?? null,
  },
  { name: 'price', type: 'amount', cell: ({ points }, row) => at(points.price, row) },
  { name: 'old_price', type: 'amount', cell: ({ points }, row) => at(points.oldPrice, row) },
  { name: 'currency', type: 'text', cell: ({ points }, row) => at(points.currency, row) },
  {
    name: 'availability',
    type: 'text',
    cell: ({ points }, row) => availabilityCode.word(at(points.availability, row)),
  },
  { name: 'open', type: 'boolean', cell: ({ points }, row) => at(points.lastConfirmedAt, row) === null },
  { name: 'gap_before', type: 'boolean', cell: ({ points }, row) => at(points.hiddenBefore, row) !== 'n' },
  { name: 'suspect', type: 'boolean', cell: ({ points }, row) => at(points.suspect, row) },
  { name: 'archived_month', type: 'text', cell: ({ archivedMonth }) => archivedMonth },
  { name: 'sku_id', type: 'id', cell: ({ points }, row) => at(points.skuId, row) },
];
