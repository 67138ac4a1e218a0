import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Peer, Port, type SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Trigger } from 'aws-cdk-lib/triggers';
import { Construct } from 'constructs';
import type { DomainSettings, StageConfig } from '../config/schema.ts';
import type { Coordination } from './coordination.ts';
import { Database, type DatabaseUser, databasePort, masterUser } from './database.ts';
import { DeadLetteredQueue } from './dead-lettered-queue.ts';
import {
  type ApiEnvironment,
  type ArchiveEnvironment,
  type AuditEnvironment,
  commonEnvironment,
  type DueEnvironment,
  type MigrateEnvironment,
  type StoreEnvironment,
} from './environment.ts';
import { HttpApi } from './http-api.ts';
import { NarxFunction } from './narx-function.ts';
import type { Network } from './network.ts';
import { QueueWorker } from './queue-worker.ts';

export interface StorageDomainProps {
  config: StageConfig;
  domain: string;
  settings: DomainSettings;
  /** Enabled marketplaces of the domain. */
  marketplaces: string[];
  network: Network;
  coordination: Coordination;
}

/** A failure domain (F14): database, snapshots queue, the functions that read and write them, and the API. */
export class StorageDomain extends Construct {
  readonly domain: string;
  readonly settings: DomainSettings;
  readonly database: Database;
  readonly snapshots: DeadLetteredQueue;
  readonly store: NarxFunction;
  readonly due: NarxFunction;
  readonly audit: NarxFunction;
  readonly api: NarxFunction;
  readonly archive: NarxFunction;
  readonly migrate: NarxFunction;
  readonly worker: QueueWorker;
  /** Runs migrate during the deployment, whenever its code, its SQL or its environment changed. */
  readonly migration: Trigger;
  readonly #props: StorageDomainProps;

  constructor(scope: Construct, id: string, props: StorageDomainProps) {
    super(scope, id);
    this.#props = props;
    const { config, domain, settings, coordination, network } = props;
    this.domain = domain;
    this.settings = settings;
    this.database = new Database(this, 'Database', config, domain, network);
    this.snapshots = new DeadLetteredQueue(this, 'Snapshots', {
      config,
      owner: domain,
      kind: 'snapshots',
      removalPolicy: RemovalPolicy.RETAIN,
      consumerTimeoutSeconds: config.functions.store.timeoutSeconds,
    });
    this.due = this.#client(
      'due',
      'narx_due',
      this.#databaseEnvironment('narx_due') satisfies DueEnvironment,
    );
    this.audit = this.#client('audit', 'narx_audit', {
      ...this.#databaseEnvironment('narx_audit'),
      COORDINATION_TABLE: coordination.table.tableName,
      MARKETPLACES: JSON.stringify(props.marketplaces),
    } satisfies AuditEnvironment);
    coordination.grant(this.audit, 'GetItem', 'Query', 'PutItem', 'UpdateItem');
    this.store = this.#client('store', 'narx_store', {
      ...this.#databaseEnvironment('narx_store'),
      COORDINATION_TABLE: coordination.table.tableName,
      MAX_RECEIVES: String(config.queues.snapshots.maxReceiveCount),
      STORAGE_SCHEMA: settings.schema,
      QUARANTINE_BUCKET: coordination.quarantine.bucketName,
      BREAKER: JSON.stringify(config.breaker),
    } satisfies StoreEnvironment);
    coordination.grant(this.store, 'GetItem', 'PutItem', 'UpdateItem');
    coordination.grantQuarantine(this.store);
    this.api = this.#client('api', 'narx_api', {
      ...this.#databaseEnvironment('narx_api'),
      COORDINATION_TABLE: coordination.table.tableName,
      FRESHNESS_HOURS: JSON.stringify(
        Object.fromEntries(props.marketplaces.map((id) => [id, config.marketplaces[id]?.freshnessHours])),
      ),
    } satisfies ApiEnvironment);
    coordination.grant(this.api, 'GetItem');
    new HttpApi(this, 'HttpApi', { config, domain, handler: this.api });
    this.archive = this.#client('archive', 'narx_archive', {
      ...this.#databaseEnvironment('narx_archive'),
      ARCHIVE_BUCKET: coordination.archive.bucketName,
      HISTORY_RETENTION_DAYS: String(settings.historyRetentionDays),
    } satisfies ArchiveEnvironment);
    coordination.archive.grant(this.archive, domain);
    this.migrate = this.#migrate();

    this.worker = new QueueWorker(this, 'StoreWorker', {
      config,
      source: this.snapshots,
      worker: this.store,
      maxConcurrency: settings.storeConcurrency,
    });
    // New code is installed, and takes messages, only once the schema that it expects is there (F53).
    this.migration = new Trigger(this, 'Migration', {
      handler: this.migrate,
      timeout: Duration.seconds(config.functions.migrate.timeoutSeconds),
      executeAfter: [this.database, network],
      executeBefore: [this.store, this.due, this.audit, this.api, this.archive, this.worker],
    });
  }

  #databaseEnvironment(user: DatabaseUser) {
    return {
      ...commonEnvironment(this.#props.config),
      DOMAIN: this.domain,
      DATABASE_HOST: this.database.proxy.endpoint,
      DATABASE_PORT: String(databasePort),
      DATABASE_NAME: this.domain,
      DATABASE_USER: user,
    };
  }

  /** A function that logs in through the proxy. */
  #client(
    service: 'store' | 'due' | 'audit' | 'api' | 'archive',
    user: DatabaseUser,
    environment: Record<string, string>,
  ): NarxFunction {
    const group = this.#securityGroup(service);
    // S3 and DynamoDB, through the gateway endpoints: the subnets have no other route.
    if (service !== 'due') group.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'S3 and DynamoDB');
    const client = this.#function(service, environment, group);
    this.database.grantConnect(client, group, user);
    return client;
  }

  #migrate(): NarxFunction {
    const group = this.#securityGroup('migrate');
    const { config, settings } = this.#props;
    const environment: MigrateEnvironment = {
      ...commonEnvironment(config),
      DOMAIN: this.domain,
      // Not the proxy: migrations take advisory locks, which pin.
      DATABASE_HOST: this.database.instance.dbInstanceEndpointAddress,
      DATABASE_PORT: String(databasePort),
      DATABASE_NAME: this.domain,
      DATABASE_USER: masterUser,
      STORAGE_SCHEMA: settings.schema,
      RAW_RETENTION_DAYS: String(config.rawRetentionDays),
    };
    const migrate = this.#function('migrate', environment, group);
    this.database.grantMaster(migrate, group);
    return migrate;
  }

  #securityGroup(service: string): SecurityGroup {
    return this.#props.network.closedSecurityGroup(this, `${service}Group`, `${service} of ${this.domain}`);
  }

  #function(
    service: 'store' | 'due' | 'audit' | 'api' | 'archive' | 'migrate',
    environment: Record<string, string>,
    securityGroup: SecurityGroup,
  ): NarxFunction {
    const { config, network } = this.#props;
    return new NarxFunction(this, service, {
      config,
      service,
      owner: this.domain,
      environment,
      network: { vpc: network.vpc, securityGroup },
      ...(service === 'api' ? { concurrency: config.api.concurrency } : {}),
    });
  }
}
