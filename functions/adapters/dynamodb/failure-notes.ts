import { BatchGetItemCommand, type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import type { FailureNote, FailureNotes } from '../../core/ports/queues.ts';
import { failureKey, type Item } from './items.ts';

/** As long as a dead letter is kept, counted from the last failure. */
const RETENTION_SECONDS = 14 * 24 * 3600;
/** DynamoDB reads a hundred items a call. */
const KEYS_PER_READ = 100;
/** A note must not cost the batch its time. */
const WRITE_MS = 500;

const noteItem = z.object({
  sk: z.object({ S: z.string() }),
  failures: z.object({ N: z.string().regex(/^\d+$/) }),
  error: z.object({ S: z.string() }),
  reason: z.object({ S: z.string() }),
  functionName: z.object({ S: z.string() }),
  at: z.object({ S: z.iso.datetime() }),
});

/** Failure notes in the coordination table, one item per message. */
export class DynamoFailureNotes implements FailureNotes {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#table = tableName;
  }

  async note(queue: string, messageId: string, failure: Omit<FailureNote, 'failures'>): Promise<void> {
    const { error, reason, functionName, at } = failure;
    const update = new UpdateItemCommand({
      TableName: this.#table,
      Key: failureKey(queue, messageId),
      UpdateExpression:
        'ADD failures :one SET #error = :error, reason = :reason, functionName = :fn, #at = :at, #ttl = :ttl',
      ExpressionAttributeNames: { '#error': 'error', '#at': 'at', '#ttl': 'ttl' },
      ExpressionAttributeValues: {
        ':one': { N: '1' },
        ':error': { S: error },
        ':reason': { S: reason },
        ':fn': { S: functionName },
        ':at': { S: at.toISOString() },
        ':ttl': { N: String(Math.floor(at.getTime() / 1000) + RETENTION_SECONDS) },
      },
    });
    await this.#client.send(update, { abortSignal: AbortSignal.timeout(WRITE_MS) });
  }

  /** What was noted of these messages, by message id. A message without a note is not in the map. */
  async read(queue: string, messageIds: readonly string[]): Promise<Map<string, FailureNote>> {
    const notes = new Map<string, FailureNote>();
    for (let from = 0; from < messageIds.length; from += KEYS_PER_READ) {
      let keys: Item[] = messageIds.slice(from, from + KEYS_PER_READ).map((id) => failureKey(queue, id));
      while (keys.length > 0) {
        const { Responses, UnprocessedKeys } = await this.#client.send(
          new BatchGetItemCommand({ RequestItems: { [this.#table]: { Keys: keys, ConsistentRead: true } } }),
        );
        for (const raw of Responses?.[this.#table] ?? []) {
          const { sk, failures, error, reason, functionName, at } = noteItem.parse(raw);
          notes.set(sk.S, {
            failures: Number(failures.N),
            error: error.S,
            reason: reason.S,
            functionName: functionName.S,
            at: new Date(at.S),
          });
        }
        keys = UnprocessedKeys?.[this.#table]?.Keys ?? [];
      }
    }
    return notes;
  }
}
