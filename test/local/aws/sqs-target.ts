import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll } from 'vitest';
import { type SqsServer, startSqs } from '../../../local/aws/sqs/server.ts';
import { ManualTime } from './manual-time.ts';

/**
 * What the conformance suite runs against. By default the emulator, whose clock stands still; with SQS_ENDPOINT set
 * (`aws`, or the URL of another emulator) that service, in real time.
 */
export interface SqsTarget {
  client: SQSClient;
  /** Creates a queue with a name of its own; it is deleted when the suite ends. */
  queue(attributes?: Record<string, string>): Promise<TestQueue>;
  /** Lets this much time pass. */
  elapse(seconds: number): Promise<void>;
}

export interface TestQueue {
  url: string;
  arn: string;
  name: string;
  receive(options?: Partial<ReceiveMessageCommandInput>): Promise<Message[]>;
  attribute(name: string): Promise<string | undefined>;
}

export function sqsTarget(): SqsTarget {
  const endpoint = process.env['SQS_ENDPOINT'];
  const time = new ManualTime();
  const urls: string[] = [];
  let server: SqsServer | null = null;
  let client: SQSClient | null = null;
  const connected = () => {
    if (client === null) throw new Error('the suite has not started');
    return client;
  };

  beforeAll(async () => {
    if (endpoint === undefined) {
      server = await startSqs({ timeScale: 1, region: 'eu-central-1', accountId: '000000000000', time });
    }
    const local = server === null ? endpoint : server.url;
    client =
      local === 'aws' || local === undefined
        ? new SQSClient({})
        : new SQSClient({
            endpoint: local,
            region: 'eu-central-1',
            credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
            maxAttempts: 1,
          });
  });

  afterAll(async () => {
    for (const QueueUrl of urls) await connected().send(new DeleteQueueCommand({ QueueUrl }));
    connected().destroy();
    await server?.close();
  });

  return {
    get client() {
      return connected();
    },
    async queue(attributes) {
      const name = `conformance-${randomUUID()}`;
      const { QueueUrl: url = '' } = await connected().send(
        new CreateQueueCommand({ QueueName: name, ...(attributes && { Attributes: attributes }) }),
      );
      urls.push(url);
      const attribute = async (wanted: string) => {
        const { Attributes } = await connected().send(
          new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
        );
        return (Attributes as Record<string, string> | undefined)?.[wanted];
      };
      return {
        url,
        name,
        arn: (await attribute('QueueArn')) ?? '',
        attribute,
        async receive(options) {
          const { Messages = [] } = await connected().send(
            new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, ...options }),
          );
          return Messages;
        },
      };
    },
    async elapse(seconds) {
      if (server !== null) time.advance(seconds * 1000);
      // The emulator's clock has moved; a moment lets it answer whoever that woke.
      await sleep(server === null ? seconds * 1000 : 1);
    },
  };
}

/** The named member of an SDK error, the rest as it came. */
export async function errorOf(promise: Promise<unknown>): Promise<{
  name: string;
  status: number | undefined;
  code: string | undefined;
  message: string;
}> {
  try {
    await promise;
  } catch (error) {
    const thrown = error as Error & { $metadata?: { httpStatusCode?: number }; Code?: string };
    return {
      name: thrown.name,
      status: thrown.$metadata?.httpStatusCode,
      code: thrown.Code,
      message: thrown.message,
    };
  }
  throw new Error('the call was expected to fail');
}
