import type { VisitsMessage } from '../contract/messages.ts';
import { metric } from '../contract/metrics.ts';
import type { VisitStore } from './ports/database.ts';
import type { Ledger } from './ports/ledger.ts';
import type { Log, Metrics } from './ports/runtime.ts';

/**
 * The store stage: commit, then say so in the ledger. Throws, with nothing committed of at least one visit, when the
 * messages must be delivered again. A ledger that cannot be written fails nothing: the rows are safe, and the audit finds
 * the references that seem to be in flight.
 */
export async function storeVisits(
  messages: readonly VisitsMessage[],
  { store, ledger, log, metrics }: { store: VisitStore; ledger: Ledger; log: Log; metrics: Metrics },
): Promise<void> {
  const { outcomes, counts } = await store.store(messages);
  metrics.count(metric.visitsStored, counts.stored);
  metrics.count(metric.visitsUnchanged, counts.unchanged);
  metrics.count(metric.pricePointsAdded, counts.pricePointsAdded);
  metrics.count(metric.observationsLate, counts.late);
  metrics.count(metric.observationTies, counts.ties);
  metrics.count(metric.currencyChanges, counts.currencyChanges);
  metrics.count(metric.priceJumps, counts.priceJumps);
  metrics.count(metric.rowsQuarantined, counts.rowsQuarantined);
  metrics.count(metric.transactionRetries, counts.transactionRetries);
  const written = await Promise.allSettled(
    messages.map(async ({ sweepId, jobNumber, imported }, index) => {
      const outcome = outcomes[index];
      if (!imported && outcome !== undefined && outcome.size > 0)
        await ledger.recordOutcomes({ sweepId, jobNumber }, outcome);
    }),
  );
  for (const [index, result] of written.entries()) {
    if (result.status === 'fulfilled') continue;
    metrics.count(metric.ledgerWriteFailed, 1);
    log.error('stored, but the ledger could not be told', {
      sweepId: messages[index]?.sweepId,
      jobNumber: messages[index]?.jobNumber,
      detail: String(result.reason),
    });
  }
}
