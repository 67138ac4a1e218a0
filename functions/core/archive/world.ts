import type { Log } from '../ports/runtime.ts';
import type { ArchiveMonths, ArchiveObjects, PointFiles } from './ports.ts';

/** Rows of one row group, which are in memory at once, and of one file. */
export interface ArchiveSizes {
  readonly group: number;
  readonly file: number;
}

export interface ArchiveWorld {
  readonly domain: string;
  readonly months: ArchiveMonths;
  readonly objects: ArchiveObjects;
  readonly files: PointFiles;
  readonly sizes: ArchiveSizes;
  readonly log: Log;
  /** True while there is time for another part; asked between two steps, each of which is kept. */
  hasTime(): boolean;
  /** Until the process is ended, in milliseconds. */
  remainingMs(): number;
}
