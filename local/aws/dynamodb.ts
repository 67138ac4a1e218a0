import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import type { TableSpec } from '../cloud-model.ts';
import { callerOf } from './caller.ts';
import { type Fault, loseAnswer, playFault } from './fault.ts';
import { readBody } from './http.ts';
import { systemTime } from './time.ts';

export interface DynamoDbServer {
  /** What a client's `endpoint` takes. */
  url: string;
  /** Creates the tables; they can be used when it resolves. */
  createTables(tables: readonly TableSpec[]): Promise<void>;
  close(): Promise<void>;
}

/** Asked before every request is served. Drills use it; `item` is its keys with a blank between, null for a query. */
export type OnDynamoDbRequest = (
  operation: string,
  table: string | null,
  item: string | null,
  caller: string | null,
) => Fault | undefined;

/** DynamoDB's own limit. */
const maxRequestBytes = 16 * 1024 * 1024;

/**
 * DynamoDB on the loopback interface, in memory, by dynalite. It differs from AWS in what the functions therefore do not
 * rely on: no transactions, no `Item` in a ConditionalCheckFailedException (ReturnValuesOnConditionCheckFailure is
 * ignored), and items outlive their TTL (AWS too deletes them days late: readers must look at the time themselves).
 */
export async function startDynamoDb(region: string, onRequest?: OnDynamoDbRequest): Promise<DynamoDbServer> {
  const server = dynalite({ createTableMs: 0 });
  if (onRequest) {
    const [serve] = server.listeners('request') as RequestListener[];
    if (!serve) throw new Error('dynalite does not listen to requests.');
    server.removeAllListeners('request');
    server.on('request', (request, response) => {
      ask(request, response, onRequest, serve).catch(() => response.destroy());
    });
  }
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

/** Plays a fault, or lets dynalite serve what was read. */
async function ask(
  request: IncomingMessage,
  response: ServerResponse,
  onRequest: OnDynamoDbRequest,
  serve: RequestListener,
): Promise<void> {
  const body = (await readBody(request, maxRequestBytes)) ?? Buffer.alloc(0);
  const operation = String(request.headers['x-amz-target'] ?? '').replace(/^DynamoDB_\d+\./, '');
  const { table, item } = addressOf(body);
  const fault = onRequest(operation, table, item, callerOf(request.headers));
  if (fault?.fault === 'error') return refuse(response, fault);
  if (fault?.fault === 'refuse-entries')
    throw new Error('DynamoDB has no batches whose entries can be refused.');
  const { serve: serving, answer } = await playFault(fault, response, systemTime);
  if (!serving) return;
  if (!answer) loseAnswer(response);
  const { method, url, headers } = request;
  serve(Object.assign(Readable.from([body]), { method, url, headers }) as IncomingMessage, response);
}

function addressOf(body: Buffer): { table: string | null; item: string | null } {
  type Keys = Record<string, { S?: string }>;
  let input: { TableName?: string; Key?: Keys; Item?: Keys };
  try {
    input = JSON.parse(body.toString() || '{}');
  } catch {
    return { table: null, item: null };
  }
  const { pk, sk } = input.Key ?? input.Item ?? {};
  const keys = [pk?.S, sk?.S].filter((key) => key !== undefined);
  return { table: input.TableName ?? null, item: keys.length > 0 ? keys.join(' ') : null };
}

function refuse(response: ServerResponse, { code, status, message }: Fault & { fault: 'error' }): void {
  const space = status < 500 ? 'com.amazonaws.dynamodb.v20120810' : 'com.amazon.coral.service';
  const body = JSON.stringify({ __type: `${space}#${code}`, message: message ?? 'Refused by a drill.' });
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(body);
}
