import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach } from 'vitest';
import { type SqsOptions, type SqsServer, startSqs } from '../../../local/aws/sqs/server.ts';

/** Runs after each test. */
export const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Starts an emulator with its client; both are closed after the test. */
export async function startEmulator(
  options: Partial<SqsOptions> = {},
): Promise<{ sqs: SqsServer; client: SQSClient }> {
  const sqs = await startSqs({ timeScale: 1, region: 'eu-central-1', accountId: '000000000000', ...options });
  const client = new SQSClient({
    endpoint: sqs.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  closing.push(
    () => client.destroy(),
    () => sqs.close(),
  );
  return { sqs, client };
}

/** The same with one queue, `jobs`. */
export async function withQueue(options: Partial<SqsOptions> = {}, attributes: Record<string, string> = {}) {
  const { sqs, client } = await startEmulator(options);
  await client.send(new CreateQueueCommand({ QueueName: 'jobs', Attributes: attributes }));
  const QueueUrl = sqs.queueUrl('jobs');
  return {
    sqs,
    client,
    send: (MessageBody: string) => client.send(new SendMessageCommand({ QueueUrl, MessageBody })),
    receive: async (VisibilityTimeout = 30) =>
      (await client.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout, MaxNumberOfMessages: 10 })))
        .Messages ?? [],
    remove: (ReceiptHandle: string | undefined) =>
      client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle })),
    statistics: () => sqs.statistics()['jobs'],
  };
}
