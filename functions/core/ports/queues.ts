import type { Job, SpilledVisits, VisitsMessage } from '../../contract/messages.ts';

/** What SQS said to each entry of a batch. Every message is in exactly one of the two lists. */
export interface Sent<T> {
  accepted: T[];
  refused: { message: T; detail: string }[];
}

export interface JobsQueue {
  /** Messages waiting, in flight and delayed, as SQS estimates them. */
  backlog(marketplace: string): Promise<number>;
  /** Sends in batches of ten. Entries that SQS refused come back as `refused`; a call that failed whole throws. */
  send(marketplace: string, jobs: readonly Job[]): Promise<Sent<Job>>;
}

export interface QueueDepth {
  /** Messages waiting, in flight and delayed, as SQS estimates them, of the queue that belongs to the marketplace. */
  depth(marketplace: string): Promise<number>;
}

export interface VisitsQueue {
  /**
   * Cuts what is too large for one SQS message into parts of the same job; the parts come back as accepted or refused. What
   * SQS has not answered for within `withinMs` counts as refused. Throws when it answered for nothing.
   */
  send(message: VisitsMessage, withinMs?: number): Promise<Sent<VisitsMessage>>;
}

/** Where visits wait that the snapshots queue did not take (F12). */
export interface Spill {
  /** Writes one object, within `withinMs`, and returns its key. Keys sort by `at`. */
  put(spilled: { at: Date; detail: string; messages: VisitsMessage[] }, withinMs: number): Promise<string>;
}

/** The same seen by the one who empties it, per storage domain. */
export interface SpilledObjects {
  /** The oldest keys, at most `limit`, oldest first, with the instant at which each was written; and how many there are in all. */
  list(domain: string, limit: number): Promise<{ oldest: { key: string; at: Date }[]; count: number }>;
  /** Null: somebody else has replayed it. Throws PoisonMessage when the object is not what `put` writes. */
  get(key: string): Promise<SpilledVisits | null>;
  /** After the queue has accepted it. Removing twice is harmless. */
  remove(key: string): Promise<void>;
}

/** The same seen by one who only has to know that nothing is under way. */
export interface SpillLook {
  /** Whether any object waits in the spill of the storage domain that the marketplace belongs to. */
  waits(marketplace: string): Promise<boolean>;
}

/** What feeds a function from its queue. `changing` while AWS carries out an earlier change. */
export interface QueueConsumers {
  state(mapping: string): Promise<'enabled' | 'disabled' | 'changing'>;
  /** Begins the change. False when another one is under way: try again later. */
  setEnabled(mapping: string, enabled: boolean): Promise<boolean>;
}

/** Why a message failed at its consumer, and how often. */
export interface FailureNote {
  /** Receives that ended with a note; of one that ended with the process's death there is none. */
  failures: number;
  /** Name of the last error, and what it said. */
  error: string;
  reason: string;
  /** The function that failed, as its logs name it. */
  functionName: string;
  at: Date;
}

/**
 * What dead letters are asked for: SQS moves a message as it was, so the reason is noted beside it, by the consumer that fails.
 * The message keeps its id on the way to the dead-letter queue.
 */
export interface FailureNotes {
  /** Counts one more failure of the message. `queue` is the name of the queue that it came from. */
  note(queue: string, messageId: string, failure: Omit<FailureNote, 'failures'>): Promise<void>;
}
