import { DynamoLedger } from '../../functions/adapters/dynamodb/ledger.ts';
import { RetryLater } from '../../functions/core/model/errors.ts';
import type { Stage } from '../stage/connect.ts';
import type { StageQueue } from '../stage/names.ts';
import { type DeadLetter, readDeadLetters } from './dead-letter.ts';
import { withMessages } from './receive.ts';

/** Which letters are meant: one, those of a cause (any part of its text), or all. */
export interface Choice {
  id: string | undefined;
  cause: string | undefined;
}

export function chosen(letters: readonly DeadLetter[], { id, cause }: Choice): DeadLetter[] {
  return letters.filter(
    (letter) =>
      (id === undefined || letter.id === id) && (cause === undefined || letter.cause.includes(cause)),
  );
}

/**
 * Deletes the dead letters with these ids and returns how many. First their references are entered as dead-lettered, which is
 * what they stay: nobody can redrive them any more. What the books know of a reference already stands.
 */
export async function dropDeadLetters(
  stage: Stage,
  queue: StageQueue,
  ids: ReadonlySet<string>,
  limit: number,
): Promise<number> {
  const ledger = new DynamoLedger(stage.clients.dynamodb, stage.names.table);
  return await withMessages(stage, queue.deadLetters.url, limit, async (messages, remove) => {
    const letters = await readDeadLetters(
      stage,
      queue,
      messages.filter(({ MessageId = '' }) => ids.has(MessageId)),
    );
    for (const { content } of letters) await account(ledger, content);
    const gone = messages.filter(({ MessageId = '' }) => ids.has(MessageId));
    await remove(gone);
    return gone.length;
  });
}

async function account(ledger: DynamoLedger, content: DeadLetter['content']): Promise<void> {
  if (content.type === 'undecodable') return;
  const [job, indexes] =
    content.type === 'job'
      ? [content.job, content.job.references.keys()]
      : [content.message, content.message.visits.map(({ index }) => index)];
  const outcomes = new Map([...indexes].map((index) => [index, 'dead-lettered' as const]));
  try {
    await ledger.recordOutcomes(job, outcomes);
  } catch (error) {
    // Not in the books (any more): there is nothing to enter.
    if (!(error instanceof RetryLater)) throw error;
  }
}
