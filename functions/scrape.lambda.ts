import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { createDynamoDb, createS3, createSqs } from './adapters/clients.ts';
import { systemClock } from './adapters/clock.ts';
import { DynamoLedger } from './adapters/dynamodb/ledger.ts';
import { DynamoParkedReferences } from './adapters/dynamodb/parked.ts';
import { readEnv } from './adapters/env.ts';
import { decodeRecord } from './adapters/events/record.ts';
import { UndiciFetcher } from './adapters/http/fetcher.ts';
import { S3Quarantine } from './adapters/s3/quarantine.ts';
import { S3RawPages } from './adapters/s3/raw-pages.ts';
import { SqsVisitsQueue } from './adapters/sqs/visits-queue.ts';
import { createLog, createMetrics } from './adapters/telemetry.ts';
import { scrapeEnv } from './contract/env.ts';
import { jobSchema } from './contract/messages.ts';
import { ConfigurationError } from './core/model/errors.ts';
import { createScrape } from './core/scrape.ts';
import { timeBudget } from './core/scrape-limits.ts';
import { findMarketplace } from './marketplaces/index.ts';

const env = readEnv(scrapeEnv);
const marketplace = findMarketplace(env.MARKETPLACE);
if (marketplace === null) {
  throw new ConfigurationError([`Environment variable MARKETPLACE: no marketplace "${env.MARKETPLACE}".`]);
}
const log = createLog('scrape');
const metrics = createMetrics('scrape', { marketplace: env.MARKETPLACE });
const s3 = createS3(env.ENDPOINTS);
const dynamoDb = createDynamoDb(env.ENDPOINTS);
const scrape = createScrape(
  {
    marketplace,
    fetcher: new UndiciFetcher({
      hosts: marketplace.manifest.hosts,
      origins: env.ENDPOINTS === 'aws' ? {} : env.ENDPOINTS.origins,
      connections: env.CONNECTIONS,
      requestTimeoutMs: env.REQUEST_TIMEOUT_MS,
      maxBodyBytes: marketplace.manifest.maxBodyBytes,
      userAgent: env.USER_AGENT,
      clock: systemClock,
    }),
    quarantine: new S3Quarantine(s3, env.QUARANTINE_BUCKET),
    raw: env.RAW_BUCKET === 'none' ? null : new S3RawPages(s3, env.RAW_BUCKET),
    parked: new DynamoParkedReferences(dynamoDb, env.COORDINATION_TABLE),
    visits: new SqsVisitsQueue(createSqs(env.ENDPOINTS), env.SNAPSHOTS_QUEUE_URL),
    ledger: new DynamoLedger(dynamoDb, env.COORDINATION_TABLE),
    clock: systemClock,
    log,
    metrics,
  },
  { connections: env.CONNECTIONS, timeScale: env.TIME_SCALE, random: Math.random },
);
const processor = new BatchProcessor(EventType.SQS);

/** Called by the event source mapping. Jobs that must come again are the batch's item failures. */
export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  const budget = timeBudget(() => context.getRemainingTimeInMillis(), env.REQUEST_TIMEOUT_MS);
  const job = async (record: SQSRecord): Promise<void> => {
    try {
      await scrape(decodeRecord(record, jobSchema), budget);
    } catch (error) {
      const receives = Number(record.attributes.ApproximateReceiveCount);
      log.error('Job failed', { messageId: record.messageId, receives, error });
      throw error;
    }
  };
  try {
    return await processPartialResponse(event, job, processor, { throwOnFullBatchFailure: false });
  } finally {
    metrics.flush();
  }
}
