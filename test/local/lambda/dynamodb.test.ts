import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type DynamoDbServer, startDynamoDb } from '../../../local/aws/dynamodb.ts';

let server: DynamoDbServer;
let client: DynamoDBClient;

beforeEach(async () => {
  server = await startDynamoDb('eu-central-1');
  await server.createTables([
    {
      logicalId: 'Table',
      name: 'coordination',
      ttlAttribute: 'ttl',
      create: {
        TableName: 'coordination',
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
      },
    },
  ]);
  client = new DynamoDBClient({
    endpoint: server.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
});
afterEach(async () => {
  client.destroy();
  await server.close();
});

test('a table can be used at once, and of concurrent conditional writes one wins', async () => {
  const writes = await Promise.allSettled(
    Array.from({ length: 10 }, (_, index) =>
      client.send(
        new PutItemCommand({
          TableName: 'coordination',
          Item: { pk: { S: 'a' }, sk: { S: 'b' }, owner: { N: String(index) } },
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      ),
    ),
  );
  expect(writes.filter((write) => write.status === 'fulfilled')).toHaveLength(1);
  const reasons = writes.flatMap((write) => (write.status === 'rejected' ? [write.reason.name] : []));
  expect(new Set(reasons)).toEqual(new Set(['ConditionalCheckFailedException']));
  const winner = writes.findIndex((write) => write.status === 'fulfilled');
  const { Item } = await client.send(
    new GetItemCommand({ TableName: 'coordination', Key: { pk: { S: 'a' }, sk: { S: 'b' } } }),
  );
  expect(Item?.['owner']).toEqual({ N: String(winner) });
});
