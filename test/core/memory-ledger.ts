import { isDeepStrictEqual } from 'node:util';
import type { Job } from '../../functions/contract/messages.ts';
import {
  type Books,
  emptyBooks,
  type Gap,
  type ReferenceOutcome,
} from '../../functions/core/model/outcome.ts';
import type { Ledger, LedgerJob, Sweep } from '../../functions/core/ports/ledger.ts';
import { jobName } from './in-memory.ts';

interface Planned {
  job: Job;
  plannedAt: Date;
  sentAt: Date;
  repeats: number;
  outcomes: Map<number, ReferenceOutcome | Gap>;
}

/** The ledger with the promises of `core/ports/`, kept in memory. */
export class MemoryLedger implements Ledger {
  readonly opened = new Map<string, Sweep>();
  readonly planned = new Map<string, Planned>();

  async openSweep(sweep: Sweep): Promise<void> {
    if (!this.opened.has(sweep.sweepId)) this.opened.set(sweep.sweepId, sweep);
  }
  async sweepPlanned(_: string, sweepId: string): Promise<void> {
    const sweep = this.opened.get(sweepId);
    if (!sweep) throw new Error(`${sweepId} was never opened`);
    this.opened.set(sweepId, { ...sweep, planned: true });
  }
  async planJobs(jobs: readonly Job[], at: Date): Promise<Job[]> {
    return jobs.map((job) => {
      const known = this.planned.get(jobName(job));
      if (known && !isDeepStrictEqual(known.job.references, job.references)) return known.job;
      const fresh: Planned = { job, plannedAt: at, sentAt: at, repeats: 0, outcomes: new Map() };
      this.planned.set(jobName(job), { ...(known ?? fresh), sentAt: at });
      return job;
    });
  }
  async *jobs({ sweepId }: Pick<Sweep, 'sweepId'>, after: number | null): AsyncGenerator<LedgerJob> {
    const jobs = [...this.planned.values()].filter(({ job }) => job.sweepId === sweepId);
    for (const planned of jobs.sort((a, b) => a.job.jobNumber - b.job.jobNumber)) {
      const { job, plannedAt, sentAt, repeats } = planned;
      if (after !== null && job.jobNumber <= after) continue;
      const outcomes = job.references.map((_, index) => planned.outcomes.get(index) ?? null);
      const { jobNumber } = job;
      yield { sweepId, jobNumber, job, outcomes, asRead: stored(planned), plannedAt, sentAt, repeats };
    }
  }
  async recordOutcomes(
    job: Pick<Job, 'sweepId' | 'jobNumber'>,
    outcomes: ReadonlyMap<number, ReferenceOutcome>,
  ): Promise<void> {
    const known = this.planned.get(jobName(job));
    if (!known) throw new Error(`${jobName(job)} was never planned`);
    for (const [index, outcome] of outcomes) {
      const first = known.outcomes.get(index);
      const replayed = first === 'quarantined' && ['stored', 'unchanged', 'gone'].includes(outcome);
      if (first === undefined || replayed || ['dead-lettered', 'missing', 'lost'].includes(first))
        known.outcomes.set(index, outcome);
    }
  }
  async correct(
    entry: LedgerJob,
    corrections: ReadonlyMap<number, ReferenceOutcome | Gap>,
  ): Promise<boolean> {
    const known = this.planned.get(jobName(entry));
    if (!known || stored(known) !== entry.asRead) return false;
    for (const [index, correction] of corrections) known.outcomes.set(index, correction);
    return true;
  }
  async repeat(entry: LedgerJob, at: Date): Promise<boolean> {
    const known = this.planned.get(jobName(entry));
    if (!known || stored(known) !== entry.asRead || known.repeats !== entry.repeats) return false;
    for (const [index, outcome] of known.outcomes)
      if (outcome === 'missing' || outcome === 'lost') known.outcomes.delete(index);
    Object.assign(known, { sentAt: at, repeats: known.repeats + 1 });
    return true;
  }
  /** As DynamoDB lists them: newest first. */
  async sweeps(): Promise<Sweep[]> {
    return [...this.opened.values()].sort((a, b) => (a.sweepId < b.sweepId ? 1 : -1));
  }
  async books(sweepId: string): Promise<Books> {
    const books = emptyBooks();
    for (const { job, outcomes } of this.planned.values()) {
      if (job.sweepId !== sweepId) continue;
      books.dispatched += job.references.length;
      books.inFlight += job.references.length;
      for (const outcome of outcomes.values()) {
        if (outcome === 'missing' || outcome === 'lost') continue;
        books[outcome === 'dead-lettered' ? 'deadLettered' : outcome] += 1;
        books.inFlight -= 1;
      }
    }
    return books;
  }
}

function stored({ outcomes }: Planned): string | null {
  return outcomes.size === 0 ? null : JSON.stringify([...outcomes].sort(([a], [b]) => a - b));
}
