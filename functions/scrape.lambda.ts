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
import { UndiciFetcher } from './adapters/http/fetcher.ts';
import { loadProxies } from './adapters/proxies.ts';
import { S3Quarantine } from './adapters/s3/quarantine.ts';
import { S3RawPages } from './adapters/s3/raw-pages.ts';
import { S3Spill } from './adapters/s3/spill.ts';
import { SqsVisitsQueue } from './adapters/sqs/visits-queue.ts';
import { createLog, createMetrics } from './adapters/telemetry.ts';
import { scrapeEnv } from './contract/env.ts';
import { type Job, jobSchema, type ProbeRequest, type ProbeResult } from './contract/messages.ts';
import { accountDeadLetter } from './core/dead-letters.ts';
import { Exits } from './core/exits.ts';
import { noteFailure } from './core/failure-note.ts';
import { gateSettings } from './core/gate/settings.ts';
import type { Marketplace } from './core/marketplace.ts';
import { ConfigurationError } from './core/model/errors.ts';
import { newGate } from './core/model/gate.ts';
import { newPace } from './core/model/pace.ts';
import { Pacer } from './core/pace/pacer.ts';
import { directExit, type Shared } from './core/ports.ts';
import { probe } from './core/probe.ts';
import { Robots } from './core/robots/robots.ts';
import { createScrape } from './core/scrape.ts';
import { timeBudget } from './core/scrape-limits.ts';
import { Visitor } from './core/visitor.ts';
import { Watched } from './core/watched.ts';
import { findMarketplace } from './marketplaces/index.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const env = readEnv(scrapeEnv);
const marketplace = theMarketplace(env.MARKETPLACE);
const log = createLog('scrape');
const metrics = createMetrics('scrape', { marketplace: env.MARKETPLACE });
const s3 = createS3(env.ENDPOINTS);
const dynamoDb = createDynamoDb(env.ENDPOINTS);
const ledger = new DynamoLedger(dynamoDb, env.COORDINATION_TABLE);

/** How old the view of what all workers share may be. Scaled, but not so far that every job reads it. */
const freshMs = Math.max(5_000 * env.TIME_SCALE, 1_000);
function watch<T>(shared: Shared<T>, initial: T): Watched<T> {
  return new Watched(shared, env.MARKETPLACE, initial, { clock: systemClock, log }, freshMs);
}
const proxies = await loadProxies(env.ENDPOINTS, env.MARKETPLACE, env.PROXY_SECRET, createSecrets);
if (marketplace.manifest.requiresProxy && proxies.size === 0) {
  throw new ConfigurationError([
    `${marketplace.manifest.title} serves nobody without proxies: name a secret that lists them in marketplaces.${env.MARKETPLACE}.proxies of narx.config.ts.`,
  ]);
}
const { initialPerSecond } = env.RATE;
const visitor = new Visitor(
  {
    marketplace,
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
    gate: watch(new DynamoGates(dynamoDb, env.COORDINATION_TABLE), newGate()),
    pacer: new Pacer(
      watch(new DynamoPaces(dynamoDb, env.COORDINATION_TABLE, initialPerSecond), newPace(initialPerSecond)),
      systemClock,
      sleep,
      { rate: env.RATE, timeScale: env.TIME_SCALE },
    ),
    robots: new Robots(
      {
        overrides: env.ROBOTS_OVERRIDES,
        freshMs: DAY_MS * env.TIME_SCALE,
        retryMs: MINUTE_MS * env.TIME_SCALE,
      },
      { clock: systemClock, log },
      (page) => marketplace.classify(page)?.outcome === 'blocked',
    ),
    exits: new Exits(proxies.size > 0 ? [...proxies.keys()] : [directExit]),
    clock: systemClock,
    log,
  },
  { gate: gateSettings(env.GATE, env.TIME_SCALE), closedMs: 5 * MINUTE_MS * env.TIME_SCALE },
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
      log.error('Job failed', { messageId: record.messageId, receives, error });
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
