import { metric } from '../contract/metrics.ts';
import { sweepsInView } from './audit.ts';
import type { Clearance } from './model/clearance.ts';
import type { Gap, ReferenceOutcome } from './model/outcome.ts';
import type { Reference } from './model/reference.ts';
import { newRound, type Round } from './model/round.ts';
import type { StoredReference, StoredReferences } from './ports/database.ts';
import type { Ledger, LedgerJob } from './ports/ledger.ts';
import type { Clock, Log, Metrics } from './ports/runtime.ts';
import type { Shared } from './ports/shared.ts';

export interface ReconcilePorts {
  ledger: Pick<Ledger, 'sweeps' | 'jobs' | 'correct'>;
  stored: StoredReferences;
  rounds: Shared<Round>;
  /** Written by `gaps.ts`, which can ask the queues. */
  clearances: Pick<Shared<Clearance>, 'read'>;
  clock: Clock;
  log: Log;
  metrics: Metrics;
}

export interface ReconcileSettings {
  /** References compared in one run, but for the rest of the last job. */
  most: number;
  /** A job that was handed to the queue so long ago is looked for in the database. */
  silenceMs: number;
  /** By how much the clocks of dispatch and scrape may differ before what is stored is taken for lost. */
  skewMs: number;
}

export interface Comparison {
  compared: number;
  /** Had no outcome, are under way no more, and the database shows that they were visited since. */
  closed: number;
  missing: number;
  lost: number;
  /** All that were found lost, or still are, in this round or the one before. */
  lostInRound: number;
}

/** Of which hardly any has jobs, each costs a query. */
const mostSweeps = 300;

type Correction = ReferenceOutcome | Gap;

/**
 * Compares the next part of a marketplace's books with its database, which is the truth, and corrects the books (F09). What
 * they call done and the database lacks becomes `lost`; what has no outcome after a long silence becomes `missing`, or what the
 * database shows once no queue can hold it any more: until then, what is seen there may be another job's visit. Lost and
 * missing references are dispatched again (`gaps.ts`). Safe to repeat, to run twice at once, and to die anywhere: a job is
 * corrected only over exactly what was read of it.
 */
export async function reconcile(
  ports: ReconcilePorts,
  settings: ReconcileSettings,
  marketplace: string,
): Promise<Comparison> {
  const { ledger, stored, rounds, clock, log, metrics } = ports;
  const now = clock.now();
  const { before: clearedBefore } = await ports.clearances.read(marketplace);
  const from = await rounds.read(marketplace);
  const part = await nextPart(ledger, marketplace, from, settings.most, now);
  const wanted = part.jobs.flatMap(({ job }) => job?.references ?? []);
  const rows = (wanted.length > 0 ? await stored.find(marketplace, wanted) : []).values();
  const found: Comparison = { compared: 0, closed: 0, missing: 0, lost: 0, lostInRound: from.lost };
  for (const entry of part.jobs) {
    found.compared += entry.outcomes.length;
    found.lostInRound += entry.outcomes.filter((outcome) => outcome === 'lost').length;
    const corrections = correctionsOf(entry, rows, settings, { now, clearedBefore });
    if (corrections.size === 0 || !(await ledger.correct(entry, corrections))) continue;
    const all = [...corrections.values()];
    const lost = all.filter((it) => it === 'lost').length;
    const missing = all.filter((it) => it === 'missing').length;
    const closed = all.length - lost - missing;
    found.lost += lost;
    found.missing += missing;
    found.closed += closed;
    found.lostInRound += lost;
    const { sweepId, jobNumber } = entry;
    const fields = { marketplace, sweepId, jobNumber, lost, missing, closed };
    if (lost === 0) log.info('Books corrected from the database', fields);
    else log.error('Done in the books, not in the database', { ...fields, ...firstLost(entry, corrections) });
  }
  const ended = { ...newRound, lostBefore: found.lostInRound };
  const next = part.last ? { ...part.last, lost: found.lostInRound, lostBefore: from.lostBefore } : ended;
  await rounds.change(marketplace, () => next);
  metrics.count(metric.referencesLost, found.lost);
  metrics.count(metric.booksClosedFromDatabase, found.closed);
  // Reported by more than one run even where a run is a whole round and the repair is quick.
  return { ...found, lostInRound: Math.max(found.lostInRound, from.lostBefore) };
}

