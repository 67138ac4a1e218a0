import { randomUUID } from 'node:crypto';
import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { RetryLater } from '../../core/model/errors.ts';
import type { Shared } from '../../core/ports/shared.ts';
import { unlessRefused } from './conditional.ts';
import type { Item } from './items.ts';

/** A lost race means that another worker won one, and a marketplace has a handful of workers. */
const RACES = 20;

/** What is known of an item: the value, and the attribute that a write of it must still find there. */
interface Known<T> {
  value: T;
  stored: AttributeValue | null;
}

/**
 * A value as JSON text in one item, written over exactly the text that was read. The attribute `writer` tells a write
 * that the SDK repeated from a write that somebody else won.
 */
export class DynamoShared<T> implements Shared<T> {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #key: (marketplace: string) => Item;
  readonly #decode: (stored: string | null) => T;
  readonly #known = new Map<string, Known<T>>();

  /** `decode` gets null when there is no such item yet. */
  constructor(
    client: DynamoDBClient,
    tableName: string,
    key: (marketplace: string) => Item,
    decode: (stored: string | null) => T,
  ) {
    this.#client = client;
    this.#table = tableName;
    this.#key = key;
    this.#decode = decode;
  }

  async read(marketplace: string): Promise<T> {
    const { Item } = await this.#client.send(
      new GetItemCommand({ TableName: this.#table, Key: this.#key(marketplace), ConsistentRead: true }),
    );
    return this.#learn(marketplace, Item ?? null).value;
  }

  async change(marketplace: string, transition: (current: T) => T): Promise<T> {
    // What was seen last is mostly still there: the first try needs no read. Only a refused write shows that it is not,
    // so that "nothing to change" is never concluded from it.
    let known = this.#known.get(marketplace);
    let fresh = false;
    for (let race = 0; race < RACES; race += 1) {
      if (!known) {
        await this.read(marketplace);
        known = this.#known.get(marketplace);
        fresh = true;
        continue;
      }
      const next = transition(known.value);
      if (next === known.value) {
        if (fresh) return next;
        known = undefined;
        continue;
      }
      const existing = await this.#replace(marketplace, known, next);
      if (existing === null) return next;
      known = existing;
      fresh = true;
    }
    throw new RetryLater(`${JSON.stringify(this.#key(marketplace))}: ${RACES} other writers were faster.`);
  }

  /** Null when it was written; otherwise what is there instead. */
  async #replace(marketplace: string, known: Known<T>, next: T): Promise<Known<T> | null> {
    const where = { TableName: this.#table, Key: this.#key(marketplace) };
    const stored: AttributeValue = { S: JSON.stringify(next) };
    const writer: AttributeValue = { S: randomUUID() };
    const put = new PutItemCommand({
      TableName: this.#table,
      Item: { ...where.Key, state: stored, writer },
      ConditionExpression: known.stored ? '#state = :known' : 'attribute_not_exists(#state)',
      ExpressionAttributeNames: { '#state': 'state' },
      ...(known.stored && { ExpressionAttributeValues: { ':known': known.stored } }),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const refused = await unlessRefused(this.#client, where, () => this.#client.send(put));
    if (refused !== null && refused.existing?.['writer']?.S !== writer.S) {
      return this.#learn(marketplace, refused.existing);
    }
    this.#known.set(marketplace, { value: next, stored });
    return null;
  }

  #learn(marketplace: string, item: Item | null): Known<T> {
    const stored = item?.['state'] ?? null;
    const known = { value: this.#decode(stored === null ? null : (stored.S ?? '')), stored };
    this.#known.set(marketplace, known);
    return known;
  }
}

/** Decodes an item that stops nobody when it is damaged: as if it were not there. */
export function readableOr<T>(
  schema: { parse(value: unknown): T },
  otherwise: T,
): (stored: string | null) => T {
  return (stored) => {
    try {
      if (stored !== null) return schema.parse(JSON.parse(stored));
    } catch {
      // The docstring of whoever asks says why nothing is lost by it.
    }
    return otherwise;
  };
}
