import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { RDSClient } from '@aws-sdk/client-rds';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { LocalEndpoints } from '../functions/contract/endpoints.ts';
import { type CloudWatchServer, startCloudWatch } from './aws/cloudwatch.ts';
import { type DynamoDbServer, startDynamoDb } from './aws/dynamodb.ts';
import type { OnCloudRequest } from './aws/fault.ts';
import { type LambdaApiServer, startLambdaApi } from './aws/lambda-api.ts';
import { type RdsServer, startRds } from './aws/rds.ts';
import { type S3Server, startS3 } from './aws/s3/server.ts';
import { type SqsServer, startSqs } from './aws/sqs/server.ts';
import type { CloudModel } from './cloud-model.ts';
import type { Shutdown } from './lifecycle/shutdown.ts';
import { createDatabases } from './postgres/databases.ts';
import { type PostgresServer, startPostgres } from './postgres/server.ts';

/** SDK clients that know where the emulators are. */
export interface Clients {
  sqs: SQSClient;
  s3: S3Client;
  dynamodb: DynamoDBClient;
  lambda: LambdaClient;
  rds: RDSClient;
}

/** The services of the cloud, on loopback, as yet empty. */
export interface Emulators {
  postgres: PostgresServer;
  sqs: SqsServer;
  s3: S3Server;
  dynamodb: DynamoDbServer;
  lambdaApi: LambdaApiServer;
  cloudwatch: CloudWatchServer;
  rds: RdsServer;
  clients: Clients;
}

export interface EmulatorOptions {
  /** Postgres keeps its state here over runs; queues, tables and objects are gone with the run. */
  dataDir: string;
  region: string;
  accountId: string;
  timeScale: number;
  /** Of all instances of the template together, which are one server here; 0 when it has none. */
  maxConnections: number;
  /** Asked before every request to any of the services; drills answer with a fault. */
  onRequest?: OnCloudRequest;
  /** What the emulators have to say, as `stack`. */
  onOutput?: (source: string, line: string) => void;
  /** Server settings of Postgres over the local stack's own. */
  postgresSettings?: Record<string, string>;
  /**
   * Nobody wants the state when the stack has stopped: batches in flight are given up, and Postgres ends without a checkpoint.
   * `shared` is the folder of what several such stacks begin with: an empty cluster of Postgres, and the functions' compile cache.
   */
  disposable?: { shared: string };
}

/** What a small template gets all the same, and what the stack itself needs: samples, reports, migrations. */
const fewestConnections = 40;
const spareConnections = 20;

/** Starts everything that the functions talk to. Each part is registered to be stopped as soon as it runs. */
export async function startEmulators(options: EmulatorOptions, shutdown: Shutdown): Promise<Emulators> {
  const { dataDir, region, accountId, timeScale, postgresSettings: settings = {} } = options;
  const onRequest: OnCloudRequest = (request) => options.onRequest?.(request);
  mkdirSync(dataDir, { recursive: true });
  const postgres = await startPostgres({
    dataDir: path.join(dataDir, 'postgres'),
    say: (sentence) => options.onOutput?.('stack', sentence),
    ...(options.disposable ? { template: path.join(options.disposable.shared, 'cluster') } : {}),
    settings: {
      max_connections: String(Math.max(options.maxConnections, fewestConnections) + spareConnections),
      ...settings,
    },
  });
  shutdown.add('Postgres', () => postgres.stop(options.disposable ? 'immediate' : 'fast'));
  const sqs = await startSqs({
    timeScale,
    region,
    accountId,
    onRequest: (operation, resource, caller) =>
      onRequest({ service: 'sqs', operation, resource, item: null, caller }),
  });
  shutdown.add('SQS', () => sqs.close());
  const s3 = await startS3({
    dataDir: path.join(dataDir, 's3'),
    region,
    onRequest: (operation, resource, item, caller) =>
      onRequest({ service: 's3', operation, resource, item, caller }),
  });
  shutdown.add('S3', () => s3.close());
  const dynamodb = await startDynamoDb(
    region,
    options.onRequest &&
      ((operation, resource, item, caller) =>
        onRequest({ service: 'dynamodb', operation, resource, item, caller })),
  );
  shutdown.add('DynamoDB', () => dynamodb.close());
  const lambdaApi = await startLambdaApi({
    region,
    accountId,
    timeScale,
    onRequest: (operation, resource, caller) =>
      onRequest({ service: 'lambda', operation, resource, item: null, caller }),
  });
  shutdown.add('the Lambda API', () => lambdaApi.close());
  const cloudwatch = await startCloudWatch({
    timeScale,
    onRequest: (operation, resource, caller) =>
      onRequest({ service: 'cloudwatch', operation, resource, item: null, caller }),
  });
  shutdown.add('CloudWatch', () => cloudwatch.close());
  const rds = await startRds({
    timeScale,
    onRequest: (operation, resource, caller) =>
      onRequest({ service: 'rds', operation, resource, item: null, caller }),
  });
  shutdown.add('RDS', () => rds.close());
  const common = { region, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  const clients: Clients = {
    sqs: new SQSClient({ ...common, endpoint: sqs.url }),
    s3: new S3Client({ ...common, endpoint: s3.url, forcePathStyle: true }),
    dynamodb: new DynamoDBClient({ ...common, endpoint: dynamodb.url }),
    lambda: new LambdaClient({ ...common, endpoint: lambdaApi.url }),
    rds: new RDSClient({ ...common, endpoint: rds.url }),
  };
  shutdown.add('the SDK clients', async () => {
    for (const client of Object.values(clients)) client.destroy();
  });
  return { postgres, sqs, s3, dynamodb, lambdaApi, cloudwatch, rds, clients };
}

/** Creates what the template declares: queues, tables, buckets and databases. */
export async function createResources(model: CloudModel, emulators: Emulators): Promise<void> {
  const { clients, dynamodb, postgres, rds } = emulators;
  for (const { name, attributes } of model.queues)
    await clients.sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
  for (const { name } of model.buckets) await clients.s3.send(new CreateBucketCommand({ Bucket: name }));
  await dynamodb.createTables(model.tables);
  await createDatabases(postgres, model.databases);
  rds.create(model.databases);
}

/** What the functions get as ENDPOINTS. */
export function endpointsOf(
  model: CloudModel,
  emulators: Emulators,
  marketplaces: Required<Pick<LocalEndpoints, 'origins' | 'proxies'>>,
): LocalEndpoints {
  const { sqs, s3, dynamodb, lambdaApi, cloudwatch, rds, postgres } = emulators;
  return {
    sqs: sqs.url,
    s3: s3.url,
    dynamodb: dynamodb.url,
    lambda: lambdaApi.url,
    cloudwatch: cloudwatch.url,
    rds: rds.url,
    postgres: Object.fromEntries(
      model.databases.map(({ domain, databaseName }) => [
        domain,
        { host: '127.0.0.1', port: postgres.port, database: databaseName },
      ]),
    ),
    ...marketplaces,
  };
}
