import { setTimeout as pause } from 'node:timers/promises';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { createDynamoDb, createS3 } from './adapters/clients.ts';
import { systemClock } from './adapters/clock.ts';
import { DynamoLedger } from './adapters/dynamodb/ledger.ts';
import { readEnv } from './adapters/env.ts';
import { isLastReceive } from './adapters/events/record.ts';
import { proxyConnection } from './adapters/postgres/connect.ts';
import { Database } from './adapters/postgres/database.ts';
import { PostgresVisitStore } from './adapters/postgres/visit-store.ts';
import { S3Quarantine } from './adapters/s3/quarantine.ts';
import { createLog, createMetrics } from './adapters/telemetry.ts';
import { storeEnv } from './contract/env.ts';
import { type VisitsMessage, visitsMessageSchema } from './contract/messages.ts';
import { metric } from './contract/metrics.ts';
import { accountDeadLetter } from './core/dead-letters.ts';
import { PoisonMessage } from './core/model/errors.ts';
import { storeVisits } from './core/store.ts';

const env = readEnv(storeEnv);
const log = createLog('store');
const metrics = createMetrics('store', { domain: env.DOMAIN });
const store = new PostgresVisitStore({
  database: new Database(proxyConnection(env, 20_000)),
  schema: env.STORAGE_SCHEMA,
  quarantine: new S3Quarantine(createS3(env.ENDPOINTS), env.QUARANTINE_BUCKET),
  clock: systemClock,
  log,
  pause: async (ms) => await pause(ms),
});
const ledger = new DynamoLedger(createDynamoDb(env.ENDPOINTS), env.COORDINATION_TABLE);

/** Stores a batch of visits messages in one transaction. What cannot be stored comes back as a batch item failure. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const failed: string[] = [];
  const decoded = new Map<string, VisitsMessage>();
  try {
    for (const record of event.Records) {
      try {
        decoded.set(record.messageId, decode(record));
      } catch (error) {
        failed.push(record.messageId);
        metrics.count(metric.messagesUndecodable, 1);
        log.error('message cannot be decoded', { messageId: record.messageId, detail: String(error) });
      }
    }
    if (decoded.size > 0) {
      await storeVisits([...decoded.values()], { store, ledger, log, metrics }).catch((error: unknown) => {
        failed.push(...decoded.keys());
        metrics.count(metric.storeFailures, 1);
        log.error('batch not stored', { messages: decoded.size, detail: String(error) });
      });
    }
    await accountDeadLetters(event, failed, decoded);
  } finally {
    metrics.flush();
  }
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

/** What fails for the last time goes to the dead-letter queue: its references are entered as that. */
async function accountDeadLetters(
  { Records }: SQSEvent,
  failed: readonly string[],
  decoded: ReadonlyMap<string, VisitsMessage>,
): Promise<void> {
  for (const record of Records) {
    const message = decoded.get(record.messageId);
    if (!message || !failed.includes(record.messageId) || !isLastReceive(record, env.MAX_RECEIVES)) continue;
    const indexes = new Set(message.visits.map(({ index }) => index));
    await accountDeadLetter(message, indexes, { ledger, log, metrics });
  }
}

/** Throws PoisonMessage with the places that do not fit, never with what stands there. */
function decode(record: SQSRecord): VisitsMessage {
  let body: unknown;
  try {
    body = JSON.parse(record.body);
  } catch {
    throw new PoisonMessage('the body is not JSON');
  }
  const result = visitsMessageSchema.safeParse(body);
  if (result.success) return result.data;
  const faults = result.error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || 'message'}: ${issue.message}`);
  throw new PoisonMessage(faults.join('; '));
}
