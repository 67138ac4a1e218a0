import { createDynamoDb } from './adapters/clients.ts';
import { systemClock } from './adapters/clock.ts';
import { DynamoMeasurements } from './adapters/dynamodb/measurements.ts';
import { readEnv } from './adapters/env.ts';
import { proxyConnection } from './adapters/postgres/connect.ts';
import { Database } from './adapters/postgres/database.ts';
import { PostgresPriceReader } from './adapters/postgres/price-reader.ts';
import { createLog, createMetrics } from './adapters/telemetry.ts';
import { routeKey } from './contract/api/routes.ts';
import { apiEnv } from './contract/env.ts';
import { apiEventSchema } from './contract/messages.ts';
import { metric } from './contract/metrics.ts';
import { type ApiDependencies, type ApiResponse, respond } from './core/api/respond.ts';

const env = readEnv(apiEnv);
const log = createLog('api');
const metrics = createMetrics('api', { domain: env.DOMAIN });
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
  const request = apiEventSchema.parse(event);
  const response = await respond(request, dependencies);
  // What /health says is said by other alarms, and it is asked all the time.
  if (response.statusCode >= 500 && request.routeKey !== routeKey('health')) {
    metrics.count(metric.apiFailures, 1);
    metrics.flush();
  }
  return response;
}
