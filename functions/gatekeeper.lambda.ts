import type { Context } from 'aws-lambda';
import { createDynamoDb, createLambda } from './adapters/clients.ts';
import { systemClock } from './adapters/clock.ts';
import { DynamoGates } from './adapters/dynamodb/gates.ts';
import { readEnv } from './adapters/env.ts';
import { ProbeByLambda } from './adapters/lambda/probe.ts';
import { LambdaQueueConsumers } from './adapters/lambda/queue-consumers.ts';
import { createLog, createMetrics } from './adapters/telemetry.ts';
import { gatekeeperEnv } from './contract/env.ts';
import { gatekeeperEventSchema } from './contract/messages.ts';
import { gateSettings } from './core/gate/settings.ts';
import { keepGate, obeyOperator, type Scraper } from './core/gatekeeper.ts';
import { PoisonMessage } from './core/model/errors.ts';

const env = readEnv(gatekeeperEnv);
const log = createLog('gatekeeper');
const lambda = createLambda(env.ENDPOINTS);
const ports = {
  gates: new DynamoGates(createDynamoDb(env.ENDPOINTS), env.COORDINATION_TABLE),
  consumers: new LambdaQueueConsumers(lambda),
  probe: new ProbeByLambda(lambda),
  clock: systemClock,
  log,
};
const scrapers = Object.entries(env.SCRAPERS).map(
  ([marketplace, scraper]): Scraper => ({ marketplace, ...scraper }),
);
/** A probe itself is not scaled: it takes as long as the marketplace does. */
const LEASE_MS = Math.max(60_000 * env.TIME_SCALE, 15_000);
const settings = { gate: gateSettings(env.GATE, env.TIME_SCALE), leaseMs: LEASE_MS };

/**
 * Called every minute by a schedule, or by an operator with an order. Returns the state of each gate. Throws after all
 * marketplaces had their turn when one of them could not be looked after: the next run looks again.
 */
export async function handler(input: unknown, context: Context): Promise<Record<string, string>> {
  const event = gatekeeperEventSchema.safeParse(input ?? {});
  if (!event.success) throw new PoisonMessage(`Not an event for gatekeeper: ${event.error.message}`);
  if (event.data.operator) await obeyOperator(ports, event.data.operator, scrapers);
  const runs = await Promise.allSettled(
    scrapers.map(async (scraper) => {
      const metrics = createMetrics('gatekeeper', { marketplace: scraper.marketplace });
      try {
        const gate = await keepGate({ ...ports, metrics }, settings, scraper, context.awsRequestId);
        return [scraper.marketplace, gate.state] as const;
      } catch (error) {
        log.error('Gate not looked after', { marketplace: scraper.marketplace, error });
        throw error;
      } finally {
        metrics.flush();
      }
    }),
  );
  for (const run of runs) if (run.status === 'rejected') throw run.reason;
  return Object.fromEntries(runs.flatMap((run) => (run.status === 'fulfilled' ? [run.value] : [])));
}
