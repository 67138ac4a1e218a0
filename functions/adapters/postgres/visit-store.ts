import type { StorageSchema } from '../../contract/manifest.ts';
import type { Visit, VisitsMessage } from '../../contract/messages.ts';
import { snapshotVisit } from '../../core/history/visit.ts';
import { RetryLater } from '../../core/model/errors.ts';
import type { ReferenceOutcome } from '../../core/model/outcome.ts';
import type { Reference } from '../../core/model/reference.ts';
import type { StoredBatch, VisitStore } from '../../core/ports/database.ts';
import type { Quarantine } from '../../core/ports/objects.ts';
import type { Clock, Log } from '../../core/ports/runtime.ts';
import type { Database } from './database.ts';
import { remedyFor } from './errors.ts';
import type { LotRowItem, StoreItem, VisitItem } from './store-items.ts';
import { storeItems, type TransactionCounts } from './store-transaction.ts';

/** Clocks of other machines may be ahead by this much; a later observation is refused (F38). */
const futureToleranceMs = 5 * 60_000;
/** No configuration lets a month leave the database sooner (lib/config/checks.ts): younger visits need not ask. */
const neverArchivedMs = 30 * 86_400_000;
const attempts = 6;
const firstPauseMs = 20;

/** Where an item came from: its outcome goes back there, and the row itself to the quarantine if it is refused. */
interface Origin {
  readonly message: number;
  readonly index: number | null;
  readonly content: Pick<VisitsMessage, 'marketplace' | 'sweepId' | 'jobNumber'>;
  readonly row: Visit | Reference;
}

interface Dependencies {
  readonly database: Database;
  readonly schema: StorageSchema;
  readonly quarantine: Quarantine;
  readonly clock: Clock;
  readonly log: Log;
  /** Between two attempts of a transaction. */
  readonly pause: (ms: number) => Promise<void>;
}

/**
 * Stores visits in PostgreSQL, one transaction per batch. Deadlocks and serialization failures are repeated. When the
 * database refuses the data, the batch is halved until the refused visits stand alone: they go to the quarantine, each
 * with the reason, and the rest is stored. Throws RetryLater when nothing can be stored now.
 */
export class PostgresVisitStore implements VisitStore {
  readonly #with: Dependencies;

  constructor(dependencies: Dependencies) {
    this.#with = dependencies;
  }

  async store(messages: readonly VisitsMessage[]): Promise<StoredBatch> {
    const origins = new Map<StoreItem, Origin>();
    const batch: StoredBatch = {
      outcomes: messages.map(() => new Map<number, ReferenceOutcome>()),
      counts: {
        stored: 0,
        unchanged: 0,
        gone: 0,
        pricePointsAdded: 0,
        late: 0,
        ties: 0,
        currencyChanges: 0,
        priceJumps: 0,
        rowsQuarantined: 0,
        transactionRetries: 0,
      },
    };
    for (const [message, content] of messages.entries()) {
      for (const [item, origin] of itemsOf(content, message, this.#with.schema)) origins.set(item, origin);
    }
    const latest = this.#with.clock.now().getTime() + futureToleranceMs;
    const archivedUntil = await this.#archivedUntil(origins.keys());
    const accepted: StoreItem[] = [];
    for (const [item, origin] of origins) {
      if (item.type !== 'reference' && item.visit.at > latest) {
        await this.#quarantine(
          batch,
          origin,
          'observed-in-the-future',
          new Date(item.visit.at).toISOString(),
        );
      } else if (observedBefore(item, archivedUntil)) {
        await this.#quarantine(
          batch,
          origin,
          'observed-before-the-archive',
          `${new Date(item.visit.at).toISOString()}, when the month was archived already`,
        );
      } else accepted.push(item);
    }
    await this.#storeOrHalve(batch, origins, accepted);
    for (const [item, origin] of origins) {
      if (item.type === 'reference' || item.outcome === null || origin.index === null) continue;
      settle(batch.outcomes[origin.message], origin.index, item.outcome);
      batch.counts[item.outcome] += 1;
    }
    return batch;
  }

