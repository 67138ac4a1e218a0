import type { HistoryQuery, ProductPath } from '../contract/api/requests.ts';
import type { ApiOffer, Drop, PriceAt, ProductSummary, Stretch } from '../contract/api/responses.ts';
import type {
  DispatchMode,
  Job,
  ProbeRequest,
  ProbeResult,
  SpilledVisits,
  StoreProbe,
  StoreProbed,
  Visit,
  VisitsMessage,
} from '../contract/messages.ts';
import type { MetricName } from '../contract/metrics.ts';
import type { Quarantined } from '../contract/quarantine.ts';
import type { Page, PageRequest } from './marketplace.ts';
import type { Books, Gap, ReferenceOutcome } from './model/outcome.ts';
import type { Reference } from './model/reference.ts';

/** Everything the domain needs of the outside. Adapters implement these; the domain never sees an SDK. */

export interface Clock {
  now(): Date;
}

/** A request that brought no usable response. None of these says anything about the thing that was asked for. */
export type FetchFailure = {
  failure: 'timeout' | 'connection' | 'body-too-large' | 'host-not-allowed';
  detail: string;
};

/** The way out that is no proxy. */
export const directExit = 'direct';

export interface Fetcher {
  /**
   * Resolves in every case, within the request timeout and within `withinMs` when that is less (what the invocation has
   * left); the body is always consumed or the socket destroyed. `exit` is a proxy that the fetcher knows, or `directExit`.
   */
  fetch(request: PageRequest, withinMs?: number, exit?: string): Promise<Page | FetchFailure>;
}

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

export interface CursorKey {
  marketplace: string;
  mode: DispatchMode;
}

/**
 * A checkpoint. `version` grows by one with every write and is the fencing token: a write that names another version is
 * refused. `position` is the last id that the jobs queue accepted (null before the first), monotonic within a sweep.
 */
export interface Cursor extends CursorKey {
  version: number;
  owner: string;
  leaseExpiresAt: Date;
  sweepId: string | null;
  sweepStartedAt: Date | null;
  position: number | null;
  previousPosition: number | null;
  /** The last slot that was dispatched whole. */
  slot: string | null;
  updatedAt: Date;
}

export interface Checkpoints {
  /** Null when there is none yet. Throws StopMarketplace when the stored item cannot be read. */
  read(key: CursorKey): Promise<Cursor | null>;
  /**
   * Takes the lease for one slot. `collapsed` when the slot was dispatched already or a live owner is at it.
   * Throws StopMarketplace when the stored item cannot be read: it is never taken for a fresh start.
   */
  acquire(
    key: CursorKey,
    slot: string,
    owner: string,
    leaseMs: number,
  ): Promise<{ cursor: Cursor } | { collapsed: 'slot-done' | 'leased' }>;
  /** Writes the next state over exactly `cursor.version`. Throws StaleOwner when another owner wrote in between. */
  advance(
    cursor: Cursor,
    next: Pick<Cursor, 'sweepId' | 'sweepStartedAt' | 'position' | 'slot'> & { releaseLease: boolean },
  ): Promise<Cursor>;
}

export interface Sweep {
  sweepId: string;
  marketplace: string;
  mode: DispatchMode;
  startedAt: Date;
  deadline: Date;
  /** True once dispatch has enqueued the last job of the sweep. */
  planned: boolean;
}

/** A job as the books have it. */
export interface LedgerJob {
  sweepId: string;
  jobNumber: number;
  /** What to send to dispatch it again. Null for a job whose references the ledger was not told. */
  job: Job | null;
  /** One per reference, in their order; null: none yet. */
  outcomes: (ReferenceOutcome | Gap | null)[];
  /** The outcomes as they were stored when they were read: a correction is written over exactly these. */
  asRead: string | null;
  /** When it was planned first, and when it was last handed to the queue. */
  plannedAt: Date;
  sentAt: Date;
  /** How often its gaps were dispatched again. */
  repeats: number;
}

