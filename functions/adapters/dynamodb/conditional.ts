import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { Item } from './items.ts';

/**
 * Writes an item if its condition holds. Null when it was written; otherwise the item that is there instead.
 *
 * A retry of the SDK can make a write that succeeded look refused: callers compare what is there with what they wanted
 * to write before they call it a conflict (as the Kinesis client library does for its leases).
 */
export async function putIf(
  client: DynamoDBClient,
  input: PutItemCommandInput & { Item: Item; ConditionExpression: string },
): Promise<{ found: Item | null } | null> {
  try {
    await client.send(new PutItemCommand({ ...input, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }));
    return null;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    if (error.Item) return { found: error.Item };
    // Nothing was there, or the server does not return the item with the refusal.
    const { pk, sk } = input.Item;
    if (!pk || !sk) throw error;
    const read = await client.send(
      new GetItemCommand({ TableName: input.TableName, Key: { pk, sk }, ConsistentRead: true }),
    );
    return { found: read.Item ?? null };
  }
}
