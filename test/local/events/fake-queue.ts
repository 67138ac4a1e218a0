import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import type { LocalClock } from '../../../local/events/clock.ts';
import type { SqsPort } from '../../../local/events/queue-port.ts';

interface Stored {
  message: Message;
  receives: number;
  visibleAt: number;
}

/** As much of one SQS queue as a poller sees: receive, visibility, delete. Faults are injected by the next call. */
export class FakeQueue {
  readonly #clock: LocalClock;
  readonly #visibilityMs: number;
  readonly #messages = new Map<string, Stored>();
  #arrived = Promise.withResolvers<void>();
  #sequence = 0;

  readonly receives: { max: number; wait: number }[] = [];
  readonly deleteBatches: number[] = [];
  readonly sent: SendMessageCommand['input'][] = [];
  /** Thrown by the next receives, in order. */
  readonly receiveFaults: Error[] = [];
  /** Thrown by the next deletes, or the entries they refuse (`senderFault` as SQS says it). */
  readonly deleteFaults: (Error | { refuse: (body: string) => boolean; senderFault: boolean })[] = [];

  constructor(clock: LocalClock, visibilityMs = 30_000) {
    this.#clock = clock;
    this.#visibilityMs = visibilityMs;
  }

  add(...bodies: string[]): void {
    for (const body of bodies) {
      const id = `m${++this.#sequence}`;
      const message: Message = { MessageId: id, Body: body, MD5OfBody: `md5-${id}` };
      this.#messages.set(id, { message, receives: 0, visibleAt: 0 });
    }
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers<void>();
  }

  bodies(): string[] {
    return [...this.#messages.values()].map((stored) => stored.message.Body ?? '');
  }

  receiveCounts(): Record<string, number> {
    return Object.fromEntries(
      [...this.#messages.values()].map((stored) => [stored.message.Body, stored.receives]),
    );
  }

  readonly port: SqsPort = {
    send: (async (command: unknown, options?: { abortSignal?: AbortSignal }) => {
      if (command instanceof ReceiveMessageCommand) return this.#receive(command, options?.abortSignal);
      if (command instanceof DeleteMessageBatchCommand) return this.#delete(command);
      if (command instanceof SendMessageCommand) {
        this.sent.push(command.input);
        return { MessageId: 'sent' };
      }
      throw new Error(`unexpected command ${String(command)}`);
    }) as SqsPort['send'],
  };

  async #receive({ input }: ReceiveMessageCommand, signal?: AbortSignal): Promise<{ Messages: Message[] }> {
    const max = input.MaxNumberOfMessages ?? 1;
    const wait = input.WaitTimeSeconds ?? 0;
    this.receives.push({ max, wait });
    const fault = this.receiveFaults.shift();
    if (fault) throw fault;
    const now = this.#take(max);
    if (now.length > 0 || wait === 0) return { Messages: now };
    const woken = new AbortController();
    signal?.addEventListener('abort', () => woken.abort(), { once: true });
    await Promise.race([this.#arrived.promise, this.#clock.sleep(wait * 1000, woken.signal)]);
    woken.abort();
    signal?.throwIfAborted();
    return { Messages: this.#take(max) };
  }

  #take(max: number): Message[] {
    const now = this.#clock.now();
    const ready = [...this.#messages.values()].filter((stored) => stored.visibleAt <= now).slice(0, max);
    return ready.map((stored) => {
      stored.receives++;
      stored.visibleAt = now + this.#visibilityMs;
      return {
        ...stored.message,
        ReceiptHandle: `${stored.message.MessageId}#${stored.receives}`,
        Attributes: {
          ApproximateReceiveCount: String(stored.receives),
          SentTimestamp: '1',
          SenderId: 'AIDA',
          ApproximateFirstReceiveTimestamp: '2',
        },
      };
    });
  }

  async #delete({ input }: DeleteMessageBatchCommand) {
    const entries = input.Entries ?? [];
    this.deleteBatches.push(entries.length);
    const fault = this.deleteFaults.shift();
    if (fault instanceof Error) throw fault;
    const Failed: { Id: string; Code: string; SenderFault: boolean }[] = [];
    for (const entry of entries) {
      const id = (entry.ReceiptHandle ?? '').split('#')[0] ?? '';
      const body = this.#messages.get(id)?.message.Body ?? '';
      if (fault?.refuse(body)) {
        Failed.push({ Id: entry.Id ?? '', Code: 'InternalError', SenderFault: fault.senderFault });
      } else this.#messages.delete(id);
    }
    return { Successful: [], Failed };
  }
}
