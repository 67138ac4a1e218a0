import type { VisitsMessage } from '../../contract/messages.ts';
import type { ReferenceOutcome } from '../model/outcome.ts';
import type { Reference } from '../model/reference.ts';

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
