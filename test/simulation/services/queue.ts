import type { Chance } from '../chance.ts';
import type { Scheduler } from '../scheduler.ts';

export interface Message<T> {
  readonly id: number;
  readonly body: T;
  receives: number;
  visibleAt: number;
}

export interface QueueSettings {
  visibilityMs: number;
  maxReceives: number;
}

/** Shares of what is received that SQS delivers a second time, and of deletions that it forgets, while faults last. */
const DUPLICATED = 0.04;
const FORGOTTEN = 0.03;

/**
 * A standard queue with its dead-letter queue: at least once, in any order, counting receives. `disturbed` says whether SQS
 * shows what it may do and mostly does not.
 */
export class SimulatedQueue<T> {
  readonly name: string;
  readonly #scheduler: Scheduler;
  readonly #chance: Chance;
  readonly #settings: QueueSettings;
  readonly #messages = new Map<number, Message<T>>();
  readonly #dead: T[] = [];
  #added = 0;
  #receives = 0;
  disturbed = true;
  onAdd: (body: T) => void = () => undefined;
  onDelete: (body: T) => void = () => undefined;
  onDeath: (body: T) => void = () => undefined;

  constructor(name: string, scheduler: Scheduler, chance: Chance, settings: QueueSettings) {
    this.name = name;
    this.#scheduler = scheduler;
    this.#chance = chance;
    this.#settings = settings;
  }

  /** Waiting and in flight. */
  get size(): number {
    return this.#messages.size;
  }

  get dead(): readonly T[] {
    return this.#dead;
  }

  /** Waiting, in flight and dead. */
  get bodies(): T[] {
    return [...[...this.#messages.values()].map(({ body }) => body), ...this.#dead];
  }

  /** When the next message can be received; null without any. */
  get nextVisibleAt(): number | null {
    let next: number | null = null;
    for (const { visibleAt } of this.#messages.values()) next = Math.min(next ?? visibleAt, visibleAt);
    return next;
  }

  add(body: T): void {
    const id = this.#added++;
    this.#messages.set(id, { id, body, receives: 0, visibleAt: this.#scheduler.now });
    this.onAdd(body);
  }

  /** Up to `limit` visible messages in any order. One that was received too often goes to the dead letters instead. */
  receive(limit: number): Message<T>[] {
    const { now } = this.#scheduler;
    const visible = [...this.#messages.values()].filter(({ visibleAt }) => visibleAt <= now);
    const received: Message<T>[] = [];
    while (visible.length > 0 && received.length < limit) {
      const n = this.#receives++;
      const [message] = visible.splice(this.#chance.pick(`order ${this.name}`, n, visible.length), 1);
      if (!message) break;
      message.receives += 1;
      if (message.receives > this.#settings.maxReceives) {
        this.#messages.delete(message.id);
        this.#dead.push(message.body);
        this.onDeath(message.body);
        continue;
      }
      const twice = this.disturbed && this.#chance.happens(`duplicate ${this.name}`, n, DUPLICATED);
      message.visibleAt = twice ? now + 500 : now + this.#settings.visibilityMs;
      received.push(message);
    }
    return received;
  }

  delete({ id, body, receives }: Message<T>): void {
    const forgets = this.#chance.happens(`forgotten ${this.name}`, id, FORGOTTEN, receives);
    if (this.disturbed && forgets) return;
    this.onDelete(body);
    this.#messages.delete(id);
  }

  /** An operator moves the dead letters back: new messages, with new ids and no receives. */
  redrive(): void {
    for (const body of this.#dead.splice(0)) {
      const id = this.#added++;
      this.#messages.set(id, { id, body, receives: 0, visibleAt: this.#scheduler.now });
    }
  }
}
