import { z } from 'zod';
import { createDynamoDb } from './adapters/clients.ts';
import { systemClock } from './adapters/clock.ts';
import { DynamoMeasurements } from './adapters/dynamodb/measurements.ts';
import { readEnv } from './adapters/env.ts';
import { proxyConnection } from './adapters/postgres/connect.ts';
import { Database } from './adapters/postgres/database.ts';
import { PostgresPriceReader } from './adapters/postgres/price-reader.ts';
import { createLog } from './adapters/telemetry.ts';
import { apiEnv } from './contract/env.ts';
import { type ApiDependencies, type ApiResponse, respond } from './core/api/respond.ts';

/** What API Gateway sends (HTTP API, payload format 2.0), as far as it is read. */
const eventSchema = z.object({
  version: z.literal('2.0'),
  routeKey: z.string(),
  rawQueryString: z.string().default(''),
  pathParameters: z.record(z.string(), z.string()).default({}),
});

const env = readEnv(apiEnv);
const log = createLog('api');
const reader = new PostgresPriceReader(new Database(proxyConnection(env, 6_000)));
const dependencies: ApiDependencies = {
  reader,
  measurements: new DynamoMeasurements(createDynamoDb(env.ENDPOINTS), env.COORDINATION_TABLE),
  checks: [{ name: 'postgres', check: () => reader.ping() }],
  settings: {
    domain: env.DOMAIN,
    marketplaces: Object.fromEntries(
      Object.entries(env.FRESHNESS_HOURS).map(([marketplace, freshnessHours]) => [
        marketplace,
        { freshnessHours },
      ]),
    ),
    // Three runs of the audit.
    measuredWithinMs: 15 * 60_000 * env.TIME_SCALE,
  },
  checkWithinMs: 1_000,
  clock: systemClock,
  log,
};

/** Answers one request of the read API. API Gateway has checked who asks (IAM) before it comes here. */
export async function handler(event: unknown): Promise<ApiResponse> {
  return await respond(eventSchema.parse(event), dependencies);
}
