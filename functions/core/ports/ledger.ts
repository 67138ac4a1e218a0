import type { DispatchMode, Job } from '../../contract/messages.ts';
import type { Books, Gap, ReferenceOutcome } from '../model/outcome.ts';

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
