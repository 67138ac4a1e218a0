import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Process } from '../process.ts';
import { holds, type Item, type Placeholders, updated } from './expressions.ts';

interface Conditional extends Placeholders {
  ConditionExpression?: string | undefined;
  ReturnValuesOnConditionCheckFailure?: string | undefined;
}

/** The coordination table, to which the real adapters speak through a client that each process has of its own. */
export class SimulatedTable {
  /** Partition key to sort key to item. */
  readonly #partitions = new Map<string, Map<string, Item>>();
  /** Told of every write before it takes effect. */
  onWrite: (key: { pk: string; sk: string }, before: Item | null, after: Item | null, by: string) => void =
    () => undefined;

  client(process: Process): DynamoDBClient {
    // The SDK's paginators want an instance of the class; nothing else of it is used.
    const client = Object.create(DynamoDBClient.prototype) as DynamoDBClient;
    const send = async (command: unknown): Promise<unknown> =>
      await process.call(actionOf(command), () => this.#execute(command, process.name));
    return Object.defineProperty(client, 'send', { value: send });
  }

  /** Items in the order of their sort keys. */
  partition(pk: string): Item[] {
    const items = this.#partitions.get(pk);
    return items ? [...items].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item) : [];
  }

  /** Partition keys. */
  get partitions(): string[] {
    return [...this.#partitions.keys()];
  }

  #execute(command: unknown, by: string): unknown {
    if (command instanceof GetItemCommand) return this.#answer(this.#get(keyOf(command.input.Key)));
    if (command instanceof QueryCommand) return this.#query(command.input);
    if (command instanceof PutItemCommand) {
      const item = command.input.Item ?? {};
      return this.#write(keyOf(item), command.input, () => ({ ...item }), by);
    }
    if (command instanceof DeleteItemCommand) {
      return this.#write(keyOf(command.input.Key), command.input, () => null, by);
    }
    if (command instanceof UpdateItemCommand) {
      const { Key = {}, UpdateExpression = '' } = command.input;
      const { input } = command;
      return this.#write(
        keyOf(Key),
        input,
        (item) => updated(UpdateExpression, item ?? { ...Key }, input),
        by,
      );
    }
    throw new Error(`The simulated table does not know ${actionOf(command)}.`);
  }

  #get({ pk, sk }: { pk: string; sk: string }): Item | null {
    return this.#partitions.get(pk)?.get(sk) ?? null;
  }

  #write(
    key: { pk: string; sk: string },
    conditional: Conditional,
    change: (item: Item | null) => Item | null,
    by: string,
  ): unknown {
    const before = this.#get(key);
    if (!holds(conditional.ConditionExpression, before ?? {}, conditional)) {
      const returned = conditional.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' && before !== null;
      throw new ConditionalCheckFailedException({
        message: 'The conditional request failed',
        $metadata: {},
        ...(returned && { Item: before }),
      });
    }
    const after = change(before);
    this.onWrite(key, before, after, by);
    const items = this.#partitions.get(key.pk) ?? new Map<string, Item>();
    this.#partitions.set(key.pk, items);
    if (after) items.set(key.sk, after);
    else items.delete(key.sk);
    return { $metadata: {}, ...(after && { Attributes: after }) };
  }

  #query(input: QueryCommand['input']): unknown {
    if (input.IndexName !== undefined) throw new Error('The simulated table has no index.');
    const pk = Object.values(input.ExpressionAttributeValues ?? {}).find(
      ({ S }) => S !== undefined && this.#partitions.has(S),
    )?.S;
    const start = input.ExclusiveStartKey?.['sk']?.S;
    let found = (pk === undefined ? [] : this.partition(pk)).filter((item) =>
      holds(input.KeyConditionExpression, item, input),
    );
    if (input.ScanIndexForward === false) found.reverse();
    if (start !== undefined) found = found.slice(found.findIndex((item) => item['sk']?.S === start) + 1);
    const page = found.slice(0, input.Limit ?? found.length);
    const last = page.length < found.length ? page.at(-1) : undefined;
    return {
      $metadata: {},
      Items: page.filter((item) => holds(input.FilterExpression, item, input)),
      ...(last && { LastEvaluatedKey: { pk: last['pk'], sk: last['sk'] } }),
    };
  }

  #answer(item: Item | null): unknown {
    return { $metadata: {}, ...(item && { Item: item }) };
  }
}

function keyOf(key: Item | undefined): { pk: string; sk: string } {
  return { pk: key?.['pk']?.S ?? '', sk: key?.['sk']?.S ?? '' };
}

/** Such as `PutItem CURSOR`: what is asked, of which kind of item. */
function actionOf(command: unknown): string {
  const { input } = command as { input: { Key?: Item; Item?: Item; ExpressionAttributeValues?: Item } };
  const pk = keyOf(input.Key ?? input.Item).pk || (input.ExpressionAttributeValues?.[':pk']?.S ?? '');
  return `${nameOf(command)} ${pk.slice(0, pk.indexOf('#'))}`;
}

function nameOf(command: unknown): string {
  if (command instanceof GetItemCommand) return 'GetItem';
  if (command instanceof QueryCommand) return 'Query';
  if (command instanceof PutItemCommand) return 'PutItem';
  if (command instanceof UpdateItemCommand) return 'UpdateItem';
  if (command instanceof DeleteItemCommand) return 'DeleteItem';
  return String(command);
}
