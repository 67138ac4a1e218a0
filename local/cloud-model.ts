/**
 * The parts of a synthesized template that the local stack runs, with every intrinsic resolved. Durations are as the
 * template gives them (seconds); whoever waits for one multiplies it by the time scale.
 */
export interface CloudModel {
  stackName: string;
  region: string;
  accountId: string;
  queues: QueueSpec[];
  functions: FunctionSpec[];
  mappings: MappingSpec[];
  schedules: ScheduleSpec[];
  tables: TableSpec[];
  buckets: BucketSpec[];
  databases: DatabaseSpec[];
  alarms: AlarmSpec[];
  httpApis: HttpApiSpec[];
  /** Functions that a deployment runs before traffic (custom resource triggers), in order. */
  triggers: { logicalId: string; functionName: string }[];
}

export interface QueueSpec {
  logicalId: string;
  name: string;
  /** As SQS CreateQueue takes them: VisibilityTimeout, MessageRetentionPeriod, RedrivePolicy (JSON), … */
  attributes: Record<string, string>;
}

export interface FunctionSpec {
  logicalId: string;
  name: string;
  /** `index.handler` */
  handler: string;
  /** Absolute folder of the bundled code. */
  codeDir: string;
  memoryMb: number;
  timeoutSeconds: number;
  environment: Record<string, string>;
}

export interface MappingSpec {
  logicalId: string;
  /** The mapping's identifier as the Lambda API gives it. */
  uuid: string;
  functionName: string;
  queueName: string;
  batchSize: number;
  batchingWindowSeconds: number;
  maximumConcurrency: number | null;
  reportBatchItemFailures: boolean;
  enabled: boolean;
}

export interface ScheduleSpec {
  logicalId: string;
  name: string;
  /** `rate(5 minutes)` or `cron(…)`. */
  expression: string;
  timezone: string;
  functionName: string;
  /** JSON text; `<aws.scheduler.scheduled-time>` is replaced at delivery. */
  input: string;
  enabled: boolean;
  maximumRetryAttempts: number;
  deadLetterQueueName: string | null;
}

export interface TableSpec {
  logicalId: string;
  name: string;
  /** Input of the SDK's CreateTableCommand. */
  create: Record<string, unknown>;
  ttlAttribute: string | null;
}

export interface BucketSpec {
  logicalId: string;
  name: string;
}

export interface DatabaseSpec {
  logicalId: string;
  /** `DBName` of the instance. */
  databaseName: string;
  masterUsername: string;
  /** Tag `narx:domain` of the instance. */
  domain: string;
  /** What metrics call the instance and the proxy before it. */
  instanceName: string;
  proxyName: string;
  /** Storage at first, in bytes. */
  allocatedBytes: number;
  /** Of automated backups; 0: there are none. */
  backupRetentionDays: number;
}

/** An HTTP API whose routes invoke functions. */
export interface HttpApiSpec {
  logicalId: string;
  name: string;
  /** `key` as in `GET /products/{id}`. */
  routes: { key: string; functionName: string }[];
}

/** One metric of an alarm: a statistic over dimensions, or an expression over the ids of the others. */
export type MetricSpec =
  | {
      id: string;
      returnData: boolean;
      namespace: string;
      name: string;
      dimensions: Record<string, string>;
      /** `Sum`, `Maximum`, `Average`, `p99`, … */
      statistic: string;
      periodSeconds: number;
    }
  | { id: string; returnData: boolean; expression: string; periodSeconds: number };

export interface AlarmSpec {
  logicalId: string;
  name: string;
  description: string;
  /** Composite alarms have a rule instead of metrics. */
  rule: string | null;
  metrics: MetricSpec[];
  comparison: string;
  threshold: number;
  evaluationPeriods: number;
  datapointsToAlarm: number;
  treatMissingData: 'breaching' | 'notBreaching' | 'ignore' | 'missing';
  /** Name of the topic that is told of its changes; null: nobody is. */
  topic: string | null;
  /** The alarm that keeps a composite silent while it is in ALARM. */
  suppressor: { name: string; waitSeconds: number; extensionSeconds: number } | null;
}