  /** Epoch milliseconds before which nothing can be stored any more; only asked when something in the batch is that old. */
  async #archivedUntil(items: Iterable<StoreItem>): Promise<number> {
    const recent = this.#with.clock.now().getTime() - neverArchivedMs;
    if (![...items].some((item) => observedBefore(item, recent))) return Number.NEGATIVE_INFINITY;
    const [[archivedUntil] = [null]] = await this.#with.database.rows<[number | null]>(HORIZON, []);
    return archivedUntil ?? Number.NEGATIVE_INFINITY;
  }

  async #storeOrHalve(
    batch: StoredBatch,
    origins: ReadonlyMap<StoreItem, Origin>,
    items: readonly StoreItem[],
  ): Promise<void> {
    if (items.length === 0) return;
    try {
      add(batch, await this.#transaction(batch, items));
    } catch (error) {
      if (remedyFor(error) !== 'find-bad-row') throw error;
      // Outcomes of a transaction that was rolled back say nothing.
      for (const item of items) if (item.type !== 'reference') item.outcome = null;
      const [only] = items;
      if (items.length === 1 && only !== undefined) {
        const origin = origins.get(only);
        if (origin) await this.#quarantine(batch, origin, 'refused-by-database', describe(error));
        return;
      }
      const middle = Math.ceil(items.length / 2);
      await this.#storeOrHalve(batch, origins, items.slice(0, middle));
      await this.#storeOrHalve(batch, origins, items.slice(middle));
    }
  }

  async #transaction(batch: StoredBatch, items: readonly StoreItem[]): Promise<TransactionCounts> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#with.database.inTransaction((session) =>
          storeItems(session, items, this.#with.schema),
        );
      } catch (error) {
        if (remedyFor(error) !== 'repeat-transaction') throw error;
        if (attempt === attempts) {
          throw new RetryLater(`gave up after ${attempts} attempts: ${describe(error)}`, { cause: error });
        }
        batch.counts.transactionRetries += 1;
        // Full jitter, doubling: two batches that met must not meet again.
        await this.#with.pause(Math.random() * firstPauseMs * 2 ** attempt);
      }
    }
  }

  async #quarantine(batch: StoredBatch, origin: Origin, reason: string, detail: string): Promise<void> {
    const { content, row, message, index } = origin;
    const { marketplace, sweepId, jobNumber } = content;
    const job = { sweepId, jobNumber };
    // The detail can quote the row, so it goes to the quarantine only (F52).
    this.#with.log.warn('row quarantined', { marketplace, reason });
    // The visit's own instant, so that a second delivery overwrites the object with itself.
    const at = 'outcome' in row ? instantOf(row) : this.#with.clock.now();
    await this.#with.quarantine.putRow({ marketplace, job, reason, detail, row, at });
    batch.counts.rowsQuarantined += 1;
    if (index !== null) settle(batch.outcomes[message], index, 'quarantined');
  }
}

const HORIZON = `select nullif(archived_until, '-infinity') from price_horizon`;

/**
 * Whether the item is an observation from before the instant. Its month is in S3, where it was compared with the database
 * for good, and Postgres no longer knows what it would contradict. That something was missing then changes no history.
 */
function observedBefore(item: StoreItem, instant: number): item is VisitItem {
  return item.type === 'visit' && item.visit.outcome === 'ok' && item.visit.at < instant;
}

/** Least telling first. */
const byWeight: readonly ReferenceOutcome[] = ['gone', 'unchanged', 'quarantined', 'stored'];

/** What a listing showed has one index: of the visits' outcomes, the one that says most about the page stands. */
function settle(
  outcomes: Map<number, ReferenceOutcome> | undefined,
  index: number,
  outcome: ReferenceOutcome,
): void {
  const known = outcomes?.get(index);
  if (known === undefined || byWeight.indexOf(outcome) > byWeight.indexOf(known))
    outcomes?.set(index, outcome);
}

function itemsOf(content: VisitsMessage, message: number, schema: StorageSchema): [StoreItem, Origin][] {
  const { marketplace } = content;
  const visits = content.visits.map((row): [VisitItem | LotRowItem, Origin] => [
    visitItem(marketplace, row, schema),
    { message, index: row.index, content, row },
  ]);
  const references = content.discovered.map((row): [StoreItem, Origin] => [
    { type: 'reference', key: { marketplace, ...row } },
    { message, index: null, content, row },
  ]);
  return [...visits, ...references];
}

function visitItem(marketplace: string, row: Visit, schema: StorageSchema): VisitItem | LotRowItem {
  if (row.outcome === 'gone') {
    const visit = { outcome: row.outcome, at: Date.parse(row.observedAt) };
    return { type: 'visit', key: { marketplace, ...row.reference }, visit, rawKey: null, outcome: null };
  }
  const { kind, externalId, offers } = row.snapshot;
  const visit = snapshotVisit(row.snapshot);
  const stored = { key: { marketplace, kind, externalId }, visit, rawKey: row.rawKey ?? null, outcome: null };
  // A page that lists no items of a lot says nothing of its items: they are not gone.
  const isRow = schema === 'procurement' && kind === 'lot' && offers.length === 0;
  return { type: isRow ? 'lot-row' : 'visit', ...stored };
}

function instantOf(visit: Visit): Date {
  return new Date(visit.outcome === 'ok' ? visit.snapshot.observedAt : visit.observedAt);
}

function add(batch: StoredBatch, counts: TransactionCounts): void {
  batch.counts.pricePointsAdded += counts.pricePointsAdded;
  batch.counts.late += counts.late;
  batch.counts.ties += counts.ties;
  batch.counts.currencyChanges += counts.currencyChanges;
  batch.counts.priceJumps += counts.priceJumps;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
