import type { DatabaseAddress } from '../../local/postgres/for-tests.ts';

/**
 * The environment of a function of the domain `ecommerce` whose database is at `address`. Set it before the handler's
 * module is imported: it reads its environment once. The other endpoints are mocked at the
 * SDK, but for DynamoDB when its address is given.
 */
export function useRetailEnvironment(address: DatabaseAddress, user: string, dynamodb?: string): void {
  const nowhere = 'http://127.0.0.1:9';
  Object.assign(process.env, {
    // Telemetry through the global console, where tests can see it.
    POWERTOOLS_DEV: 'true',
    POWERTOOLS_METRICS_DISABLED: 'false',
    STAGE: 'test',
    TIME_SCALE: '1',
    ENDPOINTS: JSON.stringify({
      sqs: nowhere,
      dynamodb: dynamodb ?? nowhere,
      s3: nowhere,
      lambda: nowhere,
      postgres: { ecommerce: { host: address.host, port: address.port, database: address.database } },
      origins: {},
    }),
    COORDINATION_TABLE: 'coordination',
    DOMAIN: 'ecommerce',
    DATABASE_HOST: 'unused',
    DATABASE_PORT: '5432',
    DATABASE_NAME: 'unused',
    DATABASE_USER: user,
    MAX_RECEIVES: '5',
    QUARANTINE_BUCKET: 'quarantine',
    STORAGE_SCHEMA: 'retail',
    BREAKER: JSON.stringify({
      failures: 3,
      probeSeconds: 60,
      maxProbeMinutes: 15,
      drainBatchesPerSecond: 20,
      drainMinutes: 5,
    }),
    RAW_RETENTION_DAYS: '1095',
    MARKETPLACES: '["uzum"]',
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
}

/** Metric values by name in everything that was printed, summed, from embedded metric format. */
export function metricsIn(printed: readonly unknown[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const line of printed) {
    if (typeof line !== 'string' || !line.includes('CloudWatchMetrics')) continue;
    const document: Record<string, unknown> = JSON.parse(line);
    const aws = document['_aws'] as { CloudWatchMetrics: { Metrics: { Name: string }[] }[] };
    for (const { Name } of aws.CloudWatchMetrics.flatMap((set) => set.Metrics)) {
      const value = document[Name];
      const values = Array.isArray(value) ? value : [value];
      sums[Name] = (sums[Name] ?? 0) + values.reduce((sum: number, one) => sum + Number(one), 0);
    }
  }
  return sums;
}
