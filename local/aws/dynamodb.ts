import type { AddressInfo } from 'node:net';
import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import type { TableSpec } from '../cloud-model.ts';

export interface DynamoDbServer {
  /** What a client's `endpoint` takes. */
  url: string;
  /** Creates the tables; they can be used when it resolves. */
  createTables(tables: readonly TableSpec[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * DynamoDB on the loopback interface, in memory, by dynalite. It differs from AWS in what the functions therefore do not
 * rely on: no transactions, no `Item` in a ConditionalCheckFailedException (ReturnValuesOnConditionCheckFailure is
 * ignored), and items outlive their TTL (AWS too deletes them days late: readers must look at the time themselves).
 */
export async function startDynamoDb(region: string): Promise<DynamoDbServer> {
  const server = dynalite({ createTableMs: 0 });
  // SDK clients keep idle sockets; closing one just as it is used again would look like a network fault.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    createTables: async (tables) => {
      const client = new DynamoDBClient({
        endpoint: url,
        region,
        credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      });
      try {
        for (const table of tables)
          await client.send(new CreateTableCommand(table.create as unknown as CreateTableCommandInput));
      } finally {
        client.destroy();
      }
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
