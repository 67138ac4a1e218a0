import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import type { Stage } from '../stage/connect.ts';
import type { StageQueue } from '../stage/names.ts';
import { type DeadLetter, readDeadLetters } from './dead-letter.ts';
import { shortName } from './queues.ts';
import { withMessages } from './receive.ts';

/** Most letters of one queue that are looked at; the count is of all. */
export const MOST_LETTERS = 1_000;

export interface QueueOfDeadLetters {
  queue: string;
  waiting: number;
  lookedAt: number;
  /** When the first of them will be deleted by SQS. */
  keptUntil: string | null;
  causes: {
    cause: string;
    count: number;
    function: string | null;
    lastFailedAt: string | null;
    ids: string[];
  }[];
}

/** What waits in the dead-letter queue of each queue, by cause, the most frequent first. */
export async function listDeadLetters(
  stage: Stage,
  queues: readonly StageQueue[],
): Promise<QueueOfDeadLetters[]> {
  return await Promise.all(
    queues.map(async (queue) => {
      const waiting = await countOf(stage, queue);
      const letters = waiting === 0 ? [] : await lookAt(stage, queue, MOST_LETTERS);
      const [oldest] = letters;
      const keptMs = stage.settings.queues.deadLetterRetentionDays * 86_400_000 * stage.timeScale;
      return {
        queue: shortName(queue),
        waiting: Math.max(waiting, letters.length),
        lookedAt: letters.length,
        keptUntil: oldest ? new Date(oldest.sentAt.getTime() + keptMs).toISOString() : null,
        causes: byCause(letters),
      };
    }),
  );
}

export async function lookAt(stage: Stage, queue: StageQueue, limit: number): Promise<DeadLetter[]> {
  return await withMessages(stage, queue.deadLetters.url, limit, (messages) =>
    readDeadLetters(stage, queue, messages),
  );
}

export async function countOf({ clients }: Stage, { deadLetters }: StageQueue): Promise<number> {
  const { Attributes } = await clients.sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: deadLetters.url,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  return Object.values(Attributes ?? {}).reduce((sum, value) => sum + Number(value), 0);
}

function byCause(letters: readonly DeadLetter[]): QueueOfDeadLetters['causes'] {
  const groups = Map.groupBy(letters, ({ cause }) => cause);
  return [...groups]
    .map(([cause, group]) => {
      const last = group
        .flatMap(({ note }) => (note ? [note] : []))
        .reduce<DeadLetter['note']>((a, b) => (a && a.at > b.at ? a : b), null);
      return {
        cause,
        count: group.length,
        function: last?.functionName ?? null,
        lastFailedAt: last?.at.toISOString() ?? null,
        ids: group.map(({ id }) => id),
      };
    })
    .sort((a, b) => b.count - a.count);
}
