import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { unlessRefused } from '../../functions/adapters/dynamodb/conditional.ts';
import { cursorItem, encodeCursor } from '../../functions/adapters/dynamodb/cursor-items.ts';
import { cursorKey, expiry } from '../../functions/adapters/dynamodb/items.ts';
import { slotOf } from '../../functions/core/model/sweep.ts';
import type { Cursor } from '../../functions/core/ports/checkpoints.ts';
import type { Ledger, Sweep } from '../../functions/core/ports/ledger.ts';
import { UsageError } from '../command.ts';
import type { Stage } from '../stage/connect.ts';
import type { CursorItem, Inspected } from './inspect.ts';

/** Where the position of a repaired cursor comes from. */
export type Target = { from: 'ledger' } | { from: 'previous' } | { from: 'operator'; position: number };

const DAY_MS = 24 * 3600_000;

/**
 * The cursor that is written over a broken one: what is readable of it, with the position from `target`, a version above every
 * one that was given out, an owner that nobody is, and no lease. Throws a UsageError when it cannot be told.
 */
export async function plannedRepair(
  found: Inspected,
  target: Target,
  { ledger, firstId, now }: { ledger: Pick<Ledger, 'sweeps' | 'jobs'>; firstId: number; now: Date },
): Promise<Cursor> {
  const { marketplace, mode } = found;
  const raw = readable(found.item);
  const sweep = await sweepOf(ledger, marketplace, mode, raw.sweepId ?? null);
  const slot = raw.slot != null && Date.parse(raw.slot) <= now.getTime() + DAY_MS ? raw.slot : null;
  const version = raw.version ?? Math.floor(now.getTime() / 1000);
  const position = await positionFrom(target, raw.previousPosition, sweep, ledger, firstId);
  return {
    marketplace,
    mode,
    // Without the old one, the seconds of the clock: no cursor has been written that often.
    version: version + 1,
    owner: `operator ${now.toISOString()}`,
    leaseExpiresAt: new Date(0),
    sweepId: sweep?.sweepId ?? null,
    sweepStartedAt: sweep === null ? null : new Date(slotOf(sweep.sweepId)),
    position: sweep === null ? null : position,
    previousPosition: raw.position ?? null,
    slot,
    updatedAt: now,
  };
}

/**
 * Keeps the item that is there beside it, then writes the cursor over exactly that item. Throws a UsageError when it is not
 * there any more; then nothing has changed.
 */
export async function repair(
  { clients, names }: Pick<Stage, 'clients' | 'names'>,
  { item }: Inspected,
  cursor: Cursor,
): Promise<{ keptAs: string | null }> {
  const { marketplace, mode, updatedAt } = cursor;
  const keptAs = item === null ? null : `${mode}#before-repair#${updatedAt.toISOString()}`;
  if (item !== null && keptAs !== null) {
    const kept = { ...item, ...cursorKey(marketplace, keptAs), ttl: expiry(updatedAt) };
    await clients.dynamodb.send(new PutItemCommand({ TableName: names.table, Item: kept }));
  }
  const where = { TableName: names.table, Key: cursorKey(marketplace, mode) };
  const put = new PutItemCommand({ TableName: names.table, Item: encodeCursor(cursor), ...unchanged(item) });
  const refused = await unlessRefused(clients.dynamodb, where, () => clients.dynamodb.send(put));
  if (refused !== null && refused.existing?.['owner']?.S !== cursor.owner) {
    throw new UsageError(
      `the cursor of ${marketplace}/${mode} was changed in the meantime, and is left as it is: look again with narx checkpoint show ${marketplace}.`,
    );
  }
  return { keptAs };
}

type Fields = Partial<Pick<Cursor, 'version' | 'sweepId' | 'position' | 'previousPosition' | 'slot'>>;

/** Each field that has the form that it must have, whatever became of the others. */
function readable(item: CursorItem | null): Fields {
  const raw = item === null ? {} : unmarshall(item);
  const { version, sweepId, position, previousPosition, slot } = cursorItem.shape;
  return {
    ...field('version', version.safeParse(raw['version'])),
    ...field('sweepId', sweepId.safeParse(raw['sweepId'])),
    ...field('position', position.safeParse(raw['position'])),
    ...field('previousPosition', previousPosition.safeParse(raw['previousPosition'])),
    ...field('slot', slot.safeParse(raw['slot'])),
  };
}

function field<K extends keyof Fields>(name: K, parsed: { success: boolean; data?: Fields[K] }): Fields {
  return parsed.success ? { [name]: parsed.data } : {};
}

/** The sweep that the cursor names if the books know it, else the newest one that is not wholly planned. */
async function sweepOf(
  ledger: Pick<Ledger, 'sweeps'>,
  marketplace: string,
  mode: Cursor['mode'],
  named: string | null,
): Promise<Sweep | null> {
  const sweeps = (await ledger.sweeps(marketplace, 2_000)).filter((sweep) => sweep.mode === mode);
  return (
    sweeps.find(({ sweepId }) => sweepId === named) ??
    // The last sweep of a range is over when it is planned, but the cursor stays on it until the next is due.
    sweeps.find(({ planned }) => mode === 'sweep' || !planned) ??
    null
  );
}

async function positionFrom(
  target: Target,
  previous: number | null | undefined,
  sweep: Sweep | null,
  ledger: Pick<Ledger, 'jobs'>,
  firstId: number,
): Promise<number | null> {
  if (target.from === 'operator') return target.position;
  if (target.from === 'ledger') return sweep === null ? null : await plannedUpTo(ledger, sweep, firstId);
  if (previous !== undefined) return previous;
  throw new UsageError('the previous position cannot be read either: leave --previous away, or give --to.');
}

/**
 * What the ledger proves to be planned: in a range, the last id before the first that no job holds; otherwise the last job
 * number. Null: nothing.
 */
async function plannedUpTo(
  ledger: Pick<Ledger, 'jobs'>,
  sweep: Sweep,
  firstId: number,
): Promise<number | null> {
  let next = sweep.mode === 'sweep' ? firstId : 0;
  const start = next;
  for await (const { jobNumber, outcomes } of ledger.jobs(sweep, null)) {
    if (sweep.mode !== 'sweep') next = jobNumber + 1;
    else if (jobNumber > next) break;
    else next = Math.max(next, jobNumber + outcomes.length);
  }
  return next === start ? null : next - 1;
}

/** Conditions under which exactly this item is still there. */
function unchanged(item: CursorItem | null) {
  if (item === null) return { ConditionExpression: 'attribute_not_exists(pk)' };
  const entries = Object.entries(item);
  return {
    ConditionExpression: entries.map((_, i) => `#a${i} = :a${i}`).join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(entries.map(([name], i) => [`#a${i}`, name])),
    ExpressionAttributeValues: Object.fromEntries(entries.map(([, value], i) => [`:a${i}`, value])),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
}
