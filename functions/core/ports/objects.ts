import type { Job, Visit } from '../../contract/messages.ts';
import type { Quarantined } from '../../contract/quarantine.ts';
import type { Page } from '../marketplace.ts';
import type { Reference } from '../model/reference.ts';

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
