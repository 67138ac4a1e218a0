import type { SpilledVisits } from '../contract/messages.ts';
import { PoisonMessage } from './model/errors.ts';
import type { SpilledObjects, VisitsQueue } from './ports/queues.ts';
import type { Clock, Log } from './ports/runtime.ts';

/** Keys that one run holds: what it can send in a minute, several times over. */
const KEYS_PER_RUN = 5_000;
/**
 * The queue is taken for unreachable after this many objects in a row that it did not take. Not after one: an object that it
 * will never take (a visit larger than SQS allows) must not hold up the others.
 */
const FAILURES_IN_A_ROW = 3;

export interface SpillRun {
  /** Objects that are waiting after the run, and the age of the oldest in milliseconds (0 without any). */
  waiting: number;
  oldestAgeMs: number;
  replayed: number;
  /** Why the run ended before the last object; null when it did not. */
  stopped: string | null;
}

/**
 * Sends what a storage domain has spilled to its snapshots queue, oldest first, and deletes each object once the queue has
 * accepted all of it. Dying in between, or a second run at the same time, sends an object twice, which changes nothing.
 */
export async function replaySpill(
  domain: string,
  { spilled, visits, clock, log }: { spilled: SpilledObjects; visits: VisitsQueue; clock: Clock; log: Log },
  { mayGoOn, sendMs }: { mayGoOn: () => boolean; sendMs: number },
): Promise<SpillRun> {
  const { oldest, count } = await spilled.list(domain, KEYS_PER_RUN);
  const left = new Map(oldest.map(({ key, at }) => [key, at]));
  let replayed = 0;
  let failures = 0;
  let stopped: string | null = null;
  for (const { key } of oldest) {
    if (!mayGoOn()) {
      stopped = 'out of time';
      break;
    }
    const refusal = await replayOne(key, { spilled, visits }, sendMs);
    if (refusal === null) {
      left.delete(key);
      replayed += 1;
      failures = 0;
      continue;
    }
    log.warn('Spilled visits not replayed', { domain, key, detail: refusal.detail });
    if (refusal.ofQueue) failures += 1;
    if (failures === FAILURES_IN_A_ROW) {
      stopped = refusal.detail;
      break;
    }
  }
  if (replayed > 0) log.info('Spilled visits replayed', { domain, replayed, stopped });
  const [next] = left.values();
  return {
    waiting: count - replayed,
    oldestAgeMs: next === undefined ? 0 : Math.max(0, clock.now().getTime() - next.getTime()),
    replayed,
    stopped,
  };
}

/** Null when the object is gone from the spill because the queue has it. */
async function replayOne(
  key: string,
  { spilled, visits }: { spilled: SpilledObjects; visits: VisitsQueue },
  sendMs: number,
): Promise<{ detail: string; ofQueue: boolean } | null> {
  let object: SpilledVisits | null;
  try {
    object = await spilled.get(key);
  } catch (error) {
    if (!(error instanceof PoisonMessage)) throw error;
    // It stays where it is, for a person to look at: spill-old reports it.
    return { detail: error.message, ofQueue: false };
  }
  for (const message of object?.messages ?? []) {
    try {
      const { refused } = await visits.send(message, sendMs);
      if (refused[0]) return { detail: refused[0].detail, ofQueue: true };
    } catch (error) {
      return { detail: String(error), ofQueue: true };
    }
  }
  if (object !== null) await spilled.remove(key);
  return null;
}
