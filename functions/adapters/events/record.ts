import type { SQSRecord } from 'aws-lambda';
import type { z } from 'zod';
import { PoisonMessage } from '../../core/model/errors.ts';

/** Whether SQS moves the message to the dead-letter queue when it fails this time too. */
export function isLastReceive(record: SQSRecord, maxReceives: number): boolean {
  return Number(record.attributes.ApproximateReceiveCount) >= maxReceives;
}

/** What tells the message from all others: its id, and the name of the queue that gave it. */
export function messageOf({ eventSourceARN, messageId }: SQSRecord): { queue: string; messageId: string } {
  return { queue: eventSourceARN.slice(eventSourceARN.lastIndexOf(':') + 1), messageId };
}

/** The body of an SQS record. Throws PoisonMessage that says what is wrong with it, without its content (F52). */
export function decodeRecord<T extends z.ZodType>(record: SQSRecord, schema: T): z.output<T> {
  let body: unknown;
  try {
    body = JSON.parse(record.body);
  } catch {
    throw new PoisonMessage(`The body is not JSON (${record.body.length} characters).`);
  }
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new PoisonMessage(`The body is not of the expected form (${issues.join('; ')}).`);
}
