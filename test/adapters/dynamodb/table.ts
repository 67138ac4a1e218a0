import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import {
  CreateTableCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { createDynamoDb } from '../../../functions/adapters/clients.ts';
import type { Item } from '../../../functions/adapters/dynamodb/items.ts';

const dynalite = createRequire(import.meta.url)('dynalite') as (options: { createTableMs: number }) => Server;

export const tableName = 'coordination';

/** A DynamoDB in this process with an empty coordination table. */
export async function startTable(name = tableName): Promise<{
  client: DynamoDBClient;
  url: string;
  stop: () => Promise<void>;
}> {
  process.env['AWS_REGION'] = 'eu-central-1';
  process.env['AWS_ACCESS_KEY_ID'] = 'local';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'local';
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createDynamoDb({
    sqs: url,
    dynamodb: url,
    s3: url,
    lambda: url,
    postgres: {},
    origins: {},
  });
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
  const stop = async (): Promise<void> => {
    client.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { client, url, stop };
}

export async function readItem(
  client: DynamoDBClient,
  key: Item,
  name = tableName,
): Promise<Item | undefined> {
  return (await client.send(new GetItemCommand({ TableName: name, Key: key, ConsistentRead: true }))).Item;
}

export async function writeItem(client: DynamoDBClient, item: Item, name = tableName): Promise<void> {
  await client.send(new PutItemCommand({ TableName: name, Item: item }));
}
