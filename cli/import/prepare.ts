import { createHash } from 'node:crypto';
import type { Snapshot } from '../../functions/core/model/snapshot.ts';
import { UsageError } from '../command.ts';
import { csvLine, csvRecords } from './csv.ts';
import { type FoldReport, nothingFolded, snapshotsOf } from './fold.ts';
import { LineWriter } from './lines.ts';
import { type Column, type Row, type RowRules, readHeader, readRow } from './rows.ts';
import { LineSorter } from './sort.ts';

interface Prepared {
  source: { bytes: number; sha256: string };
  /** Size of the file of snapshots. */
  bytes: number;
  report: FoldReport;
}

/**
 * Reads the CSV and writes its snapshots, a JSON document a line in order of product and time, to `visits`, and rows that
 * cannot be read to `rejects`, each with its line and reason. Sorting needs `folder` and as much disk as the CSV has.
 */
export async function prepare(
  csv: string,
  { visits, rejects, folder }: { visits: string; rejects: string; folder: string },
  format: { delimiter: string; renamed: ReadonlyMap<Column, string>; rules: RowRules },
  tell: (bytesRead: number) => void,
  runCharacters?: number,
): Promise<Prepared> {
  const report: FoldReport = { ...nothingFolded };
  const sorter = await LineSorter.create(folder, runCharacters);
  try {
    const source = await sortRows(csv, rejects, { sorter, report, tell, ...format });
    const bytes = await LineWriter.fill(visits, async (writer) => {
      for await (const snapshot of snapshotsOf(rowsOf(sorter), report))
        await writer.add(JSON.stringify(snapshot));
    });
    return { source, bytes, report };
  } finally {
    await sorter.dispose();
  }
}

async function sortRows(
  csv: string,
  rejects: string,
  {
    sorter,
    report,
    tell,
    delimiter,
    renamed,
    rules,
  }: {
    sorter: LineSorter;
    report: FoldReport;
    tell: (bytesRead: number) => void;
    delimiter: string;
    renamed: ReadonlyMap<Column, string>;
    rules: RowRules;
  },
): Promise<Prepared['source']> {
  const hash = createHash('sha256');
  let bytes = 0;
  let places: Map<Column, number> | null = null;
  const count = (chunk: Buffer): void => {
    hash.update(chunk);
    bytes += chunk.length;
  };
  await LineWriter.fill(rejects, async (rejected) => {
    for await (const records of csvRecords(csv, delimiter, count)) {
      for (const { line, fields } of records) {
        if (places === null) {
          places = readHeader(fields, renamed);
          await rejected.add(csvLine(['line', 'reason', ...fields], delimiter));
          continue;
        }
        report.rows += 1;
        const row = readRow(fields, places, rules);
        if (typeof row !== 'string') await sorter.add(JSON.stringify(row));
        else {
          report.rejected += 1;
          await rejected.add(csvLine([String(line), row, ...fields], delimiter));
        }
      }
      tell(bytes);
    }
  });
  if (places === null) throw new UsageError(`${csv} is empty: its first line must name the columns.`);
  return { bytes, sha256: hash.digest('hex') };
}

async function* rowsOf(sorter: LineSorter): AsyncGenerator<Row> {
  for await (const line of sorter.sorted()) yield JSON.parse(line) as Row;
}

/** A line of the file that `prepare` wrote. */
export function snapshotOfLine(line: string): Snapshot {
  return JSON.parse(line) as Snapshot;
}
