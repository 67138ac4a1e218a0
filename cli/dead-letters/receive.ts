import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import type { Stage } from '../stage/connect.ts';

/** SQS takes ten entries a call. */
const ENTRIES = 10;
/** Longest time in seconds that a message is hidden while somebody looks; it is put back as soon as he has. */
const HIDDEN_SECONDS = 60;
/** Looking ends before the first message that it took comes back by itself. */
const LOOK_MS = 30_000;
/** SQS can answer with nothing although something is there. */
const EMPTY_ANSWERS = 2;

/**
 * Takes up to `limit` messages off a queue, hands them to `use`, and puts back those that it did not delete. While this lasts,
 * at most half a minute, the messages are invisible: the alarm, which looks at the most that was visible in five minutes, stays
 * as it is. All that looking leaves behind is one more receive in the message's count.
 */
export async function withMessages<T>(
  { clients, timeScale, local }: Stage,
  url: string,
  limit: number,
  use: (messages: Message[], remove: (gone: Message[]) => Promise<void>) => Promise<T>,
): Promise<T> {
  const held = new Map<string, Message>();
  const remove = async (gone: Message[]): Promise<void> => {
    for (const batch of tens(gone)) {
      const { Failed = [] } = await clients.sqs.send(
        new DeleteMessageBatchCommand({ QueueUrl: url, Entries: batch.map(entry) }),
      );
      const failed = new Set(Failed.map(({ Id }) => Number(Id)));
      for (const [index, message] of batch.entries())
        if (!failed.has(index)) held.delete(message.MessageId ?? '');
      if (Failed[0]) throw new Error(`${Failed.length} messages were not deleted: ${Failed[0].Code}`);
    }
  };
  try {
    const until = performance.now() + LOOK_MS;
    for (let empty = 0; empty < EMPTY_ANSWERS && held.size < limit && performance.now() < until; ) {
      const { Messages = [] } = await clients.sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: Math.min(ENTRIES, limit - held.size),
          VisibilityTimeout: Math.ceil(HIDDEN_SECONDS / timeScale),
          WaitTimeSeconds: local ? 0 : 1,
          MessageSystemAttributeNames: ['All'],
        }),
      );
      if (Messages.length === 0) empty += 1;
      for (const message of Messages) held.set(message.MessageId ?? '', message);
    }
    return await use([...held.values()], remove);
  } finally {
    for (const batch of tens([...held.values()]))
      await clients.sqs.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: url,
          Entries: batch.map((message, index) => ({ ...entry(message, index), VisibilityTimeout: 0 })),
        }),
      );
  }
}

function entry({ ReceiptHandle = '' }: Message, index: number) {
  return { Id: String(index), ReceiptHandle };
}

function tens(messages: Message[]): Message[][] {
  const batches: Message[][] = [];
  for (let from = 0; from < messages.length; from += ENTRIES)
    batches.push(messages.slice(from, from + ENTRIES));
  return batches;
}
