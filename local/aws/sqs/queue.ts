import { Heap, type HeapNode } from './heap.ts';
import type { Message } from './message.ts';
import type { Misdelivery } from './misdelivery.ts';
import type { QueueAttributes } from './queue-attributes.ts';

/** A message in a queue, with its places in the queue's orders. */
export interface Held {
  readonly message: Message;
  /** Unique in the emulator; what receipt handles name. */
  readonly number: number;
  state: 'visible' | 'delayed' | 'in-flight';
  /** In `visible` while visible, else in `hidden`. */
  place: HeapNode<number>;
  readonly expiry: HeapNode<number>;
  age: HeapNode<number> | null;
  /** How often this queue delivered it. The redrive policy counts these. */
  receives: number;
  lastReceivedAt: number;
}

/** Only a queue's in-flight messages are limited (developer guide, "Quotas related to messages"). */
export const maxInFlight = 120_000;
/** From this many unsuccessful receives on, SQS leaves a message out of the age of the oldest. */
const poisonReceives = 3;

let nextNumber = 1;
let nextTurn = 1;

/**
 * One standard queue in memory. Every time is in real milliseconds, already scaled. Nothing happens by itself:
 * `settle` brings the queue up to a time, and callers call it before they look.
 */
export class Queue {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  modifiedAt: number;
  attributes: QueueAttributes;
  tags: Record<string, string>;
  purgedAt = Number.NEGATIVE_INFINITY;
  sent = 0;
  received = 0;
  deleted = 0;
  /** Set by drills; null delivers each message once and in order, as a queue mostly does. */
  misdelivery: Misdelivery | null = null;
  readonly #held = new Map<number, Held>();
  #visible = new Heap<number>();
  #hidden = new Heap<number>();
  #expiry = new Heap<number>();
  #age = new Heap<number>();
  #inFlight = 0;

  constructor(
    name: string,
    arn: string,
    now: number,
    attributes: QueueAttributes,
    tags: Record<string, string>,
  ) {
    this.name = name;
    this.arn = arn;
    this.createdAt = now;
    this.modifiedAt = now;
    this.attributes = attributes;
    this.tags = tags;
  }

  get visible(): number {
    return this.#visible.size;
  }
  get inFlight(): number {
    return this.#inFlight;
  }
  get delayed(): number {
    return this.#hidden.size - this.#inFlight;
  }

  /** Drops what is past its retention, then makes visible what has waited long enough. */
  settle(now: number, retentionMs: number): void {
    for (
      let top = this.#expiry.peek();
      top !== undefined && top.key + retentionMs <= now;
      top = this.#expiry.peek()
    ) {
      this.#drop(this.#at(top.value));
    }
    for (let top = this.#hidden.peek(); top !== undefined && top.key <= now; top = this.#hidden.peek()) {
      this.#show(this.#at(top.value));
    }
  }

  /** When `settle` will next make a message visible. */
  nextVisibleAt(): number | undefined {
    return this.#hidden.peek()?.key;
  }

  /** Arrival of the oldest message that counts for the age metric: poison messages do not. */
  oldestArrival(): number | undefined {
    return this.#age.peek()?.key;
  }

  add(message: Message, now: number, delayMs: number): void {
    const number = nextNumber++;
    this.#held.set(number, {
      message,
      number,
      receives: 0,
      lastReceivedAt: 0,
      state: delayMs > 0 ? 'delayed' : 'visible',
      place:
        delayMs > 0 ? this.#hidden.push(now + delayMs, number) : this.#visible.push(this.#turn(), number),
      expiry: this.#expiry.push(message.sentAt, number),
      age: this.#age.push(now, number),
    });
  }

  /** The visible message whose turn it is, without taking it. */
  next(): Held | undefined {
    const top = this.#visible.peek();
    return top === undefined ? undefined : this.#at(top.value);
  }

  /** Puts a visible message in flight until `now + visibilityMs` and counts the receive. */
  deliver(held: Held, now: number, visibilityMs: number): void {
    held.message.receiveCount++;
    held.message.firstReceivedAt ??= now;
    held.receives++;
    held.lastReceivedAt = now;
    this.received++;
    const stays = this.misdelivery?.staysVisible(held.number) ?? false;
    this.hide(held, stays ? now : now + visibilityMs);
  }

  /** (Re)sets when an in-flight or visible message is shown again. */
  hide(held: Held, until: number): void {
    this.#takeOut(held);
    held.state = 'in-flight';
    this.#inFlight++;
    held.place = this.#hidden.push(until, held.number);
  }

  /** The message of a receipt handle, unless it is deleted, expired, purged or moved. */
  find(number: number): Held | undefined {
    return this.#held.get(number);
  }

  /** Takes a message out for good and returns it. */
  remove(held: Held): Message {
    this.#drop(held);
    return held.message;
  }

  purge(): void {
    this.#held.clear();
    this.#visible = new Heap();
    this.#hidden = new Heap();
    this.#expiry = new Heap();
    this.#age = new Heap();
    this.#inFlight = 0;
  }

  #turn(): number {
    return nextTurn++ + (this.misdelivery?.placesBehind() ?? 0);
  }

  #at(number: number): Held {
    const held = this.#held.get(number);
    if (held === undefined)
      throw new Error(`message ${number} is in an order of ${this.name} but not in the queue`);
    return held;
  }

  #show(held: Held): void {
    this.#takeOut(held);
    held.state = 'visible';
    held.place = this.#visible.push(this.#turn(), held.number);
    if (held.receives >= poisonReceives && held.age !== null) {
      this.#age.remove(held.age);
      held.age = null;
    }
  }

  #takeOut(held: Held): void {
    if (held.state === 'in-flight') this.#inFlight--;
    (held.state === 'visible' ? this.#visible : this.#hidden).remove(held.place);
  }

  #drop(held: Held): void {
    this.#takeOut(held);
    this.#expiry.remove(held.expiry);
    if (held.age !== null) this.#age.remove(held.age);
    this.#held.delete(held.number);
  }
}
