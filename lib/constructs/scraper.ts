import { RemovalPolicy } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { MarketplaceSettings, StageConfig } from '../config/schema.ts';
import { userAgent } from '../config/user-agent.ts';
import type { Coordination } from './coordination.ts';
import { DeadLetteredQueue } from './dead-lettered-queue.ts';
import { commonEnvironment, type ScrapeEnvironment } from './environment.ts';
import { NarxFunction } from './narx-function.ts';
import { QueueWorker } from './queue-worker.ts';

export interface ScraperProps {
  config: StageConfig;
  marketplace: string;
  settings: MarketplaceSettings;
  coordination: Coordination;
  /** Of the marketplace's storage domain. */
  snapshots: DeadLetteredQueue;
}

/** One marketplace's jobs queue and the function that fetches. Outside the VPC: it needs the internet, and no database. */
export class Scraper extends Construct {
  readonly marketplace: string;
  readonly settings: MarketplaceSettings;
  readonly jobs: DeadLetteredQueue;
  readonly scrape: NarxFunction;
  readonly worker: QueueWorker;

  constructor(scope: Construct, id: string, props: ScraperProps) {
    super(scope, id);
    const { config, marketplace, settings, coordination, snapshots } = props;
    this.marketplace = marketplace;
    this.settings = settings;
    this.jobs = new DeadLetteredQueue(this, 'Jobs', {
      config,
      owner: marketplace,
      kind: 'jobs',
      // Jobs are planned again from the cursor and the ledger.
      removalPolicy: RemovalPolicy.DESTROY,
      consumerTimeoutSeconds: config.functions.scrape.timeoutSeconds,
    });
    const environment: ScrapeEnvironment = {
      ...commonEnvironment(config),
      MARKETPLACE: marketplace,
      COORDINATION_TABLE: coordination.table.tableName,
      DOMAIN: settings.domain,
      MAX_RECEIVES: String(config.queues.jobs.maxReceiveCount),
      SNAPSHOTS_QUEUE_URL: snapshots.queue.queueUrl,
      SPILL_BUCKET: coordination.spill.bucketName,
      QUARANTINE_BUCKET: coordination.quarantine.bucketName,
      RAW_BUCKET: settings.rawPayload === 'keep' ? coordination.rawPages.bucketName : 'none',
      CONNECTIONS: String(settings.connectionsPerWorker),
      REQUEST_TIMEOUT_MS: String(Math.round(settings.requestTimeoutSeconds * 1000)),
      USER_AGENT: userAgent(config.contact),
      GATE: JSON.stringify(config.gate),
      RATE: JSON.stringify(settings.rate),
      PROXY_SECRET: settings.proxies?.secretName ?? 'none',
      ROBOTS_OVERRIDES: JSON.stringify(settings.robotsOverrides),
    };
    this.scrape = new NarxFunction(this, 'Scrape', {
      config,
      service: 'scrape',
      owner: marketplace,
      environment,
      network: null,
    });
    coordination.grant(this.scrape, 'GetItem', 'PutItem', 'UpdateItem');
    coordination.grantQuarantine(this.scrape);
    coordination.grantSpill(this.scrape);
    if (settings.rawPayload === 'keep') coordination.grantRawPages(this.scrape);
    snapshots.grantSend(this.scrape);
    if (settings.proxies !== null) this.#grantProxies(settings.proxies.secretName);
    this.worker = new QueueWorker(this, 'ScrapeWorker', {
      config,
      source: this.jobs,
      worker: this.scrape,
      maxConcurrency: settings.maxConcurrency,
    });
  }

  /** The secret is made by hand: its ARN ends in a hyphen and six characters that nobody knows beforehand. */
  #grantProxies(secretName: string): void {
    const { secretArn } = Secret.fromSecretNameV2(this, 'Proxies', secretName);
    this.scrape.allow(['secretsmanager:GetSecretValue'], [`${secretArn}-??????`]);
  }
}
