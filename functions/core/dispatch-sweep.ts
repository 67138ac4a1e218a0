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
}

/**
 * Dispatches the next window of the range, or the first one of a new sweep. `room` is how many messages the queue may
 * take. Returns what came of the slot.
 */
export async function dispatchSweep(
  turn: Turn,
  plan: Pick<Plan, 'referencesPerJob' | 'window'>,
  range: SweepRange,
  room: number,
): Promise<'dispatched' | 'waiting'> {
  const { cursor } = turn;
  const ended = cursor.position !== null && cursor.position >= range.last;
  const startedAt = cursor.sweepStartedAt?.getTime() ?? 0;
  if (ended && Date.parse(turn.slot) - startedAt < range.everyMs) {
    await turn.end({ whole: true });
    return 'waiting';
  }
  if (cursor.sweepId === null || ended) {
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
  const jobs = jobsFrom(turn.marketplace, sweepId, range, next, plan.referencesPerJob, count);
  const whole = await turn.enqueue(jobs, async (prefix) => {
    const last = prefix.at(-1);
    if (!last) return;
    const reached = last.jobNumber + last.references.length - 1;
    if (reached >= range.last) await turn.sweepPlanned(sweepId);
    await turn.move({ sweepId, sweepStartedAt, position: reached });
  });
  await turn.end({ whole });
  return 'dispatched';
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
