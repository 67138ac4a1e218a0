import type { Context } from 'aws-lambda';
import { createCloudWatch, createDynamoDb, createLambda, createRds } from './adapters/clients.ts';
import { systemClock } from './adapters/clock.ts';
import { CloudWatchFreeStorage } from './adapters/cloudwatch/free-storage.ts';
import { DynamoBreakers } from './adapters/dynamodb/breakers.ts';
import { DynamoGates } from './adapters/dynamodb/gates.ts';
import { DynamoPauses } from './adapters/dynamodb/pauses.ts';
import { DynamoStorages } from './adapters/dynamodb/storages.ts';
import { readEnv } from './adapters/env.ts';
import { ProbeByLambda } from './adapters/lambda/probe.ts';
import { LambdaQueueConsumers } from './adapters/lambda/queue-consumers.ts';
import { StorageProbeByLambda } from './adapters/lambda/storage-probe.ts';
import { RdsBackups } from './adapters/rds/backups.ts';
import { createLog, createMetrics } from './adapters/telemetry.ts';
import { gatekeeperEnv } from './contract/env.ts';
import { gatekeeperEventSchema } from './contract/messages.ts';
import { breakerSettings } from './core/breaker/settings.ts';
import { gateSettings } from './core/gate/settings.ts';
import { keepGate, obeyOperator } from './core/gatekeeper.ts';
import { keepDomain } from './core/gatekeeper-domain.ts';
import { PoisonMessage } from './core/model/errors.ts';
import type { Metrics } from './core/ports/runtime.ts';

const env = readEnv(gatekeeperEnv);
const log = createLog('gatekeeper');
const lambda = createLambda(env.ENDPOINTS);
const dynamoDb = createDynamoDb(env.ENDPOINTS);
const gates = new DynamoGates(dynamoDb, env.COORDINATION_TABLE);
const pauses = new DynamoPauses(dynamoDb, env.COORDINATION_TABLE);
const shared = { consumers: new LambdaQueueConsumers(lambda), clock: systemClock, log };
const gatePorts = { ...shared, gates, probe: new ProbeByLambda(lambda) };
const rds = createRds(env.ENDPOINTS);
const domainPorts = {
  ...shared,
  breakers: new DynamoBreakers(dynamoDb, env.COORDINATION_TABLE),
  pauses,
  storages: new DynamoStorages(dynamoDb, env.COORDINATION_TABLE),
  freeStorage: new CloudWatchFreeStorage(createCloudWatch(env.ENDPOINTS)),
  backups: rds === null ? null : new RdsBackups(rds),
  probe: new StorageProbeByLambda(lambda),
};
/** A probe itself is not scaled: it takes as long as the marketplace, or the database, does. */
const leaseMs = Math.max(60_000 * env.TIME_SCALE, 15_000);
const gateKeeping = { gate: gateSettings(env.GATE, env.TIME_SCALE), leaseMs };
const domainKeeping = {
  breaker: breakerSettings(env.BREAKER, env.TIME_SCALE),
  leaseMs,
  timeScale: env.TIME_SCALE,
};
const known = { marketplaces: Object.keys(env.SCRAPERS), domains: Object.keys(env.STORES) };

/**
 * Called every minute by a schedule, or by an operator with an order. Returns the state of each gate and each breaker.
 * Throws after all had their turn when one of them could not be looked after: the next run looks again.
 */
export async function handler(input: unknown, context: Context): Promise<Record<string, string>> {
  const event = gatekeeperEventSchema.safeParse(input ?? {});
  if (!event.success) throw new PoisonMessage(`Not an event for gatekeeper: ${event.error.message}`);
  if (event.data.operator) await obeyOperator({ gates, pauses, ...shared }, event.data.operator, known);
  const owner = context.awsRequestId;
  const runs = await Promise.allSettled([
    ...Object.entries(env.SCRAPERS).map(([marketplace, scraper]) =>
      lookAfter({ marketplace }, async (metrics) => {
        const gate = await keepGate(
          { ...gatePorts, metrics },
          gateKeeping,
          { marketplace, ...scraper },
          owner,
        );
        return [marketplace, gate.state] as const;
      }),
    ),
    ...Object.entries(env.STORES).map(([domain, store]) =>
      lookAfter({ domain }, async (metrics) => {
        const state = await keepDomain(
          { ...domainPorts, metrics },
          domainKeeping,
          { domain, ...store },
          owner,
        );
        return [domain, state] as const;
      }),
    ),
  ]);
  for (const run of runs) if (run.status === 'rejected') throw run.reason;
  return Object.fromEntries(runs.flatMap((run) => (run.status === 'fulfilled' ? [run.value] : [])));
}

async function lookAfter<T>(
  dimension: { marketplace: string } | { domain: string },
  keep: (metrics: Metrics) => Promise<T>,
): Promise<T> {
  const metrics = createMetrics('gatekeeper', dimension);
  try {
    return await keep(metrics);
  } catch (error) {
    log.error('Not looked after', { ...dimension, error });
    throw error;
  } finally {
    metrics.flush();
  }
}
