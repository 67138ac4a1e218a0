import type { Plan } from '../contract/env.ts';
import type { Job } from '../contract/messages.ts';
import type { Turn } from './dispatch-turn.ts';
import type { Reference } from './model/reference.ts';
import { slotOf, sweepIdOf } from './model/sweep.ts';

/**
 * Dispatches the listings that discovery begins with, as a sweep of its own; what they lead to is recorded by the store and
 * handed out by `due`. `room` is how many messages the queue may take: what does not fit, or is left behind by a run that
 * died, follows in the next slot under the same sweep.
 */
export async function dispatchDiscover(
  turn: Turn,
  plan: Pick<Plan, 'referencesPerJob'>,
  seeds: readonly Reference[],
  room: number,
): Promise<'dispatched'> {
  if (turn.cursor.sweepId === null) {
    // Named before anything of it exists: a run that dies after this continues this sweep instead of starting another.
    await turn.move({
      sweepId: sweepIdOf(turn.slot, turn.marketplace, 'discover'),
      sweepStartedAt: new Date(turn.slot),
      position: null,
    });
  }
  const { sweepId, sweepStartedAt, position } = turn.cursor;
  if (sweepId === null) throw new Error('The cursor has no sweep although one was just named.');
  if (position === null) await turn.openSweep(sweepId);

  const jobs = jobsOf(turn.marketplace, sweepId, seeds, plan.referencesPerJob);
  const left = jobs.filter(({ jobNumber }) => jobNumber > (position ?? -1));
  const now = left.slice(0, room);
  const whole = await turn.enqueue(now, async (prefix) => {
    const last = prefix.at(-1);
    if (last) await turn.move({ sweepId, sweepStartedAt, position: last.jobNumber });
  });
  const sweepOver = whole && now.length === left.length;
  if (sweepOver) await turn.sweepPlanned(sweepId);
  await turn.end({ whole, sweepOver });
  return 'dispatched';
}

/** A job's number is the place of its first seed: the same whenever the same seeds are planned again. */
function jobsOf(marketplace: string, sweepId: string, seeds: readonly Reference[], size: number): Job[] {
  return Array.from({ length: Math.ceil(seeds.length / size) }, (_, i) => ({
    v: 1,
    marketplace,
    sweepId,
    jobNumber: i * size,
    slot: slotOf(sweepId),
    references: seeds.slice(i * size, (i + 1) * size),
  }));
}
