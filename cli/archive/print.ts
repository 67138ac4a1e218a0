import type { ArchiveResult } from '../../functions/contract/archive.ts';
import { table } from '../table.ts';

const where = {
  begun: 'database; being archived',
  exporting: 'database; being archived',
  verified: 'database and S3',
  dropped: 'S3',
} as const;

/** The months of a storage domain that are archived or on their way. */
export function monthsTable(domain: string, months: ArchiveResult['months']): string {
  if (months.length === 0) return `No month of ${domain} has been archived yet.`;
  return table(
    ['month', 'is in', 'points', 'in force', 'MB', 'bytes/point'],
    months.map(({ month, state, rows, inForce, bytes, isRestored }) => [
      month,
      isRestored ? 'S3; restored' : where[state],
      rows?.toLocaleString('en') ?? '',
      inForce?.toLocaleString('en') ?? '',
      bytes === null ? '' : (bytes / 1e6).toFixed(1),
      bytes === null || !rows ? '' : (bytes / rows).toFixed(1),
    ]),
  );
}

const barWidth = 24;

/** How far it is, on stderr: rewritten in place on a terminal, else a line per call. */
export function progressLine(
  action: string,
  {
    month,
    rows,
    rowsDone,
    rowsTotal,
  }: { month: string | null; rows: number; rowsDone: number; rowsTotal: number | null },
  elapsedMs: number,
): void {
  const rate = elapsedMs > 0 ? Math.round((rows / elapsedMs) * 1000).toLocaleString('en') : '0';
  const share = rowsTotal === null || rowsTotal === 0 ? null : rowsDone / rowsTotal;
  const filled = share === null ? 0 : Math.round(share * barWidth);
  const bar =
    share === null
      ? ''
      : `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}] ${Math.floor(share * 100)} % `;
  const text = `  ${action} ${month ?? ''} ${bar}${rows.toLocaleString('en')} points, ${rate}/s`;
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`);
  else process.stderr.write(`${text}\n`);
  if (process.stderr.isTTY && share === 1) process.stderr.write('\n');
}
