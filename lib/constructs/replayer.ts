import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { StageConfig } from '../config/schema.ts';
import type { Coordination } from './coordination.ts';
import { commonEnvironment, type ReplayEnvironment } from './environment.ts';
import { NarxFunction } from './narx-function.ts';
import type { Scraper } from './scraper.ts';
import type { StorageDomain } from './storage-domain.ts';

/** The function that sends what waits in buckets to the snapshots queues. Outside the VPC, which has no way to SQS. */
export class Replayer extends Construct {
  readonly replay: NarxFunction;

  constructor(
    scope: Construct,
    id: string,
    props: { config: StageConfig; coordination: Coordination; domains: StorageDomain[]; scrapers: Scraper[] },
  ) {
    super(scope, id);
    const { config, coordination, domains, scrapers } = props;
    const environment: ReplayEnvironment = {
      ...commonEnvironment(config),
      COORDINATION_TABLE: coordination.table.tableName,
      SPILL_BUCKET: coordination.spill.bucketName,
      QUARANTINE_BUCKET: coordination.quarantine.bucketName,
      RAW_BUCKET: coordination.rawPages.bucketName,
      MARKETPLACES: JSON.stringify(
        Object.fromEntries(
          scrapers.map(({ marketplace, settings }) => [
            marketplace,
            { domain: settings.domain, keepRaw: settings.rawPayload === 'keep' },
          ]),
        ),
      ),
      SNAPSHOTS_QUEUE_URLS: Stack.of(this).toJsonString(
        Object.fromEntries(domains.map(({ domain, snapshots }) => [domain, snapshots.queue.queueUrl])),
      ),
    };
    this.replay = new NarxFunction(this, 'Replay', {
      config,
      service: 'replay',
      owner: null,
      environment,
      network: null,
    });
    coordination.grantReplay(this.replay);
    // The outcome of a listing that was quarantined.
    coordination.grant(this.replay, 'GetItem', 'UpdateItem');
    if (scrapers.some(({ settings }) => settings.rawPayload === 'keep'))
      coordination.grantRawPages(this.replay);
    for (const { snapshots } of domains) snapshots.grantSend(this.replay);
  }
}
