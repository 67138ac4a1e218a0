import { setTimeout as sleep } from 'node:timers/promises';
import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { createDynamoDb, createS3, createSecrets, createSqs } from './adapters/clients.ts';
import { systemClock } from './adapters/clock.ts';
import { DynamoFailureNotes } from './adapters/dynamodb/failure-notes.ts';
import { DynamoGates } from './adapters/dynamodb/gates.ts';
import { DynamoLedger } from './adapters/dynamodb/ledger.ts';
import { DynamoPaces } from './adapters/dynamodb/paces.ts';
import { DynamoParkedReferences } from './adapters/dynamodb/parked.ts';
import { readEnv } from './adapters/env.ts';
import { decodeRecord, isLastReceive, messageOf } from './adapters/events/record.ts';
import { collectLessOften } from './adapters/heap.ts';
import { UndiciFetcher } from './adapters/http/fetcher.ts';
import { loadProxies } from './adapters/proxies.ts';
import { S3Quarantine } from './adapters/s3/quarantine.ts';
import { S3RawPages } from './adapters/s3/raw-pages.ts';
import { S3Spill } from './adapters/s3/spill.ts';
import { SqsVisitsQueue } from './adapters/sqs/visits-queue.ts';
import { createLog, createMetrics } from './adapters/telemetry.ts';
import { scrapeEnv } from './contract/env.ts';
import { type Job, jobSchema, type ProbeRequest, type ProbeResult } from './contract/messages.ts';
import { approach } from './core/approach.ts';
import { accountDeadLetter } from './core/dead-letters.ts';
import { noteFailure } from './core/failure-note.ts';
import type { Marketplace } from './core/marketplace.ts';
import { ConfigurationError } from './core/model/errors.ts';
import { probe } from './core/probe.ts';
import { createScrape } from './core/scrape.ts';
import { timeBudget } from './core/scrape-limits.ts';
import { findMarketplace } from './marketplaces/index.ts';

collectLessOften();
const env = readEnv(scrapeEnv);
const marketplace = theMarketplace(env.MARKETPLACE);
const log = createLog('scrape');
const metrics = createMetrics('scrape', { marketplace: env.MARKETPLACE });
const s3 = createS3(env.ENDPOINTS);
const dynamoDb = createDynamoDb(env.ENDPOINTS);
const ledger = new DynamoLedger(dynamoDb, env.COORDINATION_TABLE);

const proxies = await loadProxies(env.ENDPOINTS, env.MARKETPLACE, env.PROXY_SECRET, createSecrets);
const visitor = approach(
  marketplace,
  {
    fetcher: new UndiciFetcher({
      hosts: marketplace.manifest.hosts,
      origins: env.ENDPOINTS === 'aws' ? {} : env.ENDPOINTS.origins,
      proxies,
      connections: env.CONNECTIONS,
      requestTimeoutMs: env.REQUEST_TIMEOUT_MS,
      maxBodyBytes: marketplace.manifest.maxBodyBytes,
      userAgent: env.USER_AGENT,
      clock: systemClock,
    }),
    gates: new DynamoGates(dynamoDb, env.COORDINATION_TABLE),
    paces: new DynamoPaces(dynamoDb, env.COORDINATION_TABLE, env.RATE.initialPerSecond),
    clock: systemClock,
    log,
    sleep,
  },
  {
    proxies: [...proxies.keys()],
    gate: env.GATE,
    rate: env.RATE,
    robotsOverrides: env.ROBOTS_OVERRIDES,
    timeScale: env.TIME_SCALE,
  },
);
const scrape = createScrape(
  {
    marketplace,
    visitor,
    quarantine: new S3Quarantine(s3, env.QUARANTINE_BUCKET),
    raw: env.RAW_BUCKET === 'none' ? null : new S3RawPages(s3, env.RAW_BUCKET),
    parked: new DynamoParkedReferences(dynamoDb, env.COORDINATION_TABLE),
    visits: new SqsVisitsQueue(createSqs(env.ENDPOINTS), env.SNAPSHOTS_QUEUE_URL),
    spill: new S3Spill(s3, env.SPILL_BUCKET, env.DOMAIN),
    ledger,
    clock: systemClock,
    log,
    metrics,
  },
  { connections: env.CONNECTIONS, timeScale: env.TIME_SCALE, random: Math.random },
);
/** As its logs and its dead letters name it. */
const functionName = `narx-${env.STAGE}-scrape-${env.MARKETPLACE}`;
const notes = new DynamoFailureNotes(dynamoDb, env.COORDINATION_TABLE);
const processor = new BatchProcessor(EventType.SQS);

/**
 * Called by the event source mapping: jobs that must come again are the batch's item failures. Or by the gatekeeper, with
 * one reference to visit past a closed gate.
 */
export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse>;
export async function handler(event: ProbeRequest, context: Context): Promise<ProbeResult>;
export async function handler(
  event: SQSEvent | ProbeRequest,
  context: Context,
): Promise<SQSBatchResponse | ProbeResult> {
  const budget = timeBudget(() => context.getRemainingTimeInMillis(), env.REQUEST_TIMEOUT_MS);
  if ('probe' in event) return await probe(marketplace, visitor, event, budget);
  const job = async (record: SQSRecord): Promise<void> => {
    let decoded: Job | null = null;
    try {
      decoded = decodeRecord(record, jobSchema);
      await scrape(decoded, budget);
    } catch (error) {
      const receives = Number(record.attributes.ApproximateReceiveCount);
      const { sweepId, jobNumber } = decoded ?? {};
      log.error('Job failed', { sweepId, jobNumber, messageId: record.messageId, receives, error });
      await noteFailure(messageOf(record), error, functionName, { notes, clock: systemClock, log });
      if (decoded && isLastReceive(record, env.MAX_RECEIVES))
        await accountDeadLetter(decoded, decoded.only ?? decoded.references.keys(), { ledger, log, metrics });
      throw error;
    }
  };
  try {
    return await processPartialResponse(event, job, processor, { throwOnFullBatchFailure: false });
  } finally {
    metrics.flush();
  }
}

function theMarketplace(id: string): Marketplace {
  const found = findMarketplace(id);
  if (found) return found;
  throw new ConfigurationError([`Environment variable MARKETPLACE: no marketplace "${id}".`]);
}