/** Jobs and their outcomes per sweep, as conditional writes: repeating any of these changes nothing. */
export interface Ledger {
  openSweep(sweep: Sweep): Promise<void>;
  sweepPlanned(marketplace: string, sweepId: string): Promise<void>;
  /**
   * Written before the jobs are enqueued, with all that is needed to dispatch them again, so that a job that vanishes leaves a
   * gap that can be seen and filled. Returns what to enqueue: of a job number that was planned before, what was planned then.
   */
  planJobs(jobs: readonly Job[], at: Date): Promise<Job[]>;
  /** Jobs of a sweep by number, those after `after` (null: all); read page by page as they are consumed. */
  jobs(sweep: Pick<Sweep, 'marketplace' | 'sweepId'>, after: number | null): AsyncIterable<LedgerJob>;
  /** Index in the job's references to outcome. The first outcome of a reference stands, but for `dead-lettered`, and
   * `quarantined` once the page was understood after all. */
  recordOutcomes(
    job: Pick<Job, 'sweepId' | 'jobNumber'>,
    outcomes: ReadonlyMap<number, ReferenceOutcome>,
  ): Promise<void>;
  /** Corrects the books after a look at the database. False, and nothing changed, when an outcome arrived since `entry` was read. */
  correct(entry: LedgerJob, corrections: ReadonlyMap<number, ReferenceOutcome | Gap>): Promise<boolean>;
  /**
   * Before the gaps of a job are dispatched again: they are in flight from now on. False, and nothing changed, when an outcome
   * arrived or somebody else dispatched them since `entry` was read.
   */
  repeat(entry: LedgerJob, at: Date): Promise<boolean>;
  /** Newest first. */
  sweeps(marketplace: string, limit: number): Promise<Sweep[]>;
  books(sweepId: string): Promise<Books>;
}

/** References parked together: `job` is the job that parked them, `reason` why. */
export interface Parked {
  id: string;
  job: Pick<Job, 'sweepId' | 'jobNumber'>;
  reason: string;
  references: Reference[];
}

/** References that wait for a later visit without costing a receive (rate limits, passing failures). */
export interface ParkedReferences {
  /** Idempotent per job, due time and reason. Returns the id of the entry. */
  park(parked: {
    marketplace: string;
    job: Pick<Job, 'sweepId' | 'jobNumber'>;
    references: readonly Reference[];
    dueAt: Date;
    reason: string;
  }): Promise<string>;
  /** At most `limit` entries whose time has come, oldest first. */
  due(marketplace: string, now: Date, limit: number): Promise<Parked[]>;
  /** After the jobs queue has accepted them. */
  remove(marketplace: string, ids: readonly string[]): Promise<void>;
}

/** Raw payloads that could not be parsed, kept for replay after the parser is mended. */
export interface Quarantine {
  /** Returns the object key. Writing the same page twice overwrites it with itself. */
  put(entry: {
    marketplace: string;
    reference: Reference;
    /** The job that fetched it, and the place of the reference in it. */
    job: Pick<Job, 'sweepId' | 'jobNumber'> & { index: number };
    reason: string;
    detail: string;
    page: Page;
  }): Promise<string>;
  /** A row that decoded and parsed but that the database refused. */
  putRow(entry: {
    marketplace: string;
    job: Pick<Job, 'sweepId' | 'jobNumber'>;
    reason: string;
    detail: string;
    row: Visit | Reference;
    at: Date;
  }): Promise<string>;
}

/** The same seen by the one who replays it. */
export interface QuarantinedObjects {
  /** Null: there is none (any more). Throws PoisonMessage for what `Quarantine` does not write. */
  get(key: string): Promise<Quarantined | null>;
  /** After its visits are in the queue. Removing twice is harmless. */
  remove(key: string): Promise<void>;
}

/** Pages as they came, for an audit: what a stored price was read from. */
export interface RawPages {
  /** Returns the object key, which follows from the content: the same page again is the same object. */
  put(marketplace: string, page: Page): Promise<string>;
}

/**
 * One small value per marketplace, or per storage domain, that all workers share. Changes are pure functions of what is there, applied one after
 * the other: two workers that change it at once do not overwrite each other.
 */
export interface Shared<T> {
  read(marketplace: string): Promise<T>;
  /**
   * Applies `transition` to the newest value, again when somebody else was faster, and returns what is there afterwards. A
   * transition that returns its argument writes nothing.
   */
  change(marketplace: string, transition: (current: T) => T): Promise<T>;
}

/** What feeds a function from its queue. `changing` while AWS carries out an earlier change. */
export interface QueueConsumers {
  state(mapping: string): Promise<'enabled' | 'disabled' | 'changing'>;
  /** Begins the change. False when another one is under way: try again later. */
  setEnabled(mapping: string, enabled: boolean): Promise<boolean>;
}

/** Visits one reference past a closed gate. */
export interface Probe {
  /** Resolves in every case: a probe that could not be made has the outcome `failed`. */
  probe(functionName: string, request: ProbeRequest): Promise<ProbeResult>;
}

/** One value of a metric. */
export interface Reading {
  /** Beginning of its period. */
  at: Date;
  value: number;
}

