import type { Message } from '@aws-sdk/client-sqs';
import { DynamoFailureNotes } from '../../functions/adapters/dynamodb/failure-notes.ts';
import {
  type Job,
  jobSchema,
  type VisitsMessage,
  visitsMessageSchema,
} from '../../functions/contract/messages.ts';
import type { FailureNote } from '../../functions/core/ports/queues.ts';
import type { Stage } from '../stage/connect.ts';
import type { StageQueue } from '../stage/names.ts';

export interface DeadLetter {
  id: string;
  sentAt: Date;
  /** All receives that SQS counts, those of people who looked included. */
  receives: number;
  note: FailureNote | null;
  /** Groups letters that died of the same: the error and its reason without numbers, times and quotations. */
  cause: string;
  body: string;
  content: Content;
}

export type Content =
  | { type: 'job'; job: Job }
  | { type: 'visits'; message: VisitsMessage }
  | { type: 'undecodable'; detail: string };

/** Each with what its consumer noted of it. */
export async function readDeadLetters(
  stage: Stage,
  queue: StageQueue,
  messages: readonly Message[],
): Promise<DeadLetter[]> {
  const notes = await new DynamoFailureNotes(stage.clients.dynamodb, stage.names.table).read(
    queue.name,
    messages.map(({ MessageId = '' }) => MessageId),
  );
  const { maxReceiveCount } = stage.settings.queues[queue.kind];
  return messages
    .map(({ MessageId: id = '', Body: body = '', Attributes = {} }): DeadLetter => {
      const note = notes.get(id) ?? null;
      return {
        id,
        sentAt: new Date(Number(Attributes['SentTimestamp'] ?? 0)),
        receives: Number(Attributes['ApproximateReceiveCount'] ?? 0),
        note,
        cause: causeOf(note, maxReceiveCount),
        body,
        content: contentOf(queue, body),
      };
    })
    .sort((a, b) => a.sentAt.getTime() - b.sentAt.getTime());
}

/** A receive that ended without a note ended with the process. */
function causeOf(note: FailureNote | null, maxReceiveCount: number): string {
  const died = 'the function died (timed out, ran out of memory or was killed)';
  if (note === null) return `no reason recorded: ${died}`;
  const silent = maxReceiveCount - note.failures;
  const cause = `${note.error}: ${general(note.reason)}`;
  return silent > 0 ? `${cause} (before or after that, ${died})` : cause;
}

function general(reason: string): string {
  return reason
    .replace(/"[^"]*"|'[^']*'/g, '"…"')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/\d+/g, 'N');
}

function contentOf({ kind }: StageQueue, body: string): Content {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return { type: 'undecodable', detail: 'the body is not JSON' };
  }
  if (kind === 'jobs') {
    const result = jobSchema.safeParse(parsed);
    if (result.success) return { type: 'job', job: result.data };
    return { type: 'undecodable', detail: places(result.error.issues) };
  }
  const result = visitsMessageSchema.safeParse(parsed);
  if (result.success) return { type: 'visits', message: result.data };
  return { type: 'undecodable', detail: places(result.error.issues) };
}

function places(issues: readonly { path: PropertyKey[]; message: string }[]): string {
  return issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.map(String).join('.') || 'message'}: ${message}`)
    .join('; ');
}
