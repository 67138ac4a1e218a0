import { cut, table, wrap } from '../../cli/table.ts';
import type { AlarmId } from '../../lib/alarms/catalogue.ts';
import type { Proof } from './prove.ts';
import type { DrillRow } from './result.ts';

const seconds = (value: number | null): string => (value === null ? '-' : `${value.toFixed(1)} s`);
/** Columns that the wide tables take. */
const wide = 136;
const fill = (text: string, length: number): string => cut(text, length).padEnd(length);

/** Failure / detected / recovered / lost / duplicated, one line a drill; then what the operator had to do, and the alarms. */
export function printRows(rows: readonly DrillRow[], width = Number.POSITIVE_INFINITY): string {
  const isWide = width >= wide;
  const name = (row: DrillRow) => (isWide ? [fill(row.name, 44)] : []);
  const by = isWide ? 28 : 26;
  const lines = [
    table(
      [
        'id',
        ...(isWide ? ['failure'.padEnd(44)] : []),
        'detected by'.padEnd(by),
        'detected',
        'recovered',
        'lost',
        'dup',
        'dead',
        'result',
      ],
      rows.map((row) => [
        row.id,
        ...name(row),
        fill((row.detectedBy ?? '-').replace(/^alarm /, isWide ? 'alarm ' : ''), by),
        seconds(row.detectedAfterS),
        seconds(row.recoveredAfterS),
        String(row.lost),
        String(row.duplicated),
        String(row.deadLettered),
        row.pass ? 'pass' : 'FAIL',
      ]),
    ),
  ];
  if (!isWide) lines.push('', ...rows.map((row) => wrap(`${row.id.padEnd(4)} ${row.name}`, width, '     ')));
  for (const { id, operatorSteps } of rows)
    for (const step of operatorSteps) lines.push(`${id} operator: ${step}`);
  return [...lines, ...alarmLines(rows, Math.min(width, 160))].join('\n');
}

/** Which alarms went to ALARM and came back, over all drills. */
function alarmLines(rows: readonly DrillRow[], width: number): string[] {
  const seen = [...new Set<AlarmId>(rows.flatMap(({ alarms }) => alarms))].sort();
  if (seen.length === 0) return [];
  const lines = [`Alarms that went to ALARM and back to OK (${seen.length}):`];
  for (const id of seen) {
    const last = lines.at(-1) ?? '';
    if (lines.length > 1 && last.length + id.length + 2 <= width) lines[lines.length - 1] = `${last}, ${id}`;
    else lines.push(`  ${id}`);
  }
  return ['', ...lines];
}

/** What was switched off, and what failed then. */
export function printProofs(proofs: readonly Proof[], width = Number.POSITIVE_INFINITY): string {
  const line = (text: string): string => text.split('\n')[0] ?? '';
  if (width < wide)
    return proofs
      .flatMap(({ id, removed, proven, because }) => [
        wrap(`${id.padEnd(4)} ${proven ? 'proven' : 'NOT PROVEN'} without ${removed}`, width, '     '),
        cut(`     ${line(because)}`, width),
      ])
      .join('\n');
  return table(
    ['id', 'without'.padEnd(48), 'proven', 'what failed'.padEnd(75)],
    proofs.map(({ id, removed, proven, because }) => [
      id,
      fill(removed, 48),
      proven ? 'yes' : 'NO',
      fill(line(because), 75),
    ]),
  );
}

/** What drills there are. */
export function printDrills(
  drills: readonly { id: string; failure: string; without: string }[],
  width = Number.POSITIVE_INFINITY,
): string {
  if (width < wide)
    return drills
      .flatMap(({ id, failure, without }) => [
        wrap(`${id.padEnd(4)} ${failure}`, width, '     '),
        wrap(`     without: ${without}`, width, '       '),
      ])
      .join('\n');
  return table(
    ['id', 'failure'.padEnd(62), 'fails without'.padEnd(62)],
    drills.map(({ id, failure, without }) => [id, fill(failure, 62), fill(without, 62)]),
  );
}
