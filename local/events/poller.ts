import type { SQSEvent, SQSRecord } from 'aws-lambda';
import type { MappingSpec } from '../cloud-model.ts';
import type { Invocation, LambdaHost } from '../interfaces.ts';
import { type BatchVerdict, judgeResponse } from './batch-response.ts';
import type { LocalClock } from './clock.ts';
import { deleteAll, receive, type SqsPort } from './queue-port.ts';
import { cutToPayload, fits, toRecord } from './records.ts';

/** What one finished batch was, for whoever watches the mapping. */
export interface BatchReport {
  mappingUuid: string;
  messages: number;
  failed: number;
  /** Messages that were done but that SQS would not delete: they will be delivered again. */
  undeleted: number;
  /** Why nothing of the batch counted as done; null when the response was accepted. */
  wholeBatch: string | null;
}

export interface PollerOptions {
  mapping: MappingSpec;
  queueUrl: string;
  queueArn: string;
  region: string;
  sqs: SqsPort;
  lambda: Pick<LambdaHost, 'invoke'>;
  clock: LocalClock;
  /** Factor on the batching window and on back-off. */
  timeScale: number;
  onBatch?: (report: BatchReport) => void;
  onSqsError?: (error: unknown) => void;
}

/** Lambda's pollers wait 20 s; a second keeps disabling prompt, and the queue sees only more empty receives. */
const longPollSeconds = 1;
/** Pollers of a mapping without a maximum: Lambda begins with five. */
const defaultConcurrency = 5;

/**
 * One SQS event source mapping: as many loops as there is work for, at most `maximumConcurrency`, each receiving, invoking
 * and deleting by itself, so that never more messages are taken than can be worked on. Failed messages stay invisible
 * until their visibility timeout has run out, as with Lambda. A function error halves the number of loops; every success
 * adds one again.
 */
export class QueuePoller {
  readonly #options: PollerOptions;
  readonly #maximum: number;
  readonly #loops = new Set<Promise<void>>();
  #running = false;
  #limit: number;
  #halt = new AbortController();

  /** Throws for a mapping that Lambda would refuse to create. */
  constructor(options: PollerOptions) {
    const { mapping } = options;
    if (mapping.batchSize > 10 && mapping.batchingWindowSeconds < 1) {
      throw new Error(
        `${mapping.logicalId}: a batch size above 10 needs a batching window of at least 1 second`,
      );
    }
    this.#options = options;
    this.#maximum = mapping.maximumConcurrency ?? defaultConcurrency;
    this.#limit = this.#maximum;
  }

  /** Begins to poll; does nothing while it already polls. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#halt = new AbortController();
    this.#limit = this.#maximum;
    this.#spawn();
  }

  /** Takes no further message and resolves when every batch in flight is finished and deleted. */
  async drain(): Promise<void> {
    this.#running = false;
    while (this.#loops.size > 0) await Promise.all(this.#loops);
  }

  /** Like `drain`, but after `graceMs` abandons what is still in flight. Resolves false when it had to. */
  async stop(graceMs: number): Promise<boolean> {
    const waiting = new AbortController();
    const drained = this.drain().then(() => true);
    const expired = this.#options.clock.sleep(graceMs, waiting.signal).then(() => false);
    const clean = await Promise.race([drained, expired]);
    waiting.abort();
    this.#halt.abort();
    return clean;
  }

  #spawn(): void {
    if (!this.#running || this.#loops.size >= this.#limit) return;
    const loop = this.#loop(this.#halt.signal).finally(() => {
      this.#loops.delete(loop);
      // Two loops that retire in the same moment each see the other still there.
      if (this.#loops.size === 0) this.#spawn();
    });
    this.#loops.add(loop);
  }

