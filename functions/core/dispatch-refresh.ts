import type { Plan } from '../contract/env.ts';
import type { Job } from '../contract/messages.ts';
import { metric } from '../contract/metrics.ts';
import type { Turn } from './dispatch-turn.ts';
import { RetryLater } from './model/errors.ts';
import { type Reference, referenceKey } from './model/reference.ts';
import { slotOf, sweepIdOf } from './model/sweep.ts';
import type { Parked } from './ports/parked.ts';

/**
 * Reason of the entries that are jobs on their way to the queue. Unlike a sweep's windows, a refresh's jobs cannot be
 * computed again after a crash: claims are leased and parked entries are removed. So each job waits among the parked
 * references from before it is in the ledger until the queue has it, and a later run sends it under the same number.
 */
export const outbox = 'dispatch';
/** Entries read for one slot; what is beyond them is still due in the next. */
const MOST_ENTRIES = 1_000;

/**
 * Dispatches what is due: jobs that an earlier run left behind, parked references (oldest first), then references whose
 * revisit is due. Those of a storage `domain` that is out of order stay due; the rest is dispatched all the same. `room` is
 * how many messages the queue may take. Returns what came of the slot.
 */
export async function dispatchRefresh(
  turn: Turn,
  plan: Pick<Plan, 'referencesPerJob' | 'window'>,
  domain: string,
  room: number,
): Promise<'dispatched' | 'nothing-due' | 'due-unavailable'> {
  const { parked, clock } = turn.ports;
  const entries = await parked.due(turn.marketplace, clock.now(), MOST_ENTRIES);
  const leftBehind = entries.filter(({ reason }) => reason === outbox);
  const waiting = entries.filter(({ reason }) => reason !== outbox);
  if (!(await finishEarlier(turn, leftBehind))) return await stopShort(turn);

  let left = Math.min(plan.window, (room - leftBehind.length) * plan.referencesPerJob);
  // What is parked may be due as well, and a run that died may have left entries behind that its jobs hold: one visit does.
  const sent = new Set(leftBehind.flatMap(({ references }) => references.map(referenceKey)));
  const again = upTo(waiting, left, sent);
  left -= again.references.length;
  for (const reference of again.references) sent.add(referenceKey(reference));
  if (!(await send(turn, again.references, again.ids, plan.referencesPerJob))) return await stopShort(turn);

  const claimed = left > 0 ? await claim(turn, domain, left) : [];
  const dueOnly = (claimed ?? []).filter((reference) => !sent.has(referenceKey(reference)));
  if (!(await send(turn, dueOnly, [], plan.referencesPerJob))) return await stopShort(turn);

  const sweepId = sweepIdOf(turn.slot, turn.marketplace, 'refresh');
  if (turn.cursor.sweepId === sweepId) await turn.sweepPlanned(sweepId);
  await turn.end({ whole: true, sweepOver: true });
  if (turn.jobs > 0) return 'dispatched';
  return claimed === null ? 'due-unavailable' : 'nothing-due';
}

/** What is due, null when nobody can say. That is no failure of this slot: what is due stays due until the next. */
async function claim(turn: Turn, domain: string, limit: number): Promise<Reference[] | null> {
  const { breakers, due, log, metrics } = turn.ports;
  const { marketplace } = turn;
  const breaker = await breakers.read(domain);
  try {
    if (breaker.state === 'closed') return await due.claim(marketplace, limit);
    log.info('Not asked what is due: the breaker is not closed', {
      marketplace,
      domain,
      since: breaker.since,
    });
  } catch (error) {
    if (!(error instanceof RetryLater)) throw error;
    log.warn('Nobody says what is due', { marketplace, domain, error });
  }
  metrics.count(metric.dispatchSkippedDue, 1);
  return null;
}

/** Time is up: the outbox holds what was not sent. */
async function stopShort(turn: Turn): Promise<'dispatched'> {
  await turn.end({ whole: false });
  return 'dispatched';
}

/** Sends what an earlier run left behind and closes the plan of its sweep. False when time ran out. */
async function finishEarlier(turn: Turn, leftBehind: readonly Parked[]): Promise<boolean> {
  // The cursor names a refresh sweep for as long as it is not wholly planned.
  const { sweepId } = turn.cursor;
  if (sweepId !== null) await turn.openSweep(sweepId);
  const jobs = leftBehind.map(({ id, job, references }) => ({
    id,
    job: jobOf(turn.marketplace, job.sweepId, job.jobNumber, references),
  }));
  const whole = await sendOutbox(turn, jobs);
  if (whole && sweepId !== null && slotOf(sweepId) !== turn.slot) await turn.sweepPlanned(sweepId);
  return whole;
}

/** New jobs of this slot's sweep; `sources` are the parked entries that they replace. False when time ran out. */
async function send(
  turn: Turn,
  references: readonly Reference[],
  sources: readonly string[],
  size: number,
): Promise<boolean> {
  const { parked } = turn.ports;
  if (references.length === 0) {
    await parked.remove(turn.marketplace, sources);
    return true;
  }
  const { marketplace, slot } = turn;
  const sweepId = sweepIdOf(slot, marketplace, 'refresh');
  const reached = turn.cursor.sweepId === sweepId ? turn.cursor.position : null;
  const first = reached === null ? 0 : reached + 1;
  const jobs = Array.from({ length: Math.ceil(references.length / size) }, (_, i) =>
    jobOf(marketplace, sweepId, first + i, references.slice(i * size, (i + 1) * size)),
  );
  // Takes the numbers before anything bears them, so that another run of this slot cannot give them out again.
  await turn.move({ sweepId, sweepStartedAt: new Date(slot), position: first + jobs.length - 1 });
  await turn.openSweep(sweepId);
  const entries = [];
  for (const job of jobs) {
    const entry = { marketplace, job, references: job.references, dueAt: new Date(slot), reason: outbox };
    entries.push({ id: await parked.park(entry), job });
  }
  await parked.remove(marketplace, sources);
  return await sendOutbox(turn, entries);
}

async function sendOutbox(turn: Turn, entries: readonly { id: string; job: Job }[]): Promise<boolean> {
  const ids = new Map(entries.map(({ id, job }) => [nameOf(job), id]));
  const jobs = entries.map(({ job }) => job);
  return await turn.enqueue(jobs, async (prefix) => {
    await turn.ports.parked.remove(
      turn.marketplace,
      prefix.map((job) => ids.get(nameOf(job)) ?? ''),
    );
  });
}

function nameOf({ sweepId, jobNumber }: Job): string {
  return `${sweepId} ${jobNumber}`;
}

function jobOf(marketplace: string, sweepId: string, jobNumber: number, references: Reference[]): Job {
  return { v: 1, marketplace, sweepId, jobNumber, slot: slotOf(sweepId), references };
}

/**
 * Whole entries, oldest first, while their references fit; each reference once, without those in `sent`. The first entry
 * always fits.
 */
function upTo(
  entries: readonly Parked[],
  limit: number,
  sent: ReadonlySet<string>,
): { ids: string[]; references: Reference[] } {
  const ids: string[] = [];
  const references = new Map<string, Reference>();
  if (limit <= 0) return { ids, references: [] };
  for (const entry of entries) {
    if (ids.length > 0 && references.size + entry.references.length > limit) break;
    ids.push(entry.id);
    for (const found of entry.references)
      if (!sent.has(referenceKey(found))) references.set(referenceKey(found), found);
  }
  return { ids, references: [...references.values()] };
}
