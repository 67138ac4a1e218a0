import { setTimeout as sleep } from 'node:timers/promises';
import { type BatchResultErrorEntry, SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { maxBatchBytes } from '../../contract/messages.ts';
import type { Sent } from '../../core/ports/queues.ts';
import { inParallel } from '../parallel.ts';

/** A message with its body, so that nothing is serialized twice. */
export interface Entry<T> {
  message: T;
  body: string;
  bytes: number;
}

/** SQS takes ten entries a call. */
const ENTRIES = 10;
const BATCHES_IN_FLIGHT = 4;
const ATTEMPTS = 3;
const PAUSE_MS = 100;

/**
 * Sends entries in batches. Entries that SQS refuses for a reason of its own are tried again twice; the client has
 * retried whole calls already. A call that failed whole makes its entries refused; if every call did, it throws. Calls that
 * are not answered `withinMs` milliseconds after the first began have failed.
 */
export async function sendAll<T>(
  client: SQSClient,
  queueUrl: string,
  entries: readonly Entry<T>[],
  {
    withinMs,
    pause = sleep,
  }: { withinMs?: number | undefined; pause?: (ms: number) => Promise<unknown> } = {},
): Promise<Sent<T>> {
  const abortSignal = withinMs === undefined ? undefined : AbortSignal.timeout(Math.ceil(withinMs));
  const sent: Sent<T> = { accepted: [], refused: [] };
  const errors: unknown[] = [];
  const batches = cut(entries);
  await inParallel(batches, BATCHES_IN_FLIGHT, async (batch) => {
    let rest = batch;
    for (let attempt = 1; rest.length > 0; attempt += 1) {
      const failed = await send(client, queueUrl, rest, abortSignal).catch((error: unknown) => ({ error }));
      if ('error' in failed) {
        if (attempt === 1) errors.push(failed.error);
        sent.refused.push(...rest.map(({ message }) => ({ message, detail: String(failed.error) })));
        return;
      }
      const again: Entry<T>[] = [];
      for (const [index, entry] of rest.entries()) {
        const refusal = failed.get(String(index));
        if (!refusal) sent.accepted.push(entry.message);
        else if (refusal.SenderFault || attempt === ATTEMPTS) {
          sent.refused.push({
            message: entry.message,
            detail: `${refusal.Code}: ${refusal.Message ?? 'no message'}`,
          });
        } else again.push(entry);
      }
      rest = again;
      if (rest.length > 0) await pause(PAUSE_MS * attempt * (1 + Math.random()));
    }
  });
  if (errors.length > 0 && errors.length === batches.length) throw errors[0];
  return sent;
}

async function send<T>(
  client: SQSClient,
  queueUrl: string,
  entries: readonly Entry<T>[],
  abortSignal: AbortSignal | undefined,
): Promise<Map<string, BatchResultErrorEntry>> {
  const { Failed = [] } = await client.send(
    new SendMessageBatchCommand({
      QueueUrl: queueUrl,
      Entries: entries.map((entry, index) => ({ Id: String(index), MessageBody: entry.body })),
    }),
    abortSignal ? { abortSignal } : {},
  );
  return new Map(Failed.map((refusal) => [refusal.Id ?? '', refusal]));
}

function cut<T>(entries: readonly Entry<T>[]): Entry<T>[][] {
  const batches: Entry<T>[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const last = batches.at(-1);
    if (last && last.length < ENTRIES && bytes + entry.bytes <= maxBatchBytes) {
      last.push(entry);
      bytes += entry.bytes;
    } else {
      batches.push([entry]);
      bytes = entry.bytes;
    }
  }
  return batches;
}
