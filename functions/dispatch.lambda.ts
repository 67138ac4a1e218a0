import type { Context } from 'aws-lambda';
import { createDynamoDb, createLambda, createSqs } from './adapters/clients.ts';
import { systemClock } from './adapters/clock.ts';
import { DynamoBreakers } from './adapters/dynamodb/breakers.ts';
import { DynamoCheckpoints } from './adapters/dynamodb/checkpoints.ts';
import { DynamoGates } from './adapters/dynamodb/gates.ts';
import { DynamoLedger } from './adapters/dynamodb/ledger.ts';
import { DynamoParkedReferences } from './adapters/dynamodb/parked.ts';
import { readEnv } from './adapters/env.ts';
import { DueByLambda } from './adapters/lambda/due.ts';
import { SqsJobsQueue } from './adapters/sqs/jobs-queue.ts';
import { createLog, createMetrics } from './adapters/telemetry.ts';
import { dispatchEnv } from './contract/env.ts';
import { metric } from './contract/metrics.ts';
import { type DispatchSummary, decodeDispatchEvent, dispatch } from './core/dispatch.ts';
import { marketplaces } from './marketplaces/index.ts';
import { manifests } from './marketplaces/manifests.ts';

const env = readEnv(dispatchEnv);
const log = createLog('dispatch');
const dynamoDb = createDynamoDb(env.ENDPOINTS);
const ports = {
  checkpoints: new DynamoCheckpoints(dynamoDb, env.COORDINATION_TABLE, systemClock),
  jobs: new SqsJobsQueue(createSqs(env.ENDPOINTS), env.JOBS_QUEUE_URLS),
  ledger: new DynamoLedger(dynamoDb, env.COORDINATION_TABLE),
  parked: new DynamoParkedReferences(dynamoDb, env.COORDINATION_TABLE),
  due: new DueByLambda(createLambda(env.ENDPOINTS), env.DUE_FUNCTION_NAMES),
  gates: new DynamoGates(dynamoDb, env.COORDINATION_TABLE),
  breakers: new DynamoBreakers(dynamoDb, env.COORDINATION_TABLE),
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

/** Called by a schedule. A thrown error makes Lambda repeat the event, and then the schedule's dead-letter queue keep it. */
export async function handler(input: unknown, context: Context): Promise<DispatchSummary> {
  const event = decodeDispatchEvent(input);
  const metrics = createMetrics('dispatch', { marketplace: event.marketplace });
  const run = {
    requestId: context.awsRequestId,
    remainingMs: () => context.getRemainingTimeInMillis(),
  };
  metrics.count(metric.heartbeat, 1);
  try {
    return await dispatch({ ...ports, metrics }, settings, event, run);
  } catch (error) {
    log.error('Dispatch failed', { ...event, error });
    throw error;
  } finally {
    metrics.flush();
  }
}
