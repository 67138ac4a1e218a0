import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Item } from './items.ts';

/**
 * Runs a conditional write. Null when it was done; when its condition failed, the item that is there instead
 * (`existing` null: none). The write should ask for `ReturnValuesOnConditionCheckFailure: ALL_OLD`, which saves a read.
 *
 * A retry of the SDK can make a write that succeeded look refused: callers compare what is there with what they wanted
 * to write before they call it a conflict (as the Kinesis client library does for its leases).
 */
export async function unlessRefused(
  client: DynamoDBClient,
  where: { TableName: string; Key: Item },
  write: () => Promise<unknown>,
): Promise<{ existing: Record<string, AttributeValue> | null } | null> {
  try {
    await write();
    return null;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    if (error.Item) return { existing: error.Item };
    // Nothing was there, or this server does not return the item with the refusal.
    const { Item } = await client.send(new GetItemCommand({ ...where, ConsistentRead: true }));
    return { existing: Item ?? null };
  }
}