/** How much of a database's disk is free, in bytes, as whoever runs it measures. */
export interface FreeStorage {
  /** The least of each period that has a measurement, in order of time. Throws what the service threw. */
  read(instance: string, range: { from: Date; to: Date; periodSeconds: number }): Promise<Reading[]>;
}

/** Asks a storage domain whether it can be written to. */
export interface StorageProbe {
  /** Resolves in every case: a probe that could not be made has failed. */
  probe(functionName: string, request: StoreProbe): Promise<StoreProbed>;
}

export interface DueReferences {
  /** Claims the next references of the revisit schedule; the claim is a lease of one interval. */
  claim(marketplace: string, limit: number): Promise<Reference[]>;
}

/** What the database knows of references, for comparing it with the books. */
export interface StoredReferences {
  /** Same order as the references; null: nothing. */
  find(marketplace: string, references: readonly Reference[]): Promise<(StoredReference | null)[]>;
}
export interface StoredReference {
  /** Time of the newest snapshot, and of the newest visit that found it missing since then. */
  lastSeenAt: Date | null;
  missingCheckedAt: Date | null;
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

/** Result of storing one batch: for every visit of every message, in order. */
export interface VisitStore {
  store(messages: readonly VisitsMessage[]): Promise<StoredBatch>;
}
export interface StoredBatch {
  /** Same order as the messages; index in the job's references to outcome. */
  outcomes: Map<number, ReferenceOutcome>[];
  counts: {
    stored: number;
    unchanged: number;
    gone: number;
    pricePointsAdded: number;
    late: number;
    ties: number;
    currencyChanges: number;
    priceJumps: number;
    rowsQuarantined: number;
    transactionRetries: number;
  };
}

/** Where a page of a list ended: the values that the list is ordered by. */
export type PageKey = readonly (string | number)[];
export interface Keyed<T> {
  item: T;
  key: PageKey;
}

/** Which products, and with it the index that finds them and their order. */
export type ProductSelection =
  | { by: 'words'; words: string; marketplace: string | null }
  | { by: 'seller' | 'category'; marketplace: string; externalId: string }
  | { by: 'marketplace'; marketplace: string | null };

export interface ArchivedMonth {
  /** `2026-06` */
  readonly month: string;
  readonly endsAt: Date;
  /** It was put back, and is read like any other. */
  readonly isRestored: boolean;
}

/** The database as the read API asks it. Every method is one statement, whatever it is asked for (F07). */
export interface PriceReader {
  /** `matches` of a search only: it stops looking at a thousand, and then there are `more`. */
  products(
    selection: ProductSelection,
    after: PageKey | null,
    limit: number,
  ): Promise<{ rows: Keyed<ProductSummary>[]; matches: { count: number; more: boolean } | null }>;
  product(
    path: ProductPath,
  ): Promise<{ id: string; summary: ProductSummary; lastChangedAt: string | null } | null>;
  /** Of a product by the id that `product` gave. */
  offers(productId: string): Promise<ApiOffer[]>;
  history(
    productId: string,
    of: Pick<HistoryQuery, 'sku' | 'from' | 'to'>,
    after: PageKey | null,
    limit: number,
  ): Promise<Keyed<Omit<Stretch, 'archivedBefore'>>[]>;
  pricesAt(productId: string, at: Date): Promise<{ prices: PriceAt[]; archivedSkus: string[] }>;
  /** Months that have left the database, oldest first. Asked after what may lack them. */
  archivedMonths(): Promise<ArchivedMonth[]>;
  /** Null items are drops that late observations have taken back. */
  drops(
    of: { marketplace: string | null; since: Date; until: Date },
    after: PageKey | null,
    limit: number,
  ): Promise<Keyed<Drop | null>[]>;
}

/** How fresh one marketplace's data was when the audit measured it. */
export interface Measurement {
  measuredAt: Date;
  newestObservationAt: Date | null;
  /** Gone products left out. */
  oldestConfirmationAt: Date | null;
  confirmedLastDay: number;
}

/** What the audit found, for whoever cannot or should not measure it anew. */
export interface Measurements {
  /** An older measurement never replaces a newer one. */
  record(marketplace: string, measurement: Measurement): Promise<void>;
  read(marketplaces: readonly string[]): Promise<Map<string, Measurement>>;
}

export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** Names and units are the catalogue's. */
export interface Metrics {
  /** Adds to what is summed up. */
  count(name: MetricName, value: number): void;
  /** States a value as it is at this moment. */
  gauge(name: MetricName, value: number): void;
}
