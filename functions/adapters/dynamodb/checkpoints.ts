import { isDeepStrictEqual } from 'node:util';
import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { StaleOwner, StopMarketplace } from '../../core/model/errors.ts';
import type { Checkpoints, Cursor, CursorKey } from '../../core/ports/checkpoints.ts';
import type { Clock } from '../../core/ports/runtime.ts';
import { unlessRefused } from './conditional.ts';
import { decodeCursor, encodeCursor } from './cursor-items.ts';
import { cursorKey } from './items.ts';

type State = Omit<Cursor, 'version' | 'owner' | 'updatedAt' | keyof CursorKey>;
const freshStart: State = {
  leaseExpiresAt: new Date(0),
  sweepId: null,
  sweepStartedAt: null,
  position: null,
  previousPosition: null,
  slot: null,
};

/** Cursors in the coordination table. Every write names the version that it replaces, and adds one to it. */
export class DynamoCheckpoints implements Checkpoints {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #clock: Clock;

  constructor(client: DynamoDBClient, tableName: string, clock: Clock) {
    this.#client = client;
    this.#table = tableName;
    this.#clock = clock;
  }

  async acquire(
    key: CursorKey,
    slot: string,
    owner: string,
    leaseMs: number,
  ): Promise<{ cursor: Cursor } | { collapsed: 'slot-done' | 'leased' }> {
    const now = this.#clock.now();
    const current = await this.read(key);
    if (current) refuseTheFuture(current, slot, now);
    if (current?.slot && Date.parse(slot) <= Date.parse(current.slot)) return { collapsed: 'slot-done' };
    // The same owner asks again when Lambda repeats an asynchronous invocation: its first attempt is fenced off.
    if (current && current.owner !== owner && current.leaseExpiresAt > now) return { collapsed: 'leased' };
    const cursor: Cursor = {
      ...(current ?? freshStart),
      ...key,
      version: (current?.version ?? 0) + 1,
      owner,
      leaseExpiresAt: new Date(now.getTime() + leaseMs),
      updatedAt: now,
    };
    return (await this.#replace(current, cursor)) ? { cursor } : { collapsed: 'leased' };
  }

  async advance(
    cursor: Cursor,
    next: Pick<Cursor, 'sweepId' | 'sweepStartedAt' | 'position' | 'slot'> & { releaseLease: boolean },
  ): Promise<Cursor> {
    const { releaseLease, ...state } = next;
    const now = this.#clock.now();
    const goesBack = (state.position ?? 0) < (cursor.position ?? 0);
    if (state.sweepId === cursor.sweepId && goesBack) {
      throw new StopMarketplace(
        `The cursor of ${cursor.marketplace}/${cursor.mode} would go back from ${cursor.position} to ${state.position}.`,
      );
    }
    const written: Cursor = {
      ...cursor,
      ...state,
      version: cursor.version + 1,
      leaseExpiresAt: releaseLease ? now : cursor.leaseExpiresAt,
      previousPosition: cursor.position,
      updatedAt: now,
    };
    if (await this.#replace(cursor, written)) return written;
    throw new StaleOwner(
      `Another owner moved the cursor of ${cursor.marketplace}/${cursor.mode} on from version ${cursor.version}.`,
    );
  }

  async read(key: CursorKey): Promise<Cursor | null> {
    const { Item } = await this.#client.send(
      new GetItemCommand({
        TableName: this.#table,
        Key: cursorKey(key.marketplace, key.mode),
        ConsistentRead: true,
      }),
    );
    return Item ? decodeCursor(key, Item) : null;
  }

  /** False when another owner's write was first. */
  async #replace(current: Cursor | null, written: Cursor): Promise<boolean> {
    const where = { TableName: this.#table, Key: cursorKey(written.marketplace, written.mode) };
    const put = new PutItemCommand({
      TableName: this.#table,
      Item: encodeCursor(written),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      ...(current
        ? {
            ConditionExpression: '#version = :version AND #owner = :owner',
            ExpressionAttributeNames: { '#version': 'version', '#owner': 'owner' },
            ExpressionAttributeValues: marshall({ ':version': current.version, ':owner': current.owner }),
          }
        : { ConditionExpression: 'attribute_not_exists(pk)' }),
    });
    const refused = await unlessRefused(this.#client, where, () => this.#client.send(put));
    if (refused === null) return true;
    // The owner alone does not tell: Lambda repeats an invocation under the same request id.
    return refused.existing !== null && isDeepStrictEqual(decodeCursor(written, refused.existing), written);
  }
}

/** A schedule delivers no slot more than half an hour late, and no lease is longer than minutes. */
const DAY_MS = 24 * 3600_000;

/** Throws StopMarketplace for a cursor that would make every slot collapse from now on, silently, until its time has come (F25). */
function refuseTheFuture({ marketplace, mode, ...current }: Cursor, slot: string, now: Date): void {
  const { slot: done, leaseExpiresAt } = current;
  const fault =
    done !== null && Date.parse(done) - Date.parse(slot) > DAY_MS
      ? `names ${done} as dispatched, and the slot is ${slot}`
      : leaseExpiresAt.getTime() - now.getTime() > DAY_MS
        ? `is leased until ${leaseExpiresAt.toISOString()}`
        : null;
  if (fault === null) return;
  throw new StopMarketplace(
    `The cursor of ${marketplace}/${mode} ${fault}. Repair it: npx narx checkpoint repair ${marketplace} --mode ${mode}.`,
  );
}
