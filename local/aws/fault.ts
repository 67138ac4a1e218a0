import type { ServerResponse } from 'node:http';
import type { Time } from './time.ts';

/** What is known of one request to a service before it is served. */
export interface CloudRequest {
  service: 'sqs' | 's3' | 'dynamodb' | 'lambda' | 'cloudwatch' | 'rds';
  /** As the service calls it: `SendMessageBatch`, `PutObject`, `UpdateItem`, `Invoke`. */
  operation: string;
  /** Name of the queue, bucket, table or function, or id of the mapping; null where a request names none. */
  resource: string | null;
  /** Key of the object, or partition and sort key of the item with a blank between; null where a request has none. */
  item: string | null;
  /** Access key id of whoever asks; null for a request that is not signed. */
  caller: string | null;
}

/** Asked before every request is served. Drills answer with a fault. */
export type OnCloudRequest = (request: CloudRequest) => Fault | undefined;

/**
 * What an emulator can be told to do with one request instead of serving it.
 *
 * - `error`: answers with this code and status, without any effect.
 * - `delay`: serves it, so many real milliseconds later.
 * - `hang`: takes the request and never answers; the client has to give up.
 * - `reset`: closes the connection without any effect.
 * - `lose-response`: serves it, then closes the connection instead of answering.
 * - `refuse-entries`: serves a batch but for the entries that `refuses` picks, which come back as failed.
 */
export type Fault =
  | { fault: 'error'; code: string; status: number; message?: string }
  | { fault: 'delay'; milliseconds: number }
  | { fault: 'hang' }
  | { fault: 'reset' }
  | { fault: 'lose-response' }
  | RefuseEntries;

export interface RefuseEntries {
  fault: 'refuse-entries';
  /** `id` is the entry's Id (SQS) or key (S3), `index` its place in the batch. */
  refuses(id: string, index: number): boolean;
  code: string;
  message?: string;
}

/** What is left for the operation to know after the connection's part of a fault was played. */
export interface Served {
  serve: boolean;
  answer: boolean;
  refuse: RefuseEntries | null;
}

/** From now on whatever is answered closes the connection instead. For servers that are not asked what to answer. */
export function loseAnswer(response: ServerResponse): void {
  response.end = () => response.destroy();
}

/**
 * Plays the part of a fault that concerns the connection. `error` is for the caller, because its shape is the
 * protocol's.
 */
export async function playFault(
  fault: Exclude<Fault, { fault: 'error' }> | undefined,
  response: ServerResponse,
  time: Time,
): Promise<Served> {
  switch (fault?.fault) {
    case undefined:
      return { serve: true, answer: true, refuse: null };
    case 'delay':
      await new Promise<void>((resolve) => time.after(fault.milliseconds, resolve));
      return { serve: true, answer: true, refuse: null };
    case 'hang':
      return { serve: false, answer: false, refuse: null };
    case 'reset':
      response.destroy();
      return { serve: false, answer: false, refuse: null };
    case 'lose-response':
      return { serve: true, answer: false, refuse: null };
    case 'refuse-entries':
      return { serve: true, answer: true, refuse: fault };
  }
}
