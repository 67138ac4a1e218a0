import type { VisitsMessage } from '../contract/messages.ts';
import { RetryLater } from './model/errors.ts';
import type { Spill, VisitsQueue } from './ports/queues.ts';
import type { Clock, Log } from './ports/runtime.ts';
import type { TimeBudget } from './scrape-limits.ts';

/**
 * Hands visits over: to the snapshots queue, and what that does not take to the spill bucket. Resolves with the number of
 * visits that were spilled once everything is durable in one of the two; nothing need be fetched again then. Throws
 * RetryLater only when both failed. What was spilled although the queue had taken it (an answer that got lost) is stored twice,
 * which changes nothing.
 */
export async function handOver(
  message: VisitsMessage,
  { visits, spill, clock, log }: { visits: VisitsQueue; spill: Spill; clock: Clock; log: Log },
  budget: TimeBudget,
): Promise<number> {
  const left = await refusedOf(message, visits, budget);
  if (left === null) return 0;
  const { messages, detail } = left;
  const spilled = messages.reduce((sum, part) => sum + part.visits.length, 0);
  const { sweepId, jobNumber } = message;
  try {
    const key = await spill.put({ at: clock.now(), detail, messages }, budget.spillMs());
    log.warn('Visits spilled', { sweepId, jobNumber, visits: spilled, key, detail });
    return spilled;
  } catch (cause) {
    throw new RetryLater(
      `Neither the snapshots queue (${detail}) nor the spill bucket (${String(cause)}) took the visits.`,
      { cause },
    );
  }
}

/** What the queue did not take, and why; null when it took everything. */
async function refusedOf(
  message: VisitsMessage,
  visits: VisitsQueue,
  budget: TimeBudget,
): Promise<{ messages: VisitsMessage[]; detail: string } | null> {
  try {
    const { refused } = await visits.send(message, budget.sendMs());
    const [first] = refused;
    if (!first) return null;
    return { messages: refused.map((part) => part.message), detail: first.detail };
  } catch (error) {
    return { messages: [message], detail: String(error) };
  }
}
