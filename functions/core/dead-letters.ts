import type { Job } from '../contract/messages.ts';
import { metric } from '../contract/metrics.ts';
import type { Ledger } from './ports/ledger.ts';
import type { Log, Metrics } from './ports/runtime.ts';

/**
 * Enters references whose message has failed for the last time. What is known of them already stands, and a redrive
 * overwrites the entry with what becomes of them. Never throws: the message fails in any case, and whoever dies before the
 * entry leaves references without an outcome, which is what a gap is.
 */
export async function accountDeadLetter(
  { sweepId, jobNumber }: Pick<Job, 'sweepId' | 'jobNumber'>,
  indexes: Iterable<number>,
  { ledger, log, metrics }: { ledger: Pick<Ledger, 'recordOutcomes'>; log: Log; metrics: Metrics },
): Promise<void> {
  const outcomes = new Map([...indexes].map((index) => [index, 'dead-lettered' as const]));
  if (outcomes.size === 0) return;
  try {
    await ledger.recordOutcomes({ sweepId, jobNumber }, outcomes);
    metrics.count(metric.referencesDeadLettered, outcomes.size);
    log.error('Dead-lettered', { sweepId, jobNumber, references: outcomes.size });
  } catch (error) {
    metrics.count(metric.ledgerWriteFailed, 1);
    log.error('Ledger write failed', { sweepId, jobNumber, error });
  }
}
