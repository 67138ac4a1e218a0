import { table } from '../../cli/table.ts';
import type { Proof } from './prove.ts';
import type { DrillRow } from './result.ts';

const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`;
const seconds = (value: number | null): string => (value === null ? '-' : `${value.toFixed(1)} s`);

/** Failure / detected / recovered / lost / duplicated, one line a drill; then what the operator had to do. */
export function printRows(rows: readonly DrillRow[]): string {
  const lines = [
    table(
      [
        'id',
        'failure'.padEnd(44),
        'detected by'.padEnd(28),
        'detected',
        'recovered',
        'lost',
        'dup',
        'dead',
        'result',
      ],
      rows.map((row) => [
        row.id,
        cut(row.name, 44).padEnd(44),
        cut(row.detectedBy ?? '-', 28).padEnd(28),
        seconds(row.detectedAfterS),
        seconds(row.recoveredAfterS),
        String(row.lost),
        String(row.duplicated),
        String(row.deadLettered),
        row.pass ? 'pass' : 'FAIL',
      ]),
    ),
  ];
  for (const { id, operatorSteps } of rows)
    for (const step of operatorSteps) lines.push(`${id} operator: ${step}`);
  return lines.join('\n');
}

export function printProofs(proofs: readonly Proof[]): string {
  return table(
    ['id', 'without'.padEnd(48), 'proven', 'what failed'.padEnd(90)],
    proofs.map(({ id, removed, proven, because }) => [
      id,
      cut(removed, 48).padEnd(48),
      proven ? 'yes' : 'NO',
      cut(because.split('\n')[0] ?? '', 90).padEnd(90),
    ]),
  );
}
