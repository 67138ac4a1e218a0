import { createDynamoDb } from './adapters/clients.ts';
import { systemClock } from './adapters/clock.ts';
import { DynamoClearances } from './adapters/dynamodb/clearances.ts';
import { DynamoLedger } from './adapters/dynamodb/ledger.ts';
import { DynamoMeasurements } from './adapters/dynamodb/measurements.ts';
import { DynamoRounds } from './adapters/dynamodb/rounds.ts';
import { readEnv } from './adapters/env.ts';
import { PostgresAudit } from './adapters/postgres/audit.ts';
import { proxyConnection } from './adapters/postgres/connect.ts';
import { Database } from './adapters/postgres/database.ts';
import { PostgresStoredReferences } from './adapters/postgres/stored-references.ts';
import { createLog, createMetrics } from './adapters/telemetry.ts';
import { auditEnv } from './contract/env.ts';
import { metric } from './contract/metrics.ts';
import { overdueReferences } from './core/audit.ts';
import { reconcile } from './core/reconcile.ts';

const env = readEnv(auditEnv);
const log = createLog('audit');
const domainMetrics = createMetrics('audit', { domain: env.DOMAIN });
const byMarketplace = env.MARKETPLACES.map((marketplace) => ({
  marketplace,
  metrics: createMetrics('audit', { marketplace }),
}));
const database = new Database(proxyConnection(env, 50_000));
const audit = new PostgresAudit(database);
const dynamoDb = createDynamoDb(env.ENDPOINTS);
const ledger = new DynamoLedger(dynamoDb, env.COORDINATION_TABLE);
const measurements = new DynamoMeasurements(dynamoDb, env.COORDINATION_TABLE);
const ports = {
  ledger,
  stored: new PostgresStoredReferences(database),
  rounds: new DynamoRounds(dynamoDb, env.COORDINATION_TABLE),
  clearances: new DynamoClearances(dynamoDb, env.COORDINATION_TABLE),
  clock: systemClock,
  log,
};
/** Some two seconds of lookups a run; a sweep of 3 million references is compared in half a day. */
const REFERENCES_PER_RUN = 20_000;
const settings = {
  most: REFERENCES_PER_RUN,
  silenceMs: 15 * 60_000 * env.TIME_SCALE,
  skewMs: 60_000 * env.TIME_SCALE,
};

/**
 * Measures what the data and the books themselves say of one storage domain. The heartbeat comes last: its absence
 * alarms, so an audit that fails half way is seen.
 */
export async function handler(): Promise<void> {
  const now = systemClock.now();
  try {
    const freshness = await audit.freshness(env.MARKETPLACES, now);
    const changes = await audit.priceChangesLastDay(now);
    for (const { marketplace, metrics } of byMarketplace) {
      const fresh = freshness.get(marketplace);
      // Nothing stored yet is no age: the alarms on missing data speak for it.
      if (fresh?.newestObservationAgeSeconds != null)
        metrics.gauge(metric.newestObservationAgeSeconds, fresh.newestObservationAgeSeconds);
      if (fresh?.oldestConfirmationAgeSeconds != null)
        metrics.gauge(metric.oldestConfirmationSeconds, fresh.oldestConfirmationAgeSeconds);
      if (fresh?.p95ConfirmationAgeSeconds != null)
        metrics.gauge(metric.p95ConfirmationSeconds, fresh.p95ConfirmationAgeSeconds);
      metrics.gauge(metric.priceChangesLastDay, changes.get(marketplace) ?? 0);
      metrics.gauge(metric.confirmedLastDay, fresh?.confirmedLastDay ?? 0);
      const ago = (seconds: number | null | undefined) =>
        seconds == null ? null : new Date(now.getTime() - seconds * 1000);
      await measurements.record(marketplace, {
        measuredAt: now,
        newestObservationAt: ago(fresh?.newestObservationAgeSeconds),
        oldestConfirmationAt: ago(fresh?.oldestConfirmationAgeSeconds),
        confirmedLastDay: fresh?.confirmedLastDay ?? 0,
      });
      const { lostInRound } = await reconcile({ ...ports, metrics }, settings, marketplace);
      const overdue = await overdueReferences(ledger, marketplace, now);
      metrics.gauge(metric.booksUnbalanced, overdue.references + lostInRound);
      if (overdue.references > 0) log.error('the books do not balance', { marketplace, ...overdue });
    }
    const duplicates = await audit.duplicateRows(now);
    domainMetrics.gauge(metric.duplicateRows, duplicates);
    if (duplicates > 0) log.error('duplicate rows', { duplicates });
    const partitionsMissing = await audit.partitionsMissing(now);
    domainMetrics.gauge(metric.partitionsMissing, partitionsMissing);
    if (partitionsMissing > 0) log.error('months without a partition', { partitionsMissing });
    domainMetrics.gauge(metric.connectionsUsedPercent, await audit.connectionsUsedPercent());
    domainMetrics.count(metric.heartbeat, 1);
  } finally {
    domainMetrics.flush();
    for (const { metrics } of byMarketplace) metrics.flush();
  }
}
