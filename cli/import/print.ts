import { table } from '../table.ts';
import type { ImportState } from './state.ts';

const barWidth = 24;

/** How far it is, on stderr: rewritten in place on a terminal, else a line whenever another tenth is done. */
export function importProgress(): (doing: string, done: number, of: number) => void {
  let told = '';
  return (doing, done, of) => {
    const share = of === 0 ? 1 : Math.min(1, done / of);
    const percent = Math.floor(share * 100);
    const step = process.stderr.isTTY ? `${doing} ${percent}` : `${doing} ${Math.floor(percent / 10)}`;
    if (step === told) return;
    told = step;
    const filled = Math.round(share * barWidth);
    const text = `  ${doing} [${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}] ${percent} %`;
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}${share === 1 ? '\n' : ''}`);
    else process.stderr.write(`${text}\n`);
  };
}

/** What the rows of the file were. */
export function foldTable({ report }: ImportState, rejects: string): string {
  const rows: [string, number][] = [
    ['price points', report.pricePoints],
    ['confirmations: nothing had changed', report.confirmations],
    ['duplicates: same SKU, instant and value', report.duplicates],
    ['conflicts: same instant, lesser value left out', report.conflicts],
    ['rejected', report.rejected],
    ['rows', report.rows],
  ];
  const number = (count: number): string => count.toLocaleString('en');
  const lines = [
    table(
      ['of the file', 'rows'],
      rows.map(([what, count]) => [what, number(count)]),
    ),
    '',
    `${number(report.products)} products, ${number(report.skus)} SKUs, ${number(report.snapshots)} snapshots.`,
  ];
  if (report.rejected > 0) lines.push(`Rejected rows, each with its line and reason: ${rejects}`);
  return lines.join('\n');
}
