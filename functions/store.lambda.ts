import { setTimeout as pause } from 'node:timers/promises';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { createDynamoDb, createHastyDynamoDb, createS3 } from './adapters/clients.ts';
import { systemClock } from './adapters/clock.ts';
import { DynamoBreakers } from './adapters/dynamodb/breakers.ts';
import { DynamoFailureNotes } from './adapters/dynamodb/failure-notes.ts';
import { DynamoLedger } from './adapters/dynamodb/ledger.ts';
import { readEnv } from './adapters/env.ts';
import { isLastReceive, messageOf } from './adapters/events/record.ts';
import { collectLessOften } from './adapters/heap.ts';
import { proxyConnection } from './adapters/postgres/connect.ts';
import { Database } from './adapters/postgres/database.ts';
import { PostgresVisitStore } from './adapters/postgres/visit-store.ts';
import { probeByWriting } from './adapters/postgres/write-probe.ts';
import { S3Quarantine } from './adapters/s3/quarantine.ts';
import { createLog, createMetrics } from './adapters/telemetry.ts';
import { storeEnv } from './contract/env.ts';
import {
  type StoreProbe,
  type StoreProbed,
  type VisitsMessage,
  visitsMessageSchema,
} from './contract/messages.ts';
import { metric } from './contract/metrics.ts';
import { Admission } from './core/breaker/admission.ts';
import { breakerSettings } from './core/breaker/settings.ts';
import { accountDeadLetter } from './core/dead-letters.ts';
import { within } from './core/deadline.ts';
import { noteFailure } from './core/failure-note.ts';
import { newBreaker } from './core/model/breaker.ts';
import { DatabaseSilent, PoisonMessage, RetryLater } from './core/model/errors.ts';
import { storeVisits } from './core/store.ts';
import { createStoreBatch, RESERVE_SHARE } from './core/store-batch.ts';
import { Watched } from './core/watched.ts';

collectLessOften();
const env = readEnv(storeEnv);
const log = createLog('store');
const metrics = createMetrics('store', { domain: env.DOMAIN });
/** As its logs and its dead letters name it. */
const functionName = `narx-${env.STAGE}-store-${env.DOMAIN}`;
const dynamoDb = createDynamoDb(env.ENDPOINTS);
const ledger = new DynamoLedger(dynamoDb, env.COORDINATION_TABLE);
const notes = new DynamoFailureNotes(dynamoDb, env.COORDINATION_TABLE);
const quarantine = new S3Quarantine(createS3(env.ENDPOINTS), env.QUARANTINE_BUCKET);
/** How old this worker's view of the breaker may be. Scaled, but not so far that every batch reads it. */
const freshMs = Math.max(5_000 * env.TIME_SCALE, 200);
const breaker = new Watched(
  new DynamoBreakers(createHastyDynamoDb(env.ENDPOINTS), env.COORDINATION_TABLE),
  env.DOMAIN,
  newBreaker(),
  { clock: systemClock, log },
  freshMs,
);
/** How often a batch that waits for the breaker looks again. */
const pollMs = Math.max(1_000 * env.TIME_SCALE, 100);
const admission = new Admission(
  { breaker, clock: systemClock, log, sleep: pause },
  breakerSettings(env.BREAKER, env.TIME_SCALE),
  pollMs,
);
let database = openDatabase();
const storeBatch = createStoreBatch(
  {
    store: (messages, withinMs) =>
      within(withinMs, storeVisits(messages, { store: visitStore(), ledger, log, metrics }), abandonDatabase),
    admission,
    clock: systemClock,
    pause,
    log,
    metrics,
  },
  { failures: env.BREAKER.failures, retryMs: 2 * pollMs },
);

/**
 * Stores a batch of visits messages in one transaction; what cannot be stored comes back as a batch item failure. Or, asked
 * by the gatekeeper, tries whether the database can be written to.
 */
export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse>;
export async function handler(event: StoreProbe, context: Context): Promise<StoreProbed>;
export async function handler(
  event: SQSEvent | StoreProbe,
  context: Context,
): Promise<SQSBatchResponse | StoreProbed> {
  const remainingMs = () => context.getRemainingTimeInMillis();
  if ('probe' in event) return await probe(remainingMs);
  const failed = new Map<string, unknown>();
  const decoded = new Map<string, VisitsMessage>();
  try {
    for (const record of event.Records) {
      try {
        decoded.set(record.messageId, decode(record));
      } catch (error) {
        failed.set(record.messageId, error);
        metrics.count(metric.messagesUndecodable, 1);
        log.error('message cannot be decoded', { messageId: record.messageId, detail: String(error) });
      }
    }
    if (decoded.size > 0) {
      const failure = await storeBatch([...decoded.values()], context.awsRequestId, remainingMs);
      if (failure !== null) {
        for (const messageId of decoded.keys()) failed.set(messageId, failure);
        const receives = event.Records.map(({ attributes }) => Number(attributes.ApproximateReceiveCount));
        log.warn('messages returned to the queue', {
          jobs: [...decoded.values()].map(({ sweepId, jobNumber }) => `${sweepId} #${jobNumber}`),
          receives: Math.max(...receives),
        });
      }
    }
    await noteFailures(event, failed);
    await accountDeadLetters(event, failed, decoded);
  } finally {
    metrics.flush();
  }
  return { batchItemFailures: [...failed.keys()].map((itemIdentifier) => ({ itemIdentifier })) };
}

/** What fails for the last time goes to the dead-letter queue: its references are entered as that. */
async function accountDeadLetters(
  { Records }: SQSEvent,
  failed: ReadonlyMap<string, unknown>,
  decoded: ReadonlyMap<string, VisitsMessage>,
): Promise<void> {
  for (const record of Records) {
    const message = decoded.get(record.messageId);
    if (
      !message ||
      message.imported ||
      !failed.has(record.messageId) ||
      !isLastReceive(record, env.MAX_RECEIVES)
    )
      continue;
    const indexes = new Set(message.visits.map(({ index }) => index));
    await accountDeadLetter(message, indexes, { ledger, log, metrics });
  }
}

async function noteFailures({ Records }: SQSEvent, failed: ReadonlyMap<string, unknown>): Promise<void> {
  const ports = { notes, clock: systemClock, log };
  await Promise.all(
    Records.filter(({ messageId }) => failed.has(messageId)).map((record) =>
      noteFailure(messageOf(record), failed.get(record.messageId), functionName, ports),
    ),
  );
}

async function probe(remainingMs: () => number): Promise<StoreProbed> {
  try {
    await within(remainingMs() * (1 - RESERVE_SHARE), probeByWriting(database), abandonDatabase);
    return { failure: null };
  } catch (error) {
    return { failure: String(error).slice(0, 300) };
  }
}

/** On the connection of now. */
function visitStore(): PostgresVisitStore {
  return new PostgresVisitStore({
    database,
    schema: env.STORAGE_SCHEMA,
    quarantine,
    clock: systemClock,
    log,
    pause: async (ms) => await pause(ms),
  });
}

function openDatabase(): Database {
  return new Database(proxyConnection(env, 20_000));
}

/** For a server that does not answer in time: what is under way there must not go on in the next invocation. */
function abandonDatabase(): Error {
  const silent = database.abandon();
  database = openDatabase();
  return silent
    ? new DatabaseSilent('the database did not answer in time')
    : new RetryLater('time ran out before the batch was stored');
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
