import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import type { z } from 'zod';
import { apiRoutes, type RouteId, routeKey } from '../../functions/contract/api/routes.ts';
import { problemSchema } from '../../functions/contract/api/values.ts';
import type { DatabaseAddress } from '../../local/postgres/for-tests.ts';
import { useRetailEnvironment } from './retail-environment.ts';

/** A measurement of the audit, as it lies in the coordination table. */
function measuredAt(at: Date, oldest: Date) {
  return {
    Item: {
      measuredAt: { S: at.toISOString() },
      measured: {
        S: JSON.stringify({ newestObservationAt: at, oldestConfirmationAt: oldest, confirmedLastDay: 3 }),
      },
    },
  };
}

/** The handler on a real database, with a coordination table in which `measured` was found just now. */
export async function startApi(address: DatabaseAddress) {
  useRetailEnvironment(address, 'narx_api');
  process.env['FRESHNESS_HOURS'] = '{"uzum":6}';
  const dynamo = mockClient(DynamoDBClient);
  const measure = (at: Date, oldest: Date) => dynamo.on(GetItemCommand).resolves(measuredAt(at, oldest));
  measure(new Date(), new Date());
  const { handler } = await import('../../functions/api.lambda.ts');
  /** As API Gateway would call it. */
  const ask = async (id: RouteId, query = '', pathParameters?: Record<string, string>) => {
    const response = await handler({
      version: '2.0',
      routeKey: routeKey(id),
      rawQueryString: query,
      ...(pathParameters && { pathParameters }),
    });
    return { ...response, json: JSON.parse(response.body) as Record<string, unknown> };
  };
  return { handler, ask, dynamo, measure };
}

/** What is wrong with a response, by the contract: nothing, or sentences. */
export function violations(
  id: RouteId,
  response: { statusCode: number; headers: Record<string, string>; json: unknown },
) {
  const route = apiRoutes[id];
  const expected: z.ZodType | null =
    response.statusCode === 200 || (id === 'health' && response.statusCode === 503)
      ? route.response
      : problemSchema;
  const type = expected === problemSchema ? 'application/problem+json' : 'application/json';
  return [
    ...(response.headers['content-type'] === type
      ? []
      : [`content-type ${response.headers['content-type']}`]),
    ...(strictly(expected, response.json) ?? []),
  ];
}

/** Schemas accept keys that they do not name; a response has none. */
function strictly(schema: z.ZodType | null, value: unknown): string[] {
  if (schema === null) return [];
  const result = schema.safeParse(value);
  if (!result.success) return result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  return JSON.stringify(sorted(result.data)) === JSON.stringify(sorted(value)) ? [] : ['has keys of its own'];
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