/** Jobs from where the last run stopped; `last` is null when there are no more in this round. */
async function nextPart(
  ledger: Pick<Ledger, 'sweeps' | 'jobs'>,
  marketplace: string,
  from: Round,
  most: number,
  now: Date,
): Promise<{ jobs: LedgerJob[]; last: Pick<Round, 'sweepId' | 'jobNumber'> | null }> {
  const jobs: LedgerJob[] = [];
  let references = 0;
  // Ids of one marketplace sort by time.
  const sweeps = (await sweepsInView(ledger, marketplace, now)).filter(
    ({ sweepId }) => from.sweepId === null || sweepId >= from.sweepId,
  );
  for (const [index, sweep] of sweeps.entries()) {
    const { sweepId } = sweep;
    let jobNumber = sweepId === from.sweepId ? from.jobNumber : null;
    for await (const entry of ledger.jobs(sweep, jobNumber)) {
      jobs.push(entry);
      jobNumber = entry.jobNumber;
      references += entry.outcomes.length;
      if (references >= most) return { jobs, last: { sweepId, jobNumber } };
    }
    if (index >= mostSweeps) return { jobs, last: { sweepId, jobNumber } };
  }
  return { jobs, last: null };
}

/** Takes one row for each of the job's references. */
function correctionsOf(
  { job, outcomes, plannedAt, sentAt }: LedgerJob,
  rows: Iterator<StoredReference | null>,
  { silenceMs, skewMs }: ReconcileSettings,
  { now, clearedBefore }: { now: Date; clearedBefore: Date | null },
): Map<number, Correction> {
  const corrections = new Map<number, Correction>();
  const tolerated = new Date(plannedAt.getTime() - skewMs);
  const silent = now.getTime() - sentAt.getTime() >= silenceMs;
  const cleared = clearedBefore !== null && sentAt <= clearedBefore;
  for (const [index, reference] of (job?.references ?? []).entries()) {
    const row: StoredReference | null = rows.next().value ?? null;
    const outcome = outcomes[index] ?? null;
    const correction = isDone(outcome)
      ? lostOf(reference, outcome, visitsSince(row, tolerated))
      : openOf(outcome, visitsSince(row, plannedAt), { silent, cleared });
    if (correction !== null) corrections.set(index, correction);
  }
  return corrections;
}

interface Evidence {
  known: boolean;
  seen: boolean;
  missed: boolean;
}

function visitsSince(row: StoredReference | null, since: Date): Evidence {
  const after = (at: Date | null | undefined) => at != null && at >= since;
  return { known: row !== null, seen: after(row?.lastSeenAt), missed: after(row?.missingCheckedAt) };
}

type Done = 'stored' | 'unchanged' | 'gone';

function isDone(outcome: Correction | null): outcome is Done {
  return outcome === 'stored' || outcome === 'unchanged' || outcome === 'gone';
}

/**
 * Null: what the books call done may stand. A listing leaves no snapshot of its own, so that the database proves nothing of it;
 * neither does it of a thing that is not known and was gone. A lot whose page listed no items is known, and no more.
 */
function lostOf({ kind }: Reference, outcome: Done, { known, seen, missed }: Evidence): 'lost' | null {
  if (outcome === 'gone') return kind === 'listing' || !known || seen || missed ? null : 'lost';
  return kind === 'listing' || seen || (kind === 'lot' && known) ? null : 'lost';
}

/**
 * What becomes of a reference that is open in the books; null: nothing. A visit of another job may have been stored before this
 * job's own, which is then still to come. No tolerance for clocks here: a visit of just before the job was planned is none of
 * its own, and a reference that is visited once more costs less than books that call done what is not.
 */
function openOf(
  outcome: Exclude<Correction, Done> | null,
  { seen, missed }: Evidence,
  { silent, cleared }: { silent: boolean; cleared: boolean },
): Correction | null {
  // Quarantined, parked and dead-lettered: not in the database, and said so.
  if (outcome !== null && outcome !== 'missing' && outcome !== 'lost') return null;
  if (seen || missed) {
    // What is lost was in the database before, so that it is in no queue.
    if (!cleared && outcome !== 'lost') return null;
    return seen ? 'stored' : 'gone';
  }
  return outcome === null && silent ? 'missing' : null;
}

function firstLost({ job }: LedgerJob, corrections: ReadonlyMap<number, Correction>) {
  const [index] = [...corrections].find(([, correction]) => correction === 'lost') ?? [];
  return index === undefined ? {} : { reference: job?.references[index] };
}
