import type { Plan } from '../contract/env.ts';
import type { Job } from '../contract/messages.ts';
import { sweepsInView } from './audit.ts';
import { jobsFrom } from './dispatch-sweep.ts';
import type { Reference } from './model/reference.ts';
import type { Checkpoints, Cursor } from './ports/checkpoints.ts';
import type { Ledger, LedgerJob, Sweep } from './ports/ledger.ts';

/** Ids of a sweep's range that no job holds although the cursor is past them; both ends included. */
export interface Hole {
  sweepId: string;
  first: number;
  last: number;
}

export interface Survey {
  /** Jobs with references that the audit found missing or lost, oldest first. */
  gaps: LedgerJob[];
  holes: Hole[];
  /** When the newest job was planned that has come through both queues; null: none in view. */
  passed: Date | null;
  /** The sweep whose cursor is at the end of its range and that nobody has said so of. */
  unplanned: string | null;
}

/** More than can be dispatched again in one run; the rest is found by the next. */
const mostGaps = 1_000;

/** Reads the books of all sweeps in view, once. */
export async function surveyBooks(
  ports: { ledger: Pick<Ledger, 'sweeps' | 'jobs'>; checkpoints: Pick<Checkpoints, 'read'> },
  plan: Pick<Plan, 'sweep'>,
  marketplace: string,
  now: Date,
): Promise<Survey> {
  // Before the books: jobs are planned out of order, but all of them before the cursor passes them.
  const cursor = plan.sweep ? await ports.checkpoints.read({ marketplace, mode: 'sweep' }) : null;
  const survey: Survey = { gaps: [], holes: [], passed: null, unplanned: null };
  for (const sweep of await sweepsInView(ports.ledger, marketplace, now)) {
    const cover = sweep.mode === 'sweep' && plan.sweep ? new Cover(sweep, plan.sweep, cursor) : null;
    for await (const entry of ports.ledger.jobs(sweep, null)) {
      cover?.add(entry);
      if (survey.gaps.length < mostGaps && entry.outcomes.some((it) => it === 'missing' || it === 'lost'))
        survey.gaps.push(entry);
      if (cameThrough(entry) && (survey.passed === null || entry.plannedAt > survey.passed))
        survey.passed = entry.plannedAt;
    }
    if (!cover) continue;
    survey.holes.push(...cover.holes());
    if (cover.isWhole && !sweep.planned) survey.unplanned = sweep.sweepId;
  }
  return survey;
}

/** Jobs for holes, as dispatch would have planned them. */
export function holeJobs(
  marketplace: string,
  kind: Reference['kind'],
  holes: readonly Hole[],
  size: number,
  most: number,
): Job[] {
  const jobs: Job[] = [];
  for (const { sweepId, first, last } of holes)
    jobs.push(...jobsFrom(marketplace, sweepId, { kind, last }, first, size, most - jobs.length));
  return jobs;
}

/** Only the store enters these of a thing: what scrape enters has not been in the snapshots queue. */
function cameThrough({ job, outcomes }: LedgerJob): boolean {
  return outcomes.some(
    (outcome, index) =>
      (outcome === 'stored' || outcome === 'unchanged' || outcome === 'gone') &&
      job?.references[index]?.kind !== 'listing',
  );
}

/** Which ids of a sweep's range its jobs cover. Jobs come in the order of their numbers, which are their first ids. */
class Cover {
  readonly #sweepId: string;
  readonly #holes: Hole[] = [];
  /** The cursor is past all ids up to this one; null for a sweep that it has left behind, and whose end it alone knew. */
  readonly #reached: number | null;
  readonly isWhole: boolean;
  #next: number | null;

  constructor({ sweepId }: Sweep, range: NonNullable<Plan['sweep']>, cursor: Cursor | null) {
    this.#sweepId = sweepId;
    const isCurrent = cursor?.sweepId === sweepId;
    this.#reached = isCurrent ? Math.min(cursor.position ?? 0, range.last) : null;
    this.#next = isCurrent ? range.first : null;
    // Of a sweep that goes beyond its range, dispatch itself finds out where it ends.
    this.isWhole = isCurrent && range.beyond === 0 && (cursor.position ?? 0) >= range.last;
  }

  add({ jobNumber, outcomes }: LedgerJob): void {
    if (this.#next !== null && jobNumber > this.#next) this.#hole(this.#next, jobNumber - 1);
    this.#next = Math.max(this.#next ?? 0, jobNumber + outcomes.length);
  }

  holes(): Hole[] {
    if (this.#next !== null && this.#reached !== null) this.#hole(this.#next, this.#reached);
    return this.#holes;
  }

  #hole(first: number, end: number): void {
    const last = Math.min(end, this.#reached ?? end);
    if (last >= first) this.#holes.push({ sweepId: this.#sweepId, first, last });
  }
}
