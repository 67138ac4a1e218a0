import { modelledError, noSuchQueue, type SqsError } from './errors.ts';
import { type Held, maxInFlight, type Queue } from './queue.ts';
import type { Sqs } from './sqs.ts';

/** What one receive asks for. */
export interface Poll {
  max: number;
  visibilitySeconds: number;
  waitSeconds: number;
}

interface Waiter extends Poll {
  answer(messages: Held[]): void;
  fail(error: SqsError): void;
}

interface Waiting {
  waiters: Set<Waiter>;
  cancelWake: () => void;
}

/** Delivers messages to receives, and keeps those that wait for one in the order in which they came. */
export class LongPolls {
  readonly #sqs: Sqs;
  readonly #waiting = new Map<Queue, Waiting>();

  constructor(sqs: Sqs) {
    this.#sqs = sqs;
  }

  /**
   * Resolves with at most `max` messages: at once when there are any, else with the first that become visible within the
   * wait, else empty. The wait is real time, like the socket timeout it is a part of. When `gone` aborts, nobody
   * will read the answer, and the receive takes nothing.
   */
  receive(queue: Queue, poll: Poll, gone: AbortSignal): Promise<Held[]> {
    if (poll.waitSeconds === 0 && queue.inFlight >= maxInFlight) {
      throw modelledError('OverLimit', `Too many messages in flight: the limit is ${maxInFlight}.`);
    }
    const messages = this.#deliver(queue, poll);
    if (messages.length > 0 || poll.waitSeconds === 0 || gone.aborted) return Promise.resolve(messages);
    return new Promise((resolve, reject) => {
      const waiting = this.#waitingFor(queue);
      const leave = () => {
        cancel();
        gone.removeEventListener('abort', onGone);
        waiting.waiters.delete(waiter);
        this.#scheduleWake(queue);
      };
      const waiter: Waiter = {
        ...poll,
        answer: (delivered) => {
          leave();
          resolve(delivered);
        },
        fail: (error) => {
          leave();
          reject(error);
        },
      };
      const onGone = () => waiter.answer([]);
      const cancel = this.#sqs.settings.time.after(poll.waitSeconds * 1000, () => waiter.answer([]));
      gone.addEventListener('abort', onGone);
      waiting.waiters.add(waiter);
      this.#scheduleWake(queue);
    });
  }

  /** To be called whenever a message may have become visible. */
  notify(queue: Queue): void {
    const waiting = this.#waiting.get(queue);
    if (waiting === undefined) return;
    this.#sqs.named(queue.name);
    for (const waiter of [...waiting.waiters]) {
      const messages = this.#deliver(queue, waiter);
      if (messages.length === 0) break;
      waiter.answer(messages);
    }
    this.#scheduleWake(queue);
  }

  abandon(queue: Queue): void {
    for (const waiter of [...(this.#waiting.get(queue)?.waiters ?? [])]) waiter.fail(noSuchQueue());
  }

  /** Takes what is visible; messages that were received too often go to the dead-letter queue instead. */
  #deliver(queue: Queue, poll: Poll): Held[] {
    const policy = queue.attributes.redrivePolicy;
    const deadLetterQueue = policy === null ? undefined : this.#sqs.byArn(policy.deadLetterTargetArn);
    const now = this.#sqs.now();
    const delivered: Held[] = [];
    while (delivered.length < poll.max && queue.inFlight < maxInFlight) {
      const held = queue.next();
      if (held === undefined) break;
      if (policy !== null && deadLetterQueue !== undefined && held.receives >= policy.maxReceiveCount) {
        this.#sqs.deadLetter(queue, deadLetterQueue, queue.remove(held));
      } else {
        // A visibility timeout of zero shows the message again only after this batch, or it would be taken twice.
        queue.deliver(held, now, this.#sqs.scaled(poll.visibilitySeconds));
        delivered.push(held);
      }
    }
    return delivered;
  }

  #waitingFor(queue: Queue): Waiting {
    const existing = this.#waiting.get(queue);
    if (existing !== undefined) return existing;
    const waiting: Waiting = { waiters: new Set(), cancelWake: () => undefined };
    this.#waiting.set(queue, waiting);
    return waiting;
  }

  #scheduleWake(queue: Queue): void {
    const waiting = this.#waiting.get(queue);
    if (waiting === undefined) return;
    waiting.cancelWake();
    if (waiting.waiters.size === 0) {
      this.#waiting.delete(queue);
      return;
    }
    const next = queue.nextVisibleAt();
    if (next === undefined) return;
    const wait = Math.max(0, Math.ceil(next - this.#sqs.now()));
    waiting.cancelWake = this.#sqs.settings.time.after(wait, () => this.notify(queue));
  }
}
