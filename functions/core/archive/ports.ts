import type { ArchivedPart } from '../../contract/archive.ts';
import type { PointBatch, PointKey } from './points.ts';

/** A month of one storage domain on its way out of the database, as `db/shared/archive.sql` keeps it. */
export interface MonthArchive {
  /** `2026-06` */
  readonly month: string;
  readonly state: 'begun' | 'exporting' | 'verified' | 'dropped';
  readonly archivedUntil: Date;
  readonly begunAt: Date;
  readonly rows: number | null;
  readonly inForce: number | null;
  readonly bytes: number | null;
  readonly droppedAt: Date | null;
  readonly isRestored: boolean;
}

/** Rows with a key after `after` (null: from the first) up to and including `upto` (null: to the last), `limit` at most. */
export interface KeyRange {
  readonly after: PointKey | null;
  readonly upto: PointKey | null;
  readonly limit: number;
}

/** The database's side. Each step is one statement or transaction, and safe to repeat. */
export interface ArchiveMonths {
  /** All, oldest first. */
  all(): Promise<MonthArchive[]>;
  /** The oldest month that still is in price_point and ended at `before` or earlier, or null. */
  oldestEndedBefore(before: Date): Promise<string | null>;
  begin(month: string): Promise<void>;
  keep(month: string): Promise<void>;
  /** What was in force at any instant of the month. */
  read(month: string, range: KeyRange): Promise<PointBatch>;
  parts(month: string): Promise<(ArchivedPart & { verified: boolean })[]>;
  /** Replaces what was known of the part; it counts as not verified. */
  recordPart(month: string, part: ArchivedPart): Promise<void>;
  partVerified(month: string, part: number): Promise<void>;
  verified(month: string, manifestKey: string): Promise<void>;
  /** False: something that leaves was changed meanwhile, and nothing was dropped. */
  drop(month: string): Promise<boolean>;
  restoreBegin(month: string): Promise<void>;
  /** Of a month that is being restored: the last row that is there, or null. */
  restoredUpTo(month: string): Promise<PointKey | null>;
  readRestored(month: string, range: KeyRange): Promise<PointBatch>;
  insertRestored(month: string, batch: PointBatch): Promise<void>;
  restoreFinish(month: string): Promise<void>;
  release(month: string): Promise<void>;
}

/** Objects in S3. */
export interface ArchiveObjects {
  /**
   * Writes when nothing is there (`onlyIf` null), or over exactly the version that is named by its ETag. Null: the
   * condition did not hold, nothing was written.
   */
  put(key: string, bytes: Uint8Array, onlyIf: string | null): Promise<{ etag: string } | null>;
  get(key: string): Promise<{ bytes: Uint8Array; etag: string } | null>;
}

/** The file format. */
export interface PointFiles {
  writer(metadata: Record<string, string>): PointFileWriter;
  /** The rows in the batches that they were written in. Throws when the bytes are not such a file. */
  read(bytes: Uint8Array): AsyncIterable<PointBatch>;
}

export interface PointFileWriter {
  add(batch: PointBatch): void;
  finish(): Uint8Array;
}
