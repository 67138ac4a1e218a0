import { type DecodedArray, parquetMetadata, parquetRead, type SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { PointBatch } from '../../core/archive/points.ts';
import type { PointFiles, PointFileWriter } from '../../core/archive/ports.ts';
import { decimalFrom, unscaled } from './decimals.ts';
import {
  amountType,
  booleanType,
  decompress,
  instantType,
  optional,
  required,
  textType,
  zstd,
} from './types.ts';

/** Version 1 of docs/archive.md. */
const schema: SchemaElement[] = [
  { name: 'price_point', num_children: 10 },
  { name: 'sku_id', type: 'INT64', ...required },
  { name: 'first_observed_at', ...instantType, ...required },
  { name: 'last_confirmed_at', ...instantType, ...optional },
  { name: 'availability', ...textType, ...required },
  { name: 'hidden_before', ...textType, ...required },
  { name: 'suspect', ...booleanType, ...required },
  { name: 'currency', ...textType, ...required },
  { name: 'price', ...amountType, ...optional },
  { name: 'old_price', ...amountType, ...optional },
  { name: 'in_force', ...booleanType, ...required },
];

/** Parquet files with one row group per batch, compressed with zstd. */
export const parquetPointFiles: PointFiles = { writer, read };

function writer(metadata: Record<string, string>): PointFileWriter {
  const bytes = new ByteWriter(1 << 20);
  const file = new ParquetWriter({
    writer: bytes,
    schema,
    ...zstd,
    kvMetadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    createdBy: 'narx',
  });
  const amounts = new Map<string, bigint>();
  return {
    add(batch) {
      amounts.clear();
      const amount = (value: string | null) => (value === null ? null : unscaled(value, amounts));
      void file.write({
        columnData: [
          { name: 'sku_id', data: batch.skuId.map(BigInt), encoding: 'DELTA_BINARY_PACKED' },
          { name: 'first_observed_at', data: batch.firstObservedAt.map(BigInt) },
          {
            name: 'last_confirmed_at',
            data: batch.lastConfirmedAt.map((at) => (at === null ? null : BigInt(at))),
          },
          { name: 'availability', data: [...batch.availability] },
          { name: 'hidden_before', data: [...batch.hiddenBefore] },
          { name: 'suspect', data: [...batch.suspect] },
          { name: 'currency', data: [...batch.currency] },
          { name: 'price', data: batch.price.map(amount) },
          { name: 'old_price', data: batch.oldPrice.map(amount) },
          { name: 'in_force', data: [...batch.inForce] },
        ],
        rowGroupSize: batch.skuId.length,
      });
    },
    finish() {
      void file.finish();
      return bytes.getBytes();
    },
  };
}

async function* read(bytes: Uint8Array): AsyncGenerator<PointBatch> {
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const metadata = parquetMetadata(buffer);
  // The library makes doubles of decimals, unless it takes them for the bytes that they are.
  for (const element of metadata.schema)
    if (element.converted_type === 'DECIMAL') delete element.converted_type;
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const columns = new Map<string, unknown[]>();
    await parquetRead({
      file: buffer,
      metadata,
      rowStart,
      rowEnd,
      compressors: { ZSTD: decompress },
      parsers: { timestampFromMicroseconds: (micros) => micros },
      onChunk: ({ columnName, columnData }) => {
        const known = columns.get(columnName);
        if (known === undefined) columns.set(columnName, listed(columnData));
        else for (const value of listed(columnData)) known.push(value);
      },
    });
    const column = (name: string): unknown[] => {
      const values = columns.get(name);
      if (values?.length !== rowEnd - rowStart)
        throw new RangeError(`column ${name} does not have the rows of its group`);
      return values;
    };
    const amounts = new Map<Uint8Array, string>();
    const amount = (value: unknown) => (value == null ? null : decimalFrom(value as Uint8Array, amounts));
    yield {
      skuId: column('sku_id').map(String),
      firstObservedAt: column('first_observed_at').map(Number),
      lastConfirmedAt: column('last_confirmed_at').map((at) => (at == null ? null : Number(at))),
      availability: column('availability') as string[],
      hiddenBefore: column('hidden_before') as string[],
      suspect: column('suspect') as boolean[],
      currency: column('currency') as string[],
      price: column('price').map(amount),
      oldPrice: column('old_price').map(amount),
      inForce: column('in_force') as boolean[],
    };
    rowStart = rowEnd;
  }
}

function listed(data: DecodedArray): unknown[] {
  return Array.isArray(data) ? data : Array.from(data as ArrayLike<unknown>);
}
