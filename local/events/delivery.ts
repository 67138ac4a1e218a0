import { randomBytes, randomUUID } from 'node:crypto';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { ScheduleSpec } from '../cloud-model.ts';
import type { Invocation, LambdaHost } from '../interfaces.ts';
import type { LocalClock } from './clock.ts';
import type { SqsPort } from './queue-port.ts';

/** How the delivery of one scheduled time ended. */
export interface DeliveryReport {
  schedule: string;
  /** As the input had it: `2026-03-01T00:05:00Z`. */
  scheduledTime: string;
  /**
   * `succeeded`; `failed` when the function failed three times and Lambda dropped the event; `dead-lettered` when Lambda
   * would not take it; `lost` when there is no dead-letter queue or it could not be written.
   */
  outcome: 'succeeded' | 'failed' | 'dead-lettered' | 'lost';
  detail: string;
}

export interface DeliveryOptions {
  region: string;
  accountId: string;
  lambda: Pick<LambdaHost, 'invoke' | 'functions'>;
  sqs: SqsPort;
  /** URL of a queue by its name. */
  queueUrl: (name: string) => string;
  clock: LocalClock;
  /** Factor on all waits between attempts. */
  timeScale: number;
}

/** Waits before the second and the third run of an asynchronous invocation. Source: Lambda, asynchronous invocation. */
const asyncRetryMs = [60_000, 120_000];
const deadLetterAttempts = 3;

/** ISO with second precision and Z, as Scheduler gives times; fractions are cut off. */
export function scheduledTime(at: number): string {
  return `${new Date(Math.floor(at / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}

/** Hands one scheduled time to its function, with the retries of EventBridge Scheduler and of Lambda. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #schedule: ScheduleSpec;
  readonly #time: string;
  readonly #executionId = randomBytes(8).toString('hex');

  constructor(options: DeliveryOptions, schedule: ScheduleSpec, at: number) {
    this.#options = options;
    this.#schedule = schedule;
    this.#time = scheduledTime(at);
  }

  /** One invocation, no retry. Rejects when the function does not exist or the host refuses. */
  async once(attempt = 1, requestId: string = randomUUID()): Promise<Invocation> {
    const { lambda } = this.#options;
    const { functionName } = this.#schedule;
    if (!lambda.functions().some((candidate) => candidate.name === functionName)) {
      const error = new Error(`Function not found: ${this.#functionArn()}`);
      error.name = 'ResourceNotFoundException';
      throw error;
    }
    return lambda.invoke(functionName, JSON.parse(this.#input(attempt)), requestId);
  }

  /** Delivers until it is settled, or until the signal stops it: then resolves null. */
  async settle(signal: AbortSignal): Promise<DeliveryReport | null> {
    const { clock, timeScale } = this.#options;
    const { maximumRetryAttempts } = this.#schedule;
    for (let attempt = 1; !signal.aborted; attempt++) {
      const requestId = randomUUID();
      try {
        const first = await this.once(attempt, requestId);
        return await this.#finish(first, attempt, requestId, signal);
      } catch (error) {
        if (signal.aborted) return null;
        const retryable = !(error instanceof Error && error.name === 'ResourceNotFoundException');
        if (!retryable || attempt > maximumRetryAttempts) {
          return this.#deadLetter(error, attempt - 1, retryable);
        }
        await clock.sleep(Math.min(3_600_000, 60_000 * 2 ** (attempt - 1)) * timeScale, signal);
      }
    }
    return null;
  }

  /** What Lambda does with an event that it has taken: it runs it again twice under the same request id, then drops it. */
  async #finish(
    first: Invocation,
    attempt: number,
    requestId: string,
    signal: AbortSignal,
  ): Promise<DeliveryReport | null> {
    const { clock, timeScale } = this.#options;
    let invocation = first;
    for (const wait of asyncRetryMs) {
      if (invocation.functionError === null) break;
      await clock.sleep(wait * timeScale, signal);
      if (signal.aborted) return null;
      try {
        invocation = await this.once(attempt, requestId);
      } catch (error) {
        // Lambda has the event: the schedule's own retries and dead-letter queue are over.
        return signal.aborted ? null : this.#report('failed', String(error));
      }
    }
    return invocation.functionError === null
      ? this.#report('succeeded', '')
      : this.#report('failed', JSON.stringify(invocation.payload));
  }

  async #deadLetter(error: unknown, retries: number, retryable: boolean): Promise<DeliveryReport> {
    const { sqs, queueUrl, clock, timeScale } = this.#options;
    const detail = String(error);
    const queue = this.#schedule.deadLetterQueueName;
    if (queue === null) return this.#report('lost', detail);
    const attributes: Record<string, string> = {
      ERROR_CODE: error instanceof Error ? error.name : 'Error',
      ERROR_MESSAGE: error instanceof Error ? error.message : detail,
      EXECUTION_ID: this.#executionId,
      IS_PAYLOAD_TRUNCATED: 'false',
      RETRY_ATTEMPTS: String(retries),
      SCHEDULED_TIME: this.#time,
      SCHEDULE_ARN: this.#scheduleArn(),
      TARGET_ARN: 'arn:aws:scheduler:::aws-sdk:lambda:invoke',
      ...(retryable ? { EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts' } : {}),
    };
    const command = new SendMessageCommand({
      QueueUrl: queueUrl(queue),
      MessageBody: JSON.stringify({
        FunctionName: this.#functionArn(),
        InvocationType: 'Event',
        Payload: this.#input(retries + 1),
      }),
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
      ),
    });
    for (let attempt = 1; ; attempt++) {
      try {
        await sqs.send(command);
        return this.#report('dead-lettered', detail);
      } catch (failure) {
        if (attempt === deadLetterAttempts) return this.#report('lost', String(failure));
        await clock.sleep(1000 * attempt * timeScale);
      }
    }
  }

  #input(attempt: number): string {
    return this.#schedule.input
      .replaceAll('<aws.scheduler.schedule-arn>', this.#scheduleArn())
      .replaceAll('<aws.scheduler.scheduled-time>', this.#time)
      .replaceAll('<aws.scheduler.execution-id>', this.#executionId)
      .replaceAll('<aws.scheduler.attempt-number>', String(attempt));
  }

  #report(outcome: DeliveryReport['outcome'], detail: string): DeliveryReport {
    return { schedule: this.#schedule.name, scheduledTime: this.#time, outcome, detail };
  }

  #scheduleArn(): string {
    const { region, accountId } = this.#options;
    return `arn:aws:scheduler:${region}:${accountId}:schedule/default/${this.#schedule.name}`;
  }

  #functionArn(): string {
    const { region, accountId } = this.#options;
    return `arn:aws:lambda:${region}:${accountId}:function:${this.#schedule.functionName}`;
  }
}
