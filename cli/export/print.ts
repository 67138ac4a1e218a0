import { importProgress } from '../import/print.ts';
import type { ExportReport } from './run.ts';

/** How far it is, on stderr; nothing for a script. */
export function exportProgress(isQuiet: boolean): (rows: number, about: number) => void {
  const tell = importProgress();
  return (rows, about) => {
    // `about` is an estimate: only the end is the end.
    if (!isQuiet) tell('exporting', Math.min(rows, about * 0.99), about);
  };
}

/** What was written, and what of the archive is in it. */
export function exportSummary(of: ExportReport & { path: string; bytes: number; elapsedMs: number }): string {
  const { path, rows, rowsOfDatabase, bytes, elapsedMs, asOf, archivedMonths, monthsLeftOut } = of;
  const number = (count: number) => count.toLocaleString('en');
  const span = (months: readonly string[]) =>
    months.length === 1 ? months[0] : `${months[0]} to ${months.at(-1)}`;
  return [
    `${number(rows)} price points in ${path} (${(bytes / 1e6).toFixed(1)} MB, ${(elapsedMs / 1000).toFixed(1)} s)`,
    `  ${number(rowsOfDatabase)} from the database as of ${asOf.toISOString()}`,
    ...(archivedMonths.length > 0
      ? [`  ${number(rows - rowsOfDatabase)} from the archive, ${span(archivedMonths)}`]
      : []),
    ...(monthsLeftOut.length > 0
      ? [`  left out as you said: what the archive has of ${span(monthsLeftOut)}`]
      : []),
  ].join('\n');
}
