import type { Quarantined } from '../../functions/contract/quarantine.ts';
import { table } from '../table.ts';
import type { QuarantinedKey } from './objects.ts';
import type { ReplayTotals } from './replay.ts';

/** How much of a body `show` prints: what fits a screen. */
const SHOWN_CHARACTERS = 2_000;

export interface Group {
  marketplace: string;
  reason: string;
  type: 'page' | 'row';
  count: number;
  firstDay: string;
  lastDay: string;
}

/** By marketplace, reason and type, the largest group first. */
export function grouped(keys: readonly QuarantinedKey[]): Group[] {
  const groups = Map.groupBy(keys, ({ marketplace, reason, type }) => `${marketplace} ${reason} ${type}`);
  return [...groups.values()]
    .flatMap((group) => {
      const [first] = group;
      if (!first) return [];
      const days = group.map(({ day }) => day).sort();
      const { marketplace, reason, type } = first;
      return [
        {
          marketplace,
          reason,
          type,
          count: group.length,
          firstDay: days[0] ?? '',
          lastDay: days.at(-1) ?? '',
        },
      ];
    })
    .sort((a, b) => b.count - a.count);
}

export function listText(groups: readonly Group[]): string {
  if (groups.length === 0) return 'nothing is quarantined';
  return table(
    ['marketplace', 'reason', 'type', 'count', 'first', 'last'],
    groups.map(({ marketplace, reason, type, count, firstDay, lastDay }) => [
      marketplace,
      reason,
      type,
      String(count),
      firstDay,
      lastDay,
    ]),
  );
}

/** What it is and why it is here, and the beginning of the body. */
export function objectText(object: Quarantined): string {
  const { marketplace, reason, detail, observedAt, job } = object;
  const what = object.type === 'page' ? `${object.reference.kind} ${object.reference.externalId}` : 'a row';
  const head = [
    `${marketplace}: ${what}, ${reason}`,
    `  ${detail}`,
    `  arrived at ${observedAt}, in job ${job.jobNumber} of ${job.sweepId}`,
  ];
  if (object.type === 'row') return [...head, JSON.stringify(object.row, null, 2)].join('\n');
  const text = bodyOf(object).toString('utf8');
  const more =
    text.length > SHOWN_CHARACTERS ? [`… ${text.length} characters in all: --body prints them`] : [];
  return [
    ...head,
    `  ${object.url} (HTTP ${object.status})`,
    '',
    text.slice(0, SHOWN_CHARACTERS),
    ...more,
  ].join('\n');
}

/** The page as it arrived. */
export function bodyOf({ body }: Extract<Quarantined, { type: 'page' }>): Buffer {
  return Buffer.from(body.data, body.encoding);
}

/** What became of the objects: counts, and of those that stay the reasons with an example. */
export function replayText({ results, stopped }: ReplayTotals, dryRun: boolean): string {
  const replayed = results.filter(({ result }) => result === 'replayed');
  const visits = replayed.reduce((sum, one) => sum + (one.result === 'replayed' ? one.visits : 0), 0);
  const kept = results.flatMap((one) => (one.result === 'kept' ? [one] : []));
  const groups = [...Map.groupBy(kept, ({ reason }) => reason)];
  return [
    `${replayed.length} ${dryRun ? 'would be replayed' : 'replayed'} (${visits} visits), ${kept.length} kept, ${results.length - replayed.length - kept.length} no longer there`,
    ...groups.flatMap(([reason, group]) => [
      `  kept: ${group.length} ${reason}, such as ${group[0]?.key}`,
      `        ${group[0]?.detail}`,
    ]),
    ...(stopped === null ? [] : [`stopped: ${stopped}`]),
  ].join('\n');
}
