import { type AttributeValue, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { decodeCursor } from '../../functions/adapters/dynamodb/cursor-items.ts';
import { cursorKey } from '../../functions/adapters/dynamodb/items.ts';
import { StopMarketplace } from '../../functions/core/model/errors.ts';
import type { Cursor, CursorKey } from '../../functions/core/ports/checkpoints.ts';
import type { Stage } from '../stage/connect.ts';

export type CursorItem = Record<string, AttributeValue>;

/** A cursor as it is stored: the item, and what it says or why it says nothing. Both null where there is none yet. */
export interface Inspected extends CursorKey {
  item: CursorItem | null;
  cursor: Cursor | null;
  fault: string | null;
}

export async function inspect(
  { clients, names }: Pick<Stage, 'clients' | 'names'>,
  key: CursorKey,
): Promise<Inspected> {
  const { Item: item = null } = await clients.dynamodb.send(
    new GetItemCommand({
      TableName: names.table,
      Key: cursorKey(key.marketplace, key.mode),
      ConsistentRead: true,
    }),
  );
  if (item === null) return { ...key, item, cursor: null, fault: null };
  try {
    return { ...key, item, cursor: decodeCursor(key, item), fault: null };
  } catch (error) {
    if (!(error instanceof StopMarketplace)) throw error;
    return { ...key, item, cursor: null, fault: error.message };
  }
}
