import type { Database, Session } from '../../functions/adapters/postgres/database.ts';
import { type PointBatch, rowsOf } from '../../functions/core/archive/points.ts';
import { type Archive, readArchivedMonth } from './archive.ts';
import { type ExportFormat, writeWhole } from './files.ts';
import { archivedMonths, estimatePoints, namesOf, type Period, readPoints } from './points.ts';

export interface ExportRequest {
  readonly period: Period;
  readonly format: ExportFormat;
  readonly path: string;
  /** Null: what is in the database only. */
  readonly archive: Archive | null;
}

/** What an export has in it. */
export interface ExportReport {
  readonly rows: number;
  /** Of the database alone; the rest is from `archivedMonths`. */
  readonly rowsOfDatabase: number;
  /** Read from S3. */
  readonly archivedMonths: readonly string[];
  /** Archived months that may hold points of the period, and were left out because the caller wanted the database only. */
  readonly monthsLeftOut: readonly string[];
  /** The instant that the database's rows, and the list of archived months, are of. */
  readonly asOf: Date;
}

/**
 * Writes every price point that began in the period exactly once: first what is in the database, as of one instant, then month by
 * month what has left it for the archive. Nothing is under `path` before all of it is written. `progress` is told rows so far and
 * about how many there will be.
 */
export async function exportPoints(
  database: Database,
  request: ExportRequest,
  progress: (rows: number, about: number) => void,
): Promise<ExportReport> {
  const { period, archive } = request;
  let rows = 0;
  let rowsOfDatabase = 0;
  let months: { month: string; points: number }[] = [];
  let asOf = new Date(0);
  await writeWhole(request.path, request.format, async (add) => {
    let about = 0;
    const write = async (session: Session, points: PointBatch, chosen: number[], month: string | null) => {
      if (chosen.length === 0) return;
      await add({ points, rows: chosen, names: await namesOf(session, points), archivedMonth: month });
      rows += chosen.length;
      progress(rows, Math.max(about, rows));
    };
    await database.inTransaction(async (session) => {
      await session.rows('set transaction isolation level repeatable read, read only', []);
      // Before anything is read: a month that was dropped between the list of months and their rows would be in neither.
      await session.rows('lock table price_point in access share mode', []);
      const [[now] = [0]] = await session.rows<[number]>('select now()', []);
      asOf = new Date(now);
      months = await archivedMonths(session, period);
      about = await estimatePoints(session, period);
      if (archive !== null) for (const { points } of months) about += points;
      for await (const points of readPoints(session, period))
        await write(session, points, [...Array(rowsOf(points)).keys()], null);
    });
    rowsOfDatabase = rows;
    if (archive === null) return;
    // After the transaction: files do not change, and a download may take longer than a transaction may idle.
    for (const { month } of months)
      for await (const { points, rows: chosen } of readArchivedMonth(archive, month, period))
        await write(database, points, chosen, month);
  });
  const names = months.map(({ month }) => month);
  return {
    rows,
    rowsOfDatabase,
    archivedMonths: archive === null ? [] : names,
    monthsLeftOut: archive === null ? names : [],
    asOf,
  };
}
