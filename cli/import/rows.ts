import { parseAmount } from '../../functions/core/model/money.ts';
import { type Availability, availabilities } from '../../functions/core/model/snapshot.ts';
import { UsageError } from '../command.ts';

/** What the file may say of one SKU at one instant. */
export const columns = [
  'external_id',
  'observed_at',
  'sku_id',
  'price',
  'old_price',
  'currency',
  'title',
  'sku_title',
  'availability',
  'available',
  'seller_id',
  'seller',
  'kind',
] as const;
export type Column = (typeof columns)[number];
const required: readonly Column[] = ['external_id', 'observed_at', 'price', 'title'];

/**
 * One row that was understood, in the order by which rows are sorted: by product, then time, then SKU. Written as JSON, rows
 * of one product, one instant and one SKU are neighbours after sorting by text.
 */
export type Row = [
  externalId: string,
  kind: 'product' | 'ad',
  observedAt: string,
  currency: string,
  skuId: string,
  price: string | null,
  oldPrice: string | null,
  availability: Availability,
  available: number | null,
  title: string,
  skuTitle: string | null,
  seller: [externalId: string, title: string] | null,
];

export interface RowRules {
  /** Where rows name none. */
  readonly kind: 'product' | 'ad';
  readonly currency: string | null;
  /** `+05:00`, for times without a zone; null: such rows are refused. */
  readonly utcOffset: string | null;
  /** Nothing can have been observed after this, in epoch milliseconds. */
  readonly latest: number;
}

/** Throws a UsageError when columns are missing. `renamed`: what the file calls a column, where that is another name. */
export function readHeader(
  header: readonly string[],
  renamed: ReadonlyMap<Column, string>,
): Map<Column, number> {
  const names = header.map((name) => name.replace(/^\uFEFF/, '').trim());
  const places = new Map<Column, number>();
  for (const column of columns) {
    const place = names.indexOf(renamed.get(column) ?? column);
    if (place >= 0) places.set(column, place);
    else if (renamed.has(column))
      throw new UsageError(`the file has no column ${renamed.get(column)}; it has ${names.join(', ')}.`);
  }
  const missing = required.filter((column) => !places.has(column));
  if (missing.length > 0)
    throw new UsageError(
      `the file has no column ${missing.join(', ')}; it has ${names.join(', ')}. Say which is which: --columns ${missing[0]}=NAME`,
    );
  return places;
}

/** The row, or in one line why it cannot be read. */
export function readRow(
  fields: readonly string[],
  places: ReadonlyMap<Column, number>,
  rules: RowRules,
): Row | string {
  const text = (column: Column): string => fields[places.get(column) ?? -1]?.trim() ?? '';
  if (fields.length <= Math.max(...places.values())) return `only ${fields.length} fields`;
  const externalId = text('external_id');
  const skuId = text('sku_id') || externalId;
  if (externalId === '' || externalId.length > 200) return 'external_id is empty or too long';
  if (skuId.length > 200) return 'sku_id is too long';
  const observedAt = instantOf(text('observed_at'), rules.utcOffset);
  if (observedAt === null) return 'observed_at is no time with a zone (2024-05-01T10:00:00Z)';
  if (observedAt.getTime() > rules.latest) return 'observed_at is in the future';
  const currency = text('currency') || rules.currency;
  if (currency === null || !/^[A-Z]{3}$/.test(currency)) return 'currency is not three letters (UZS)';
  const title = text('title');
  if (title === '') return 'title is empty';
  const kind = text('kind') || rules.kind;
  if (kind !== 'product' && kind !== 'ad') return 'kind is neither product nor ad';
  const price = amountOf(text('price'));
  if (price === undefined) return 'price is no amount (1990000.50)';
  const oldPrice = amountOf(text('old_price'));
  if (oldPrice === undefined) return 'old_price is no amount (1990000.50)';
  const available = countOf(text('available'));
  if (available === undefined) return 'available is no count';
  const availability = availabilityOf(text('availability'), available);
  if (availability === undefined) return `availability is none of ${availabilities.join(', ')}`;
  const sellerId = text('seller_id').slice(0, 200);
  return [
    externalId,
    kind,
    observedAt.toISOString(),
    currency,
    skuId,
    price,
    oldPrice,
    availability,
    available,
    title,
    text('sku_title') || null,
    sellerId === '' ? null : [sellerId, text('seller')],
  ];
}

const time = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)\s*(Z|[+-]\d\d(?::?\d\d)?)?$/;

function instantOf(text: string, utcOffset: string | null): Date | null {
  const [, day = '', clock = '', zone = utcOffset] = time.exec(text) ?? [];
  if (day === '' || zone === null) return null;
  const offset = /^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2');
  const instant = new Date(`${day}T${clock}${offset}`);
  return Number.isNaN(instant.getTime()) ? null : instant;
}

/** Undefined: not readable. What the tables keep has at most 18 digits before the point and 6 after it. */
function amountOf(text: string): string | null | undefined {
  if (text === '') return null;
  const amount = parseAmount(text);
  return amount !== null && /^\d{1,18}(\.\d{1,6})?$/.test(amount) ? amount : undefined;
}

function countOf(text: string): number | null | undefined {
  if (text === '') return null;
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function availabilityOf(text: string, available: number | null): Availability | undefined {
  if (text !== '') return availabilities.find((one) => one === text);
  if (available === null) return 'unknown';
  return available > 0 ? 'in_stock' : 'out_of_stock';
}
