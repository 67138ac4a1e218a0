import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Cursor } from '../../functions/core/ports/checkpoints.ts';
import type { Inspected } from './inspect.ts';

/** Instants as texts, and an unreadable item as it is, so that a script sees what is there. */
export function toDocument({ marketplace, mode, item, cursor, fault }: Inspected) {
  return {
    marketplace,
    mode,
    fault,
    cursor,
    item: cursor === null && item !== null ? unmarshall(item) : null,
  };
}

export function toText(found: Inspected): string {
  const { marketplace, mode, item, cursor, fault } = found;
  const title = `${marketplace} / ${mode}`;
  if (item === null) return `${title}: none yet`;
  if (cursor === null)
    return `${title}: CANNOT BE READ\n  ${fault}\n${rows(Object.entries(unmarshall(item)))}`;
  return `${title}: at ${cursor.position ?? 'the beginning'}\n${rows(fieldsOf(cursor))}`;
}

/** What a repair changes: field, before, after. */
export function changesOf({ item }: Inspected, repaired: Cursor): string {
  const before = item === null ? {} : unmarshall(item);
  return fieldsOf(repaired)
    .map(([name, value]) => {
      const was = show(before[name]);
      const is = show(value);
      return `  ${name.padEnd(16)} ${was === is ? is : `${was} -> ${is}`}`;
    })
    .join('\n');
}

function fieldsOf({ marketplace, mode, ...fields }: Cursor): [string, unknown][] {
  return Object.entries(fields);
}

function rows(fields: [string, unknown][]): string {
  return fields
    .filter(([name]) => name !== 'pk' && name !== 'sk')
    .map(([name, value]) => `  ${name.padEnd(16)} ${show(value)}`)
    .join('\n');
}

function show(value: unknown): string {
  if (value === undefined || value === null) return '-';
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'string' ? value : JSON.stringify(value);
}
