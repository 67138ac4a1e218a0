import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SchemaElement } from 'hyparquet';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import { unscaled } from '../../functions/adapters/parquet/decimals.ts';
import {
  amountType,
  booleanType,
  instantType,
  optional,
  required,
  textType,
  zstd,
} from '../../functions/adapters/parquet/types.ts';
import { type ExportBatch, type ExportColumn, exportColumns } from './columns.ts';
import { isoOf } from './points.ts';

export const exportFormats = ['csv', 'parquet'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** A file that grows batch by batch. */
interface GrowingFile {
  add(batch: ExportBatch): Promise<void>;
  /** Writes what is missing at its end, and closes it. */
  finish(): Promise<void>;
  /** Closes it as it is. */
  abandon(): Promise<void>;
}

/**
 * Fills `<path>.partial` and gives it its name only when it is complete and on the disk: under `path` there is a whole export, or
 * what was there before. On an error the half-written file is deleted; whoever is killed leaves it to the next call.
 */
export async function writeWhole(
  path: string,
  format: ExportFormat,
  fill: (add: (batch: ExportBatch) => Promise<void>) => Promise<void>,
): Promise<void> {
  const partial = `${path}.partial`;
  const file = format === 'csv' ? await csvFile(partial) : parquetFile(partial);
  try {
    await fill((batch) => file.add(batch));
    await file.finish();
  } catch (error) {
    await file.abandon();
    await rm(partial, { force: true });
    throw error;
  }
  await synced(partial);
  await rename(partial, path);
  await synced(dirname(path));
}

async function synced(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** RFC 4180 with a header; what is missing is empty, an empty text is `""`. */
async function csvFile(path: string): Promise<GrowingFile> {
  const handle: FileHandle = await open(path, 'w');
  await handle.write(`${exportColumns.map(({ name }) => name).join(',')}\r\n`);
  return {
    add: async (batch) => {
      const lines = batch.rows.map((row) =>
        exportColumns.map((column) => csvCell(column, batch, row)).join(),
      );
      if (lines.length > 0) await handle.write(`${lines.join('\r\n')}\r\n`);
    },
    finish: () => handle.close(),
    // A handle that is closed already closes again without an error.
    abandon: () => handle.close(),
  };
}

function csvCell(column: ExportColumn, batch: ExportBatch, row: number): string {
  const cell = column.cell(batch, row);
  if (cell === null) return '';
  if (column.type === 'instant') return isoOf(cell as number);
  const text = String(cell);
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const parquetTypes: Record<ExportColumn['type'], Omit<SchemaElement, 'name'>> = {
  id: { type: 'INT64', ...required },
  text: { ...textType, ...optional },
  instant: { ...instantType, ...optional },
  amount: { ...amountType, ...optional },
  boolean: { ...booleanType, ...required },
};

/** One row group per batch. */
function parquetFile(path: string): GrowingFile {
  const file = new ParquetWriter({
    writer: fileWriter(path),
    schema: [
      { name: 'price_point', num_children: exportColumns.length },
      ...exportColumns.map(({ name, type }) => ({ name, ...parquetTypes[type] })),
    ],
    ...zstd,
    createdBy: 'narx',
  });
  const amounts = new Map<string, bigint>();
  return {
    add: async (batch) => {
      amounts.clear();
      if (batch.rows.length === 0) return;
      await file.write({
        columnData: exportColumns.map((column) => ({
          name: column.name,
          data: batch.rows.map((row) => parquetCell(column, batch, row, amounts)),
        })),
        rowGroupSize: batch.rows.length,
      });
    },
    finish: async () => await file.finish(),
    abandon: async () => undefined,
  };
}

function parquetCell(column: ExportColumn, batch: ExportBatch, row: number, amounts: Map<string, bigint>) {
  const cell = column.cell(batch, row);
  if (cell === null || typeof cell === 'boolean') return cell;
  if (column.type === 'amount') return unscaled(String(cell), amounts);
  return column.type === 'text' ? cell : BigInt(cell);
}
