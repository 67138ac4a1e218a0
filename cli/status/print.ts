import { groupDigits } from '../report/chart.ts';
import { cut, table } from '../table.ts';
import type { StatusReport } from './model.ts';

const units: [string, number][] = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
];

/** A duration in its largest unit, `3 h`; what is nothing yet is `0 s`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000));
  const [unit, size] = units.find(([, of]) => seconds >= 2 * of) ?? ['s', 1];
  return `${Math.floor(seconds / size)} ${unit}`;
}

/** `?` is what did not answer in time; a dash is nothing. */
const unknown = '?';
const nothing = '-';
const count = (value: number | null): string => (value === null ? unknown : groupDigits(String(value)));

/** The report as a person reads it: the verdict first, then what is wrong, then the rest. Lines are cut at `width`. */
export function printStatus(report: StatusReport, width: number): string {
  const now = Date.parse(report.at);
  const ago = (at: string | null): string => (at === null ? nothing : duration(now - Date.parse(at)));
  const section = (title: string, lines: string[]): string[] =>
    lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
  const short = (name: string): string => name.replace(`narx-${report.stage}-`, '');

  const down = report.dependencies.filter(({ status }) => status !== 'UP');
  const up = report.dependencies.filter(({ status }) => status === 'UP');
  // Whole, whatever the width: the reason is what the override stands on.
  const overrides = report.marketplaces.flatMap(({ id, robotsOverrides }) =>
    robotsOverrides.flatMap(({ path, reason }) => [
      `${id}  ${path} is asked for against robots.txt:`,
      ...wrapped(reason, width - 6).map((line) => `    ${line}`),
    ]),
  );
  const lines = [
    `${report.status.toUpperCase()}  narx-${report.stage}${report.local ? ', on this machine' : ''}, ${report.at.slice(0, 19)}Z`,
    ...section(
      'Does not answer',
      down.map(({ name, detail }) => `${name}  DOWN  ${detail ?? ''}`),
    ),
    ...section(
      'Alarms that are on',
      (report.alarms ?? []).map(({ name, since, reason }) => `${short(name)}  for ${ago(since)}  ${reason}`),
    ),
    ...section(
      'Paused',
      (report.pauses ?? []).map(({ owner, by, reason, since, nextProbe }) => {
        const next = nextProbe === null ? 'until an operator ends it' : nextTry(Date.parse(nextProbe) - now);
        return `${owner}  by ${by} for ${ago(since)}, ${next}: ${reason}`;
      }),
    ),
    ...section('Robots overrides', overrides),
    ...section(
      'Answers',
      [up.map(({ name, latencyMs }) => `${name} ${latencyMs} ms`).join(', ')].filter(Boolean),
    ),
    '',
    table(
      ['marketplace', 'gate', 'asks/s', 'newest', 'oldest', 'target', 'confirmed 24 h', 'measured'],
      report.marketplaces.map(({ id, gate, perSecond, freshness }) => [
        id,
        gate ?? unknown,
        perSecond === null ? unknown : String(Math.round(perSecond * 10) / 10),
        gate === null ? unknown : ago(freshness?.newestObservationAt ?? null),
        gate === null
          ? unknown
          : `${ago(freshness?.oldestConfirmationAt ?? null)}${freshness?.fresh === false ? '!' : ''}`,
        `${freshness?.targetHours ?? unknown} h`,
        gate === null ? unknown : count(freshness?.confirmedLastDay ?? 0),
        gate === null ? unknown : ago(freshness?.measuredAt ?? null),
      ]),
    ),
    '',
    table(
      ['queue', 'consumer', 'waiting', 'in flight', 'delayed', 'dead'],
      report.queues.map(({ name, consumer, waiting, inFlight, delayed, dead }) => [
        name,
        consumer ?? unknown,
        ...[waiting, inFlight, delayed].map(count),
        `${count(dead)}${dead ? '!' : ''}`,
      ]),
    ),
    `breakers: ${report.domains.map(({ id, breaker }) => `${id} ${breaker ?? unknown}`).join(', ')}; spilled to S3: ${spilled(report)}`,
    '',
    ...sweeps(report, ago),
  ];
  return lines
    .join('\n')
    .split('\n')
    .map((line) => cut(line, width))
    .join('\n');
}

/** A text in lines of at most `width`, broken between words. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const longer = `${lines.at(-1) ?? ''} ${word}`;
    if (lines.length > 0 && longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

function nextTry(inMs: number): string {
  return inMs <= 0 ? 'tried again with the next run' : `tried again in ${duration(inMs)}`;
}

function spilled({ spilled: found }: StatusReport): string {
  if (found === null) return unknown;
  return found.batches === 0 ? 'nothing' : `${found.batches}${found.more ? ' and more' : ''} batches`;
}

function sweeps(report: StatusReport, ago: (at: string) => string): string[] {
  if (report.sweeps === null) return ['sweeps: ?'];
  if (report.sweeps.length === 0) return ['no sweeps yet'];
  return [
    table(
      ['newest sweeps', 'began', 'sent', 'stored', 'same', 'gone', 'quar.', 'parked', 'dead', 'open'],
      report.sweeps.map(({ marketplace, mode, startedAt, planned, books }) => [
        `${marketplace} ${mode}`,
        ago(startedAt),
        ...(books === null
          ? Array.from({ length: 8 }, () => unknown)
          : [
              `${count(books.dispatched)}${planned ? '' : '+'}`,
              ...[
                books.stored,
                books.unchanged,
                books.gone,
                books.quarantined,
                books.parked,
                books.deadLettered,
                books.inFlight,
              ].map(count),
            ]),
      ]),
    ),
  ];
}
