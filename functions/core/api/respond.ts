import type { z } from 'zod';
import { apiRoutes, type RouteId, routeKey } from '../../contract/api/routes.ts';
import type { ApiEvent } from '../../contract/messages.ts';
import { RetryLater } from '../model/errors.ts';
import type { PriceReader } from '../ports/price-reader.ts';
import type { Clock, Log } from '../ports/runtime.ts';
import type { Measurements } from '../ports/shared.ts';
import { answerDrops, answerHistory, answerPrices, answerProduct, answerProducts } from './answer.ts';
import { answerFreshness, answerHealth, type DependencyCheck, type FreshnessSettings } from './freshness.ts';
import { openApiDocument } from './openapi.ts';
import { ApiProblem } from './problems.ts';

export interface ApiResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

export interface ApiDependencies {
  reader: PriceReader;
  measurements: Measurements;
  checks: readonly DependencyCheck[];
  settings: FreshnessSettings;
  /** How long a health check waits for each dependency. */
  checkWithinMs: number;
  clock: Clock;
  log: Log;
}

/** Answers every request there can be, with a problem when it is at fault or cannot be answered. */
export async function respond(request: ApiEvent, of: ApiDependencies): Promise<ApiResponse> {
  try {
    return await answer(request, of);
  } catch (error) {
    const { problem } = asProblem(error, request, of.log);
    return {
      statusCode: problem.status,
      headers: {
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
        ...(problem.status === 503 && { 'retry-after': '5' }),
      },
      body: JSON.stringify(problem),
    };
  }
}

async function answer(request: ApiEvent, of: ApiDependencies): Promise<ApiResponse> {
  const { reader, measurements, settings, clock } = of;
  const route = (Object.keys(apiRoutes) as RouteId[]).find((id) => routeKey(id) === request.routeKey);
  const now = clock.now();
  switch (route) {
    case undefined:
      throw new ApiProblem(404, 'There is no such route; /openapi.json has those that there are');
    case 'products':
      return json(await answerProducts(reader, queryOf(route, request)));
    case 'product':
      queryOf(route, request);
      return json(await answerProduct(reader, pathOf(route, request)));
    case 'history':
      return json(await answerHistory(reader, pathOf(route, request), queryOf(route, request)));
    case 'prices':
      return json(await answerPrices(reader, pathOf(route, request), queryOf(route, request)));
    case 'drops':
      return json(await answerDrops(reader, queryOf(route, request), now));
    case 'freshness':
      queryOf(route, request);
      return json(await answerFreshness(measurements, settings, now));
    case 'health': {
      queryOf(route, request);
      const { status, health } = await answerHealth({ ...of, now, withinMs: of.checkWithinMs });
      return json(health, status);
    }
    case 'openapi':
      queryOf(route, request);
      return json(openApiDocument());
  }
}

function json(body: unknown, statusCode = 200): ApiResponse {
  // Prices are confirmed all the time: nobody may keep an answer and take it for a newer one.
  return {
    statusCode,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify(body),
  };
}

function queryOf<Id extends RouteId>(
  id: Id,
  { rawQueryString }: ApiEvent,
): z.output<(typeof apiRoutes)[Id]['query']> {
  const given: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    if (Object.hasOwn(given, name)) throw invalid([{ parameter: name, message: 'is given twice' }]);
    Object.defineProperty(given, name, { value, enumerable: true });
  }
  return checked(apiRoutes[id].query, given) as z.output<(typeof apiRoutes)[Id]['query']>;
}

function pathOf<Id extends 'product' | 'history' | 'prices'>(id: Id, { pathParameters }: ApiEvent) {
  return checked(apiRoutes[id].pathParameters, pathParameters);
}

function checked<Schema extends z.ZodType>(schema: Schema, given: unknown): z.output<Schema> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw invalid(
    result.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((parameter) => ({ parameter, message: 'is not a parameter of this route' }))
        : [{ parameter: issue.path.join('.'), message: issue.message }],
    ),
  );
}

function invalid(errors: { parameter: string; message: string }[]): ApiProblem {
  // A name may be as long as an address.
  const shown = errors.slice(0, 10).map(({ parameter, message }) => ({
    parameter: parameter.slice(0, 100),
    message,
  }));
  return new ApiProblem(
    400,
    shown.map(({ parameter, message }) => `${parameter}: ${message}`).join('; '),
    shown,
  );
}

function asProblem(error: unknown, { routeKey: route }: ApiEvent, log: Log): ApiProblem {
  if (error instanceof ApiProblem) return error;
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof RetryLater) {
    log.warn('cannot answer now', { route, detail });
    return new ApiProblem(
      503,
      'What this is read from cannot serve now; the data is safe. Try again in a few seconds.',
    );
  }
  log.error('failed to answer', { route, detail, stack: error instanceof Error ? error.stack : undefined });
  return new ApiProblem(500, 'narx failed to answer; the fault has been logged.');
}
