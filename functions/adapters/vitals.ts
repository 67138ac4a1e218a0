import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type MetricName, metric } from '../contract/metrics.ts';

/** Answers of DynamoDB that are no trouble: a condition that does not hold is how its writers find out who was first. */
const refusals: readonly string[] = ['ConditionalCheckFailedException'];

let coordinationErrors = 0;
let slowestStatementMs: number | null = null;

/** Counts the calls that fail after all attempts of the SDK. Returns the client. */
export function countFailures(client: DynamoDBClient): DynamoDBClient {
  client.middlewareStack.add(
    (next) => async (input) => {
      try {
        return await next(input);
      } catch (error) {
        if (!(error instanceof Error && refusals.includes(error.name))) coordinationErrors += 1;
        throw error;
      }
    },
    // Outside of the retries, which are a later step.
    { step: 'initialize', name: 'countFailures' },
  );
  return client;
}

/** Awaits a statement and remembers how long the slowest took, failed ones included. */
export async function timeStatement<T>(statement: Promise<T>): Promise<T> {
  const began = performance.now();
  try {
    return await statement;
  } finally {
    slowestStatementMs = Math.max(slowestStatementMs ?? 0, performance.now() - began);
  }
}

/**
 * What an environment knows of itself since it was last asked, by metric; null where there is nothing to say. Whoever takes
 * a value reports it: the next one to ask gets what came after.
 */
export const vitals: readonly { name: MetricName; take(): number | null }[] = [
  {
    name: metric.memoryUsedMegabytes,
    // What the kernel has given to the process: what Lambda compares with the limit, but for its own few megabytes.
    take: () => process.memoryUsage.rss() / 1024 ** 2,
  },
  {
    name: metric.coordinationErrors,
    take: () => {
      const count = coordinationErrors;
      coordinationErrors = 0;
      return count === 0 ? null : count;
    },
  },
  {
    name: metric.slowestStatementMilliseconds,
    take: () => {
      const slowest = slowestStatementMs;
      slowestStatementMs = null;
      return slowest;
    },
  },
];
