import { table } from '../table.ts';
import { drawHistory, groupDigits } from './chart.ts';
import type { PrintedReport } from './model.ts';

const number = (value: number): string => groupDigits(String(Math.round(value)));

function sentence(report: PrintedReport): string {
  const { truth } = report;
  const fit = truth.wrong + truth.missing + truth.extra === 0;
  return `Truth    ${number(truth.checked)} price points compared with the simulator: ${truth.wrong} wrong, ${truth.missing} missing, ${truth.extra} extra${fit ? '' : '  <-- look here'}`;
}

/** The report as a person reads it, at the end of `npm start`. */
export function printReport(report: PrintedReport): string {
  const lines: string[] = ['', `Report of ${number(report.durationMs / 1000)} seconds`, ''];
  lines.push(
    table(
      [
        'marketplace',
        'dispatched',
        'stored',
        'unchanged',
        'gone',
        'quarantined',
        'parked',
        'dead',
        'in flight',
        'per second',
        'price points',
        'oldest confirmed',
      ],
      Object.entries(report.marketplaces).map(([id, row]) => [
        id,
        ...[
          row.dispatched,
          row.stored,
          row.unchanged,
          row.gone,
          row.quarantined,
          row.parked,
          row.deadLettered,
          row.inFlight,
          row.perSecond,
          row.pricePoints,
        ].map(number),
        row.oldestConfirmedSeconds === null ? 'never' : `${number(row.oldestConfirmedSeconds)} s ago`,
      ]),
    ),
    '',
  );
  for (const sweep of report.sweeps)
    lines.push(
      `Sweep    ${sweep.sweepId}: ${number(sweep.books.dispatched)} dispatched, ${number(sweep.books.stored)} stored, ${number(sweep.books.unchanged)} unchanged, ${number(sweep.books.gone)} gone`,
    );
  lines.push(
    `Books    ${report.balanced ? 'balanced: every reference that was dispatched is accounted for' : 'NOT BALANCED  <-- look here'}`,
    sentence(report),
    ...report.truth.examples.map((example) => `         ${example}`),
    `Alarms   ${report.alarms.alarm.length === 0 ? 'none in ALARM' : `${report.alarms.alarm.length} in ALARM`}`,
    ...Object.entries(report.alarmReasons).map(([name, reason]) => `         ${name}: ${reason}`),
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
  return lines.join('\n');
}
