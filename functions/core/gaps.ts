import type { Plan } from '../contract/env.ts';
import type { Job } from '../contract/messages.ts';
import { metric } from '../contract/metrics.ts';
import { holeJobs, surveyBooks } from './gap-survey.ts';
import { type Clearance, clearedUpTo, lookedIntoSpill } from './model/clearance.ts';
import type { Gate } from './model/gate.ts';
import type { Reference } from './model/reference.ts';
import type { Checkpoints } from './ports/checkpoints.ts';
import type { Ledger, LedgerJob } from './ports/ledger.ts';
import type { JobsQueue, QueueDepth, SpillLook } from './ports/queues.ts';
import type { Clock, Log, Metrics } from './ports/runtime.ts';
import type { Shared } from './ports/shared.ts';

export interface GapPorts {
  ledger: Pick<Ledger, 'sweeps' | 'jobs' | 'repeat' | 'planJobs' | 'sweepPlanned'>;
  checkpoints: Pick<Checkpoints, 'read'>;
  jobs: JobsQueue;
  /** Of the queue that the marketplace's visits go through. */
  snapshots: QueueDepth;
  /** Where visits wait that this queue did not take. */
  spill: SpillLook;
  gates: Pick<Shared<Gate>, 'read'>;
  /** For the audit, which cannot ask the queues. */
  clearances: Shared<Clearance>;
  clock: Clock;
  log: Log;
  metrics: Metrics;
}

export interface GapSettings {
  plan: Plan;
  /** What the marketplace's id range holds; null where ids cannot be swept. */
  sweepKind: Reference['kind'] | null;
  /** A job that was sent so recently may be anywhere. */
  silenceMs: number;
  /** A job is given up for lost when one that was planned so much later has come through both queues. */
  overtakenMs: number;
  /** A job that vanishes this often is left to the alarm and to people. */
  mostRepeats: number;
  mayGoOn: () => boolean;
}

export interface GapSummary {
  outcome: 'dispatched' | 'nothing-missing' | 'gate-closed';
  jobs: number;
  references: number;
}

/**
 * Dispatches again what was dispatched and vanished (F24), and what a cursor that jumped ahead left out (F25). The audit has
 * looked into the database and entered what it lacks; here it is decided whether that may still be under way, and the audit is told. The job keeps its
 * identity, so that a late original, a redriven dead letter or a second detector costs work and nothing else.
 */
export async function dispatchGaps(
  ports: GapPorts,
  settings: GapSettings,
  marketplace: string,
): Promise<GapSummary> {
  const { ledger, jobs: queue, snapshots, clock, log, metrics } = ports;
  const { plan, sweepKind, overtakenMs, mostRepeats } = settings;
  const gate = await ports.gates.read(marketplace);
  const began = clock.now();
  const survey = await surveyBooks(ports, plan, marketplace, began);
  // In the direction of the flow: what leaves one place in between is seen in the next, or has its outcome. A job is deleted once
  // its visits are in the queue or in the spill, and from the spill they are deleted once the queue has them.
  const backlog = await queue.backlog(marketplace);
  const look = { at: clock.now(), waits: await ports.spill.waits(marketplace), everyMs: overtakenMs / 2 };
  const idle = backlog === 0 && !look.waits && (await snapshots.depth(marketplace)) === 0;
  let cleared: Date | null = null;
  await ports.clearances.change(marketplace, (current) => {
    const looked = lookedIntoSpill(current, look);
    const spilledUntil = looked.spill?.until ?? look.at;
    cleared = clearedBefore({ idle, passed: survey.passed, spilledUntil }, settings, began);
    return clearedUpTo(looked, cleared);
  });
  if (gate.state !== 'open') return { outcome: 'gate-closed', jobs: 0, references: 0 };
  let room = plan.maxBacklogMessages - backlog;
  const vanished = survey.gaps.filter((entry) => hasVanished(entry, cleared));
  const givenUp = vanished.filter(({ repeats }) => repeats >= mostRepeats);
  if (givenUp.length > 0) {
    metrics.count(
      metric.gapsGivenUp,
      givenUp.reduce((sum, entry) => sum + gapsOf(entry).length, 0),
    );
    log.error('Vanished again and again', { marketplace, jobs: givenUp.slice(0, 10).map(nameOf) });
  }
  const summary = { jobs: 0, references: 0 };
  const send = async (messages: readonly Job[]): Promise<void> => {
    const { accepted, refused } = await queue.send(marketplace, messages);
    const references = accepted.reduce((sum, job) => sum + (job.only ?? job.references).length, 0);
    summary.jobs += accepted.length;
    summary.references += references;
    metrics.count(metric.gapsRedispatched, references);
    // Entered as under way all the same: the next look at the database finds them again.
    if (refused.length > 0) log.warn('The jobs queue refused gaps', { marketplace, jobs: refused.length });
  };

  if (survey.holes.length > 0) {
    metrics.count(metric.checkpointInvalid, 1);
    log.error('The cursor is ahead of what was planned', { marketplace, holes: survey.holes.slice(0, 10) });
    const left = sweepKind ? holeJobs(marketplace, sweepKind, survey.holes, plan.referencesPerJob, room) : [];
    room -= left.length;
    for (const chunk of chunks(left)) {
      if (!settings.mayGoOn()) break;
      await send(await ledger.planJobs(chunk, clock.now()));
    }
  } else if (survey.unplanned !== null) await ledger.sweepPlanned(marketplace, survey.unplanned);

  const again = vanished.filter(({ repeats }) => repeats < mostRepeats).slice(0, Math.max(0, room));
  for (const chunk of chunks(again)) {
    if (!settings.mayGoOn()) break;
    const messages: Job[] = [];
    for (const entry of chunk) {
      if (entry.job && (await ledger.repeat(entry, clock.now())))
        messages.push({ ...entry.job, only: gapsOf(entry) });
    }
    await send(messages);
    log.warn('Dispatched again', {
      marketplace,
      jobs: messages.slice(0, 10).map(nameOf),
      of: messages.length,
    });
  }
  return { outcome: summary.jobs > 0 ? 'dispatched' : 'nothing-missing', ...summary };
}

/**
 * Jobs that were sent up to this instant are under way no more; null: any of them may be. What has been in the spill is sent to
 * the snapshots queue when it leaves it, however old its job is: as if all jobs had been sent as late as that, only one that was
 * planned long after it has overtaken them.
 */
function clearedBefore(
  { idle, passed, spilledUntil }: { idle: boolean; passed: Date | null; spilledUntil: Date },
  { silenceMs, overtakenMs }: GapSettings,
  now: Date,
): Date | null {
  const beforeSilence = new Date(now.getTime() - silenceMs);
  if (idle) return beforeSilence;
  if (passed === null) return null;
  const overtaken = new Date(passed.getTime() - overtakenMs);
  if (overtaken < spilledUntil) return null;
  return overtaken < beforeSilence ? overtaken : beforeSilence;
}

/** What is lost came through both queues before; what is missing may still be in one of them. */
function hasVanished({ job, outcomes, sentAt }: LedgerJob, cleared: Date | null): boolean {
  if (job === null) return false;
  return !outcomes.includes('missing') || (cleared !== null && sentAt <= cleared);
}

function gapsOf({ outcomes }: LedgerJob): number[] {
  return outcomes.flatMap((outcome, index) => (outcome === 'missing' || outcome === 'lost' ? [index] : []));
}

function nameOf({ sweepId, jobNumber }: Pick<Job, 'sweepId' | 'jobNumber'>): string {
  return `${sweepId} #${jobNumber}`;
}

function chunks<T>(items: readonly T[], size = 50): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}
