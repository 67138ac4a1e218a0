import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { RDSClient } from '@aws-sdk/client-rds';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Endpoints } from '../contract/endpoints.ts';
import { countFailures } from './vitals.ts';

/**
 * One client per service and environment. Region and credentials come from where the SDK itself looks for them.
 * Every call is bounded: without these limits the SDK waits for ever for a server that accepted and fell silent (F26).
 * The longest a call can take is about `attempts * requestMs`, which stays below the shortest function timeout.
 */
const CONNECT_MS = 2_000;

function bounded(limits: { requestMs: number; attempts: number; sockets: number }) {
  const agent = { keepAlive: true, maxSockets: limits.sockets };
  return {
    maxAttempts: limits.attempts,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: CONNECT_MS,
      requestTimeout: limits.requestMs,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    }),
  };
}

function located(endpoints: Endpoints, service: 'sqs' | 'dynamodb' | 's3' | 'lambda') {
  return endpoints === 'aws' ? {} : { endpoint: endpoints[service] };
}

/** SQS answers within milliseconds; two retries of the SDK ride over a lost connection. */
export function createSqs(endpoints: Endpoints): SQSClient {
  return new SQSClient({
    ...located(endpoints, 'sqs'),
    ...bounded({ requestMs: 4_000, attempts: 3, sockets: 16 }),
  });
}

/** DynamoDB: one more attempt than the others, because throttling is how it answers a burst. */
export function createDynamoDb(endpoints: Endpoints): DynamoDBClient {
  return countFailures(
    new DynamoDBClient({
      ...located(endpoints, 'dynamodb'),
      ...bounded({ requestMs: 3_000, attempts: 4, sockets: 32 }),
    }),
  );
}

/** DynamoDB for what work does not wait for: while it does not answer, the last known value holds (F15). */
export function createHastyDynamoDb(endpoints: Endpoints): DynamoDBClient {
  return new DynamoDBClient({
    ...located(endpoints, 'dynamodb'),
    ...bounded({ requestMs: 1_000, attempts: 2, sockets: 4 }),
  });
}

/** S3; local servers have no host name per bucket. */
export function createS3(endpoints: Endpoints): S3Client {
  return new S3Client({
    ...located(endpoints, 's3'),
    ...bounded({ requestMs: 8_000, attempts: 3, sockets: 16 }),
    forcePathStyle: endpoints !== 'aws',
  });
}

/** S3 for files of some 20 MB, which take their time; archive has minutes. */
export function createArchiveS3(endpoints: Endpoints): S3Client {
  return new S3Client({
    ...located(endpoints, 's3'),
    ...bounded({ requestMs: 60_000, attempts: 3, sockets: 2 }),
    forcePathStyle: endpoints !== 'aws',
  });
}

/** Invokes other functions and waits for them (30 s at most), once: a repeated claim would lease more references. */
export function createLambda(endpoints: Endpoints): LambdaClient {
  return new LambdaClient({
    ...located(endpoints, 'lambda'),
    ...bounded({ requestMs: 35_000, attempts: 1, sockets: 16 }),
  });
}

/**
 * CloudWatch, asked for what RDS measures; a run that gets no answer goes by what was measured before. Null where there is
 * none: never the cloud's own for a local run.
 */
export function createCloudWatch(endpoints: Endpoints): CloudWatchClient | null {
  const limits = bounded({ requestMs: 3_000, attempts: 2, sockets: 4 });
  if (endpoints === 'aws') return new CloudWatchClient(limits);
  const { cloudwatch: endpoint } = endpoints;
  return endpoint === undefined ? null : new CloudWatchClient({ endpoint, ...limits });
}

/** RDS, asked what a database could be restored to. Null where there is none, as for CloudWatch. */
export function createRds(endpoints: Endpoints): RDSClient | null {
  const limits = bounded({ requestMs: 3_000, attempts: 2, sockets: 4 });
  if (endpoints === 'aws') return new RDSClient(limits);
  const { rds: endpoint } = endpoints;
  return endpoint === undefined ? null : new RDSClient({ endpoint, ...limits });
}

/** Secrets Manager, asked once at a cold start, which Lambda gives ten seconds. There is no local one. */
export function createSecrets(): SecretsManagerClient {
  return new SecretsManagerClient(bounded({ requestMs: 3_000, attempts: 2, sockets: 1 }));
}