  async #loop(halt: AbortSignal): Promise<void> {
    let rest: SQSRecord[] = [];
    let faults = 0;
    while ((this.#running || rest.length > 0) && !halt.aborted) {
      let collected = rest;
      rest = [];
      if (collected.length === 0) {
        try {
          collected = await this.#collect(halt);
          faults = 0;
        } catch (error) {
          if (halt.aborted) return;
          this.#options.onSqsError?.(error);
          faults++;
          await this.#pause(faults, halt);
          continue;
        }
      }
      if (collected.length === 0) {
        if (this.#loops.size > 1) return;
        continue;
      }
      // There was something: there may be more than one loop can take.
      this.#spawn();
      const cut = cutToPayload(collected);
      rest = cut.rest;
      await this.#process(cut.batch, halt);
      if (this.#loops.size > this.#limit && rest.length === 0) return;
    }
  }

  /** Receives until the batch is full or the window, which begins with the first message, is over. */
  async #collect(halt: AbortSignal): Promise<SQSRecord[]> {
    const { mapping, clock, timeScale } = this.#options;
    const records = await this.#receive(mapping.batchSize, longPollSeconds, halt);
    const deadline = clock.now() + mapping.batchingWindowSeconds * 1000 * timeScale;
    while (records.length > 0 && records.length < mapping.batchSize && fits(records) && this.#running) {
      const remaining = deadline - clock.now();
      if (remaining <= 0) break;
      // SQS waits whole seconds only: within the last one, look again after a short sleep instead.
      if (remaining < 1000) await clock.sleep(Math.min(remaining, Math.max(50, remaining / 4)), halt);
      try {
        const wait = Math.min(longPollSeconds, Math.floor(remaining / 1000));
        const more = await this.#receive(mapping.batchSize - records.length, wait, halt);
        records.push(...more);
      } catch (error) {
        // What was received is not lost to a later receive that failed.
        this.#options.onSqsError?.(error);
        break;
      }
    }
    return records;
  }

  async #receive(wanted: number, waitSeconds: number, halt: AbortSignal): Promise<SQSRecord[]> {
    const { sqs, queueUrl, queueArn, region } = this.#options;
    const messages = await receive(sqs, queueUrl, Math.min(10, wanted), waitSeconds, halt);
    return messages.map((message) => toRecord(message, queueArn, region));
  }

  async #process(records: SQSRecord[], halt: AbortSignal): Promise<void> {
    const { mapping, sqs, queueUrl, onBatch } = this.#options;
    const { verdict, functionFailed } = await this.#invoke(records);
    this.#limit = functionFailed
      ? Math.max(1, Math.floor(this.#limit / 2))
      : Math.min(this.#maximum, this.#limit + 1);
    if (halt.aborted) return;
    const succeeded = new Set(verdict.succeeded);
    const receipts = records.filter((record) => succeeded.has(record.messageId));
    const undeleted = await deleteAll(
      sqs,
      queueUrl,
      receipts.map((record) => record.receiptHandle),
      (attempt) => this.#pause(attempt, halt),
    );
    onBatch?.({
      mappingUuid: mapping.uuid,
      messages: records.length,
      failed: verdict.failed.length,
      undeleted,
      wholeBatch: verdict.wholeBatch,
    });
  }

  async #invoke(records: SQSRecord[]): Promise<{ verdict: BatchVerdict; functionFailed: boolean }> {
    const { mapping, lambda } = this.#options;
    const ids = records.map((record) => record.messageId);
    const failed = (reason: string) => ({
      verdict: { succeeded: [], failed: ids, wholeBatch: reason },
      functionFailed: true,
    });
    let invocation: Invocation;
    try {
      const event: SQSEvent = { Records: records };
      invocation = await lambda.invoke(mapping.functionName, event);
    } catch (error) {
      return failed(`the invocation was refused: ${String(error)}`);
    }
    if (invocation.functionError !== null) return failed('function error');
    const verdict = judgeResponse(ids, mapping.reportBatchItemFailures ? invocation.payload : null);
    return { verdict, functionFailed: false };
  }

  #pause(attempt: number, halt: AbortSignal): Promise<void> {
    const { clock, timeScale } = this.#options;
    return clock.sleep(Math.min(5000, 100 * 2 ** attempt) * timeScale, halt);
  }
}
