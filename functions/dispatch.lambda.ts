import type { Context } from 'aws-lambda';
import { createDynamoDb, createLambda, createS3, createSqs } from './adapters/clients.ts';
import { systemClock } from './adapters/clock.ts';
import { DynamoBreakers } from './adapters/dynamodb/breakers.ts';
import { DynamoCheckpoints } from './adapters/dynamodb/checkpoints.ts';
import { DynamoClearances } from './adapters/dynamodb/clearances.ts';
import { DynamoGates } from './adapters/dynamodb/gates.ts';
import { DynamoLedger } from './adapters/dynamodb/ledger.ts';
import { DynamoParkedReferences } from './adapters/dynamodb/parked.ts';
import { readEnv } from './adapters/env.ts';
import { DueByLambda } from './adapters/lambda/due.ts';
import { S3SpillLook } from './adapters/s3/spill.ts';
import { SqsDepths } from './adapters/sqs/depths.ts';
import { SqsJobsQueue } from './adapters/sqs/jobs-queue.ts';
import { createLog, createMetrics } from './adapters/telemetry.ts';
import { dispatchEnv } from './contract/env.ts';
import type { GapsEvent } from './contract/messages.ts';
import { metric } from './contract/metrics.ts';
import { type DispatchSummary, decodeScheduleEvent, dispatch } from './core/dispatch.ts';
import { dispatchGaps, type GapSummary } from './core/gaps.ts';
import { ConfigurationError, StopMarketplace } from './core/model/errors.ts';
import { marketplaces } from './marketplaces/index.ts';
import { manifests } from './marketplaces/manifests.ts';

const env = readEnv(dispatchEnv);
const log = createLog('dispatch');
const dynamoDb = createDynamoDb(env.ENDPOINTS);
const sqs = createSqs(env.ENDPOINTS);
const ports = {
  checkpoints: new DynamoCheckpoints(dynamoDb, env.COORDINATION_TABLE, systemClock),
  jobs: new SqsJobsQueue(sqs, env.JOBS_QUEUE_URLS),
  snapshots: new SqsDepths(sqs, env.SNAPSHOTS_QUEUE_URLS),
  spill: new S3SpillLook(createS3(env.ENDPOINTS), env.SPILL_BUCKET, env.STORAGE_DOMAINS),
  ledger: new DynamoLedger(dynamoDb, env.COORDINATION_TABLE),
  parked: new DynamoParkedReferences(dynamoDb, env.COORDINATION_TABLE),
  due: new DueByLambda(createLambda(env.ENDPOINTS), env.DUE_FUNCTION_NAMES),
  gates: new DynamoGates(dynamoDb, env.COORDINATION_TABLE),
  breakers: new DynamoBreakers(dynamoDb, env.COORDINATION_TABLE),
  clearances: new DynamoClearances(dynamoDb, env.COORDINATION_TABLE),
  clock: systemClock,
  log,
};
const settings = {
  plans: env.PLANS,
  domains: env.STORAGE_DOMAINS,
  sweepKinds: Object.fromEntries(manifests.map(({ id, sweepKind }) => [id, sweepKind])),
  seeds: Object.fromEntries(Object.entries(marketplaces).map(([id, { seeds }]) => [id, seeds])),
  timeScale: env.TIME_SCALE,
};

const HOUR_MS = 3600_000;
/** What SQS's estimates of empty queues need to settle, many times over; as the audit's. */
const QUARTER_MS = HOUR_MS / 4;
/**
 * Twice what a message can honestly take through both queues: six timeouts of visibility, five times, in each
 * (docs/decisions/0037).
 */
const OVERTAKEN_MS = 2 * HOUR_MS;
const MOST_REPEATS = 5;
/** Kept for finishing a chunk: fifty conditional writes in a row and five batches to the queue. */
const GAP_RESERVE_MS = 20_000;

/** Called by a schedule. A thrown error makes Lambda repeat the event, and then the schedule's dead-letter queue keep it. */
export async function handler(
  input: unknown,
  context: Context,
): Promise<DispatchSummary | Record<string, GapSummary>> {
  const event = decodeScheduleEvent(input, systemClock.now());
  const remainingMs = () => context.getRemainingTimeInMillis();
  if (event.mode === 'gaps') return await fillAllGaps(event, remainingMs);
  const metrics = createMetrics('dispatch', { marketplace: event.marketplace });
  metrics.count(metric.heartbeat, 1);
  try {
    const run = { requestId: context.awsRequestId, remainingMs };
    return await dispatch({ ...ports, metrics }, settings, event, run);
  } catch (error) {
    log.error('Dispatch failed', { ...event, error });
    throw error;
  } finally {
    metrics.flush();
  }
}

/** Throws after all marketplaces had their turn when one of them could not be looked at: the next run looks again. */
async function fillAllGaps(
  { marketplace: only, scheduledTime }: GapsEvent,
  remainingMs: () => number,
): Promise<Record<string, GapSummary>> {
  const wanted = Object.keys(settings.plans).filter((id) => only === undefined || id === only);
  const runs = await Promise.allSettled(
    wanted.map(async (id) => [id, await fillGaps(id, scheduledTime, remainingMs)] as const),
  );
  for (const run of runs) if (run.status === 'rejected') throw run.reason;
  return Object.fromEntries(runs.flatMap((run) => (run.status === 'fulfilled' ? [run.value] : [])));
}

async function fillGaps(marketplace: string, slot: string, remainingMs: () => number): Promise<GapSummary> {
  const metrics = createMetrics('dispatch', { marketplace });
  const reserveMs = Math.min(GAP_RESERVE_MS, remainingMs() / 3);
  const plan = settings.plans[marketplace];
  if (!plan) throw new ConfigurationError([`PLANS has no entry for the marketplace "${marketplace}".`]);
  try {
    const gaps = {
      plan,
      sweepKind: settings.sweepKinds[marketplace] ?? null,
      silenceMs: QUARTER_MS * env.TIME_SCALE,
      overtakenMs: OVERTAKEN_MS * env.TIME_SCALE,
      mostRepeats: MOST_REPEATS,
      mayGoOn: () => remainingMs() >= reserveMs,
    };
    const summary = await dispatchGaps({ ...ports, metrics }, gaps, marketplace);
    log.info('Gaps looked for', { marketplace, slot, ...summary });
    return summary;
  } catch (error) {
    if (error instanceof StopMarketplace) metrics.count(metric.checkpointInvalid, 1);
    log.error('Gaps not looked for', { marketplace, slot, error });
    throw error;
  } finally {
    metrics.flush();
  }
}
