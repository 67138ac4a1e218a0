import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { StageConfig } from '../config/schema.ts';
import type { Coordination } from './coordination.ts';
import { commonEnvironment, type DispatchEnvironment } from './environment.ts';
import { NarxFunction } from './narx-function.ts';
import type { Scraper } from './scraper.ts';
import type { StorageDomain } from './storage-domain.ts';

/** The one function that plans jobs, for all marketplaces of the stage. Outside the VPC. */
export class Dispatcher extends Construct {
  readonly dispatch: NarxFunction;

  constructor(
    scope: Construct,
    id: string,
    props: {
      config: StageConfig;
      coordination: Coordination;
      /** Each with the storage domain that it belongs to. */
      marketplaces: { scraper: Scraper; domain: StorageDomain }[];
    },
  ) {
    super(scope, id);
    const { config, coordination, marketplaces } = props;
    const byMarketplace = (value: (entry: (typeof marketplaces)[number]) => unknown) =>
      Stack.of(this).toJsonString(
        Object.fromEntries(marketplaces.map((entry) => [entry.scraper.marketplace, value(entry)])),
      );
    const environment: DispatchEnvironment = {
      ...commonEnvironment(config),
      COORDINATION_TABLE: coordination.table.tableName,
      JOBS_QUEUE_URLS: byMarketplace(({ scraper }) => scraper.jobs.queue.queueUrl),
      SNAPSHOTS_QUEUE_URLS: byMarketplace(({ domain }) => domain.snapshots.queue.queueUrl),
      DUE_FUNCTION_NAMES: byMarketplace(({ domain }) => domain.due.functionName),
      SPILL_BUCKET: coordination.spill.bucketName,
      STORAGE_DOMAINS: byMarketplace(({ domain }) => domain.domain),
      PLANS: byMarketplace(({ scraper }) => scraper.settings.plan),
    };
    this.dispatch = new NarxFunction(this, 'Dispatch', {
      config,
      service: 'dispatch',
      owner: null,
      environment,
      network: null,
    });
    coordination.grant(this.dispatch, 'GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem');
    coordination.grantSpillLook(this.dispatch);
    for (const { scraper } of marketplaces) scraper.jobs.grantSend(this.dispatch);
    for (const snapshots of new Set(marketplaces.map(({ domain }) => domain.snapshots)))
      this.dispatch.allow(['sqs:GetQueueAttributes'], [snapshots.queue.queueArn]);
    for (const due of new Set(marketplaces.map(({ domain }) => domain.due)))
      this.dispatch.allow(['lambda:InvokeFunction'], [due.functionArn]);
  }
}
