import type { Context } from 'aws-lambda';
import { vi } from 'vitest';

/** What every function finds in its environment; set before its module is imported. */
export function setEnvironment(variables: Record<string, string>): void {
  Object.assign(process.env, {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    // Telemetry through the global console, where tests can see it.
    POWERTOOLS_DEV: 'true',
    POWERTOOLS_METRICS_DISABLED: 'false',
    STAGE: 'test',
    TIME_SCALE: '1',
    COORDINATION_TABLE: 'coordination',
    ...variables,
  });
}

/** Local endpoints: `dynamodb` is real, the other services are mocked at the client. */
export function endpoints(dynamodb: string, origins: Record<string, string>): string {
  const nowhere = 'http://127.0.0.1:9';
  return JSON.stringify({ sqs: nowhere, s3: nowhere, lambda: nowhere, dynamodb, postgres: {}, origins });
}

export function invocation(awsRequestId: string, remainingMs = 60_000): Context {
  const end = performance.now() + remainingMs;
  return { awsRequestId, getRemainingTimeInMillis: () => end - performance.now() } as Context;
}

/** Collects what the function logs and measures, as one text. */
export function captureTelemetry(): () => string {
  const lines: string[] = [];
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, level).mockImplementation((...args: unknown[]) => void lines.push(args.join(' ')));
  }
  return () => lines.join('\n');
}
