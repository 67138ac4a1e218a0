import { cut, table } from '../table.ts';
import { drawHistory, groupDigits } from './chart.ts';
import type { PrintedReport } from './model.ts';

const number = (value: number): string => groupDigits(String(Math.round(value)));

function sentence(report: PrintedReport): string {
  const { truth } = report;
  const fit = truth.wrong + truth.missing + truth.extra === 0;
  return `Truth    ${number(truth.checked)} price points compared with the simulator: ${truth.wrong} wrong, ${truth.missing} missing, ${truth.extra} extra${fit ? '' : '  <-- look here'}`;
}

/** Columns that the table of marketplaces takes; where there are fewer, each marketplace has a column instead of a line. */
const wide = 132;

type Row = PrintedReport['marketplaces'][string];
const measures: readonly [title: string, of: (row: Row) => string][] = [
  ['dispatched', (row) => number(row.dispatched)],
  ['stored', (row) => number(row.stored)],
  ['unchanged', (row) => number(row.unchanged)],
  ['gone', (row) => number(row.gone)],
  ['quarantined', (row) => number(row.quarantined)],
  ['parked', (row) => number(row.parked)],
  ['dead', (row) => number(row.deadLettered)],
  ['in flight', (row) => number(row.inFlight)],
  ['per second', (row) => number(row.perSecond)],
  ['price points', (row) => number(row.pricePoints)],
  [
    'oldest confirmed',
    ({ oldestConfirmedSeconds: age }) => (age === null ? 'never' : `${number(age)} s ago`),
  ],
];

function marketplaces(report: PrintedReport, width: number): string {
  const rows = Object.entries(report.marketplaces);
  if (width >= wide)
    return table(
      ['marketplace', ...measures.map(([title]) => title)],
      rows.map(([id, row]) => [id, ...measures.map(([, of]) => of(row))]),
    );
  return table(
    ['', ...rows.map(([id]) => id)],
    measures.map(([title, of]) => [title, ...rows.map(([, row]) => of(row))]),
  );
}

/** The report as a person reads it, at the end of `npm start`. Lines are cut at `width`. */
export function printReport(report: PrintedReport, width = Number.POSITIVE_INFINITY): string {
  const lines: string[] = ['', `Report of ${number(report.durationMs / 1000)} seconds`, ''];
  lines.push(marketplaces(report, width), '');
  for (const sweep of report.sweeps)
    lines.push(
      `Sweep    ${sweep.sweepId}: ${number(sweep.books.dispatched)} dispatched, ${number(sweep.books.stored)} stored, ${number(sweep.books.unchanged)} unchanged, ${number(sweep.books.gone)} gone`,
    );
  lines.push(
    `Books    ${report.balanced ? 'balanced: every reference that was dispatched is accounted for' : 'NOT BALANCED  <-- look here'}`,
    sentence(report),
    ...report.truth.examples.map((example) => `         ${example}`),
    `Alarms   ${report.alarms.alarm.length === 0 ? 'none in ALARM' : `${report.alarms.alarm.length} in ALARM`}`,
    ...Object.entries(report.alarmReasons).flatMap(([name, reason]) =>
      width >= wide ? `         ${name}: ${reason}` : [`         ${name}:`, `           ${reason}`],
    ),
    `Phases   ${report.phases.map((phase) => `${phase.name} ${phase.seconds.toFixed(1)} s`).join(', ')}`,
    '',
  );
  for (const history of report.histories) {
    const prices = history.points.map((point) =>
      point.price === null ? 'no price' : groupDigits(point.price),
    );
    lines.push(
      `${history.title} (SKU ${history.sku})`,
      `  ${drawHistory(history)}  ${prices.join(' → ')} ${history.currency}`,
    );
  }
  if (report.histories.length > 0)
    lines.push('  (a block: a visit confirmed this price; a dot: between two visits, nobody knows)', '');
  return lines
    .join('\n')
    .split('\n')
    .map((line) => cut(line, width))
    .join('\n');
}
