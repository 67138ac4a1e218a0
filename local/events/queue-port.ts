import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';

/** The SDK client, or in tests anything that answers the same commands. */
export type SqsPort = Pick<SQSClient, 'send'>;

/** Receives at most `max` (1 to 10) messages with all their attributes, waiting up to `waitSeconds` for the first. */
export async function receive(
  sqs: SqsPort,
  queueUrl: string,
  max: number,
  waitSeconds: number,
  signal: AbortSignal,
): Promise<Message[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: max,
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    }),
    { abortSignal: signal },
  );
  return Messages;
}

const deleteAttempts = 3;

/**
 * Deletes by tens. Entries and calls that fail are tried up to three times with `pause` between them; what is still
 * there then is left to be delivered again. Resolves with the number that was left, never rejects.
 */
export async function deleteAll(
  sqs: SqsPort,
  queueUrl: string,
  receiptHandles: readonly string[],
  pause: (attempt: number) => Promise<void>,
): Promise<number> {
  let left = 0;
  for (let start = 0; start < receiptHandles.length; start += 10) {
    left += await deleteTen(sqs, queueUrl, receiptHandles.slice(start, start + 10), pause);
  }
  return left;
}

async function deleteTen(
  sqs: SqsPort,
  queueUrl: string,
  receiptHandles: readonly string[],
  pause: (attempt: number) => Promise<void>,
): Promise<number> {
  let pending = receiptHandles.map((handle, index) => ({ Id: String(index), ReceiptHandle: handle }));
  for (let attempt = 1; attempt <= deleteAttempts && pending.length > 0; attempt++) {
    if (attempt > 1) await pause(attempt);
    try {
      const { Failed = [] } = await sqs.send(
        new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries: pending }),
      );
      // A receipt that SQS calls the sender's fault stays invalid however often it is sent.
      const retry = new Set(Failed.filter((entry) => entry.SenderFault !== true).map((entry) => entry.Id));
      const refused = Failed.length - retry.size;
      pending = pending.filter((entry) => retry.has(entry.Id));
      if (pending.length === 0) return refused;
    } catch {
      // The next attempt repeats the same entries: deleting twice is one deletion.
    }
  }
  return pending.length;
}
