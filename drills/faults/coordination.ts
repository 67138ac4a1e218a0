import {
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { RequestMatch } from './cloud.ts';

/** Each write of dispatch that moves the cursor of Uzum's sweep: takes the lease, names the sweep, goes over what was accepted. */
export const sweepCursorWrite = {
  service: 'dynamodb',
  operation: 'PutItem',
  item: /^CURSOR#uzum sweep$/,
  by: /-dispatch$/,
} as const satisfies RequestMatch;

/** Reaches into the coordination table (docs/architecture.md has its keys) behind everybody's back: no condition, no version. */
export class Coordination {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  /** The item as plain values; null when there is none. */
  async item(pk: string, sk: string): Promise<Record<string, unknown> | null> {
    const { Item } = await this.#client.send(
      new GetItemCommand({ TableName: this.#table, Key: marshall({ pk, sk }), ConsistentRead: true }),
    );
    return Item ? unmarshall(Item) : null;
  }

  /** Replaces the item by what `change` makes of it: torn, rolled back, jumped ahead. Throws when there is none. */
  async edit(
    pk: string,
    sk: string,
    change: (item: Record<string, unknown>) => Record<string, unknown>,
  ): Promise<void> {
    const item = await this.item(pk, sk);
    if (!item) throw new Error(`The coordination table has no item ${pk} ${sk}.`);
    await this.put({ ...change(item), pk, sk });
  }

  async put(item: Record<string, unknown>): Promise<void> {
    await this.#client.send(new PutItemCommand({ TableName: this.#table, Item: marshall(item) }));
  }

  async remove(pk: string, sk: string): Promise<void> {
    await this.#client.send(new DeleteItemCommand({ TableName: this.#table, Key: marshall({ pk, sk }) }));
  }
}
