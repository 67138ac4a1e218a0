import type { Plan } from '../contract/env.ts';
import type { Job } from '../contract/messages.ts';
import type { Turn } from './dispatch-turn.ts';
import type { Reference } from './model/reference.ts';
import { slotOf, sweepIdOf } from './model/sweep.ts';

export interface SweepRange {
  kind: Reference['kind'];
  first: number;
  last: number;
  /** Least time between the starts of two sweeps. */
  everyMs: number;
  /** Ids past the last find that must be nothing before the sweep ends; 0: it ends with the range. */
  beyond: number;
}

/** A job never holds more references (contract/env.ts): how far before an id its job may begin. */
const MOST_PER_JOB = 500;

/**
 * Dispatches the next window of the range, of what lies beyond it, or the first one of a new sweep. `room` is how many messages
 * the queue may take. Returns what came of the slot.
 */
export async function dispatchSweep(
  turn: Turn,
  plan: Pick<Plan, 'referencesPerJob' | 'window'>,
  range: SweepRange,
  room: number,
): Promise<'dispatched' | 'waiting'> {
  const { cursor } = turn;
  const reached = cursor.position !== null && cursor.position >= range.last;
  const ageMs = Date.parse(turn.slot) - (cursor.sweepStartedAt?.getTime() ?? 0);
  let last = range.last;
  if (reached && ageMs < range.everyMs) {
    const end = await endOf(turn, range);
    if (end === null || end <= (cursor.position ?? 0)) {
      // Nothing is left to be planned, unless the last answers show that there is more.
      if (end !== null && range.beyond > 0 && cursor.sweepId !== null)
        await turn.sweepPlanned(cursor.sweepId);
      await turn.end({ whole: true });
      return 'waiting';
    }
    last = end;
  } else if (cursor.sweepId === null || reached) {
    // Answers that have not come by now are waited for no longer. A sweep of long ago is not in the books any more.
    if (cursor.sweepId !== null && range.beyond > 0 && ageMs < 2 * range.everyMs)
      await turn.sweepPlanned(cursor.sweepId);
    // Named before anything of it exists: a run that dies after this continues this sweep instead of starting another.
    await turn.move({
      sweepId: sweepIdOf(turn.slot, turn.marketplace, 'sweep'),
      sweepStartedAt: new Date(turn.slot),
      position: null,
    });
  }
  const { sweepId, sweepStartedAt, position } = turn.cursor;
  if (sweepId === null) throw new Error('The cursor has no sweep although one was just named.');
  // Always: the run that named the sweep may have died before this, and its cursor may have been moved on by a repair.
  await turn.openSweep(sweepId);

  const next = Math.max(range.first, (position ?? 0) + 1);
  const count = Math.min(room, Math.max(1, Math.floor(plan.window / plan.referencesPerJob)));
  const { kind } = range;
  const jobs = jobsFrom(turn.marketplace, sweepId, { kind, last }, next, plan.referencesPerJob, count);
  const whole = await turn.enqueue(jobs, async (prefix) => {
    const job = prefix.at(-1);
    if (!job) return;
    const to = job.jobNumber + job.references.length - 1;
    if (to >= range.last && range.beyond === 0) await turn.sweepPlanned(sweepId);
    await turn.move({ sweepId, sweepStartedAt, position: to });
  });
  await turn.end({ whole });
  return 'dispatched';
}

/**
 * The last id that the sweep is to ask for, as far as its answers tell: `beyond` past its last find, the range's end at least.
 * Null while they have not all come. Reads the books of no more than the ids in question.
 */
async function endOf(turn: Turn, range: SweepRange): Promise<number | null> {
  const { sweepId, position } = turn.cursor;
  if (range.beyond === 0 || sweepId === null || position === null) return range.last;
  const { marketplace, ports } = turn;
  const after = position - range.beyond;
  let end = range.last;
  const jobs = ports.ledger.jobs({ marketplace, sweepId }, Math.max(0, after - MOST_PER_JOB));
  for await (const { jobNumber, outcomes } of jobs)
    for (const [index, outcome] of outcomes.entries()) {
      const id = jobNumber + index;
      // What the cursor is not past may have been planned by a run that died, and never sent.
      if (id <= after || id > position) continue;
      if (outcome === null || outcome === 'missing' || outcome === 'lost') return null;
      if (outcome === 'stored' || outcome === 'unchanged') end = Math.max(end, id + range.beyond);
    }
  return end;
}

/**
 * At most `count` jobs from the id `next` on. A job's number is the first id in it: unique in the sweep whatever the job
 * size was when it began, and the same whenever the same window is planned again. Only the range's end makes a short job.
 */
export function jobsFrom(
  marketplace: string,
  sweepId: string,
  { kind, last }: Pick<SweepRange, 'kind' | 'last'>,
  next: number,
  size: number,
  count: number,
): Job[] {
  const jobs: Job[] = [];
  const slot = slotOf(sweepId);
  for (let first = next; first <= last && jobs.length < count; first += size) {
    const length = Math.min(size, last - first + 1);
    const references = Array.from({ length }, (_, i): Reference => ({ kind, externalId: String(first + i) }));
    jobs.push({ v: 1, marketplace, sweepId, jobNumber: first, slot, references });
  }
  return jobs;
}
