import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { type DynamoDbServer, type OnDynamoDbRequest, startDynamoDb } from '../../../local/aws/dynamodb.ts';
import type { Fault } from '../../../local/aws/fault.ts';

let server: DynamoDbServer;
let client: DynamoDBClient;

beforeEach(() => start());

async function start(onRequest?: OnDynamoDbRequest): Promise<void> {
  server = await startDynamoDb('eu-central-1', onRequest);
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
    maxAttempts: 1,
    credentials: { accessKeyId: 'worker.0123abcd', secretAccessKey: 'local' },
  });
}

async function restart(onRequest: OnDynamoDbRequest): Promise<void> {
  client.destroy();
  await server.close();
  await start(onRequest);
}
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

describe('faults', () => {
  const asked: unknown[] = [];
  let fault: Fault | undefined;
  beforeEach(async () => {
    await restart((...request) => {
      asked.push(request);
      return fault;
    });
    asked.length = 0;
  });
  const put = () =>
    client.send(new PutItemCommand({ TableName: 'coordination', Item: { pk: { S: 'a' }, sk: { S: 'b' } } }));
  const there = async () => {
    fault = undefined;
    const Key = { pk: { S: 'a' }, sk: { S: 'b' } };
    return (await client.send(new GetItemCommand({ TableName: 'coordination', Key }))).Item !== undefined;
  };

  it('are asked for with the operation, the table, the keys and the caller', async () => {
    fault = undefined;
    await put();
    expect(asked).toEqual([['PutItem', 'coordination', 'a b', 'worker.0123abcd']]);
    expect(await there()).toBe(true);
  });

  it.each([
    ['ProvisionedThroughputExceededException', 400],
    ['InternalServerError', 500],
  ])('%s is what the SDK makes of a refusal, without an effect', async (code, status) => {
    fault = { fault: 'error', code, status };
    await expect(put()).rejects.toMatchObject({ name: code, $metadata: { httpStatusCode: status } });
    expect(await there()).toBe(false);
  });

  it('a lost answer leaves its effect', async () => {
    fault = { fault: 'lose-response' };
    await expect(put()).rejects.toThrow();
    expect(await there()).toBe(true);
  });
});
