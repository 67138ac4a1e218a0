import { ArnFormat, Stack, Validations } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { StageConfig } from '../config/schema.ts';
import type { Coordination } from './coordination.ts';
import { commonEnvironment, type GatekeeperEnvironment } from './environment.ts';
import { NarxFunction } from './narx-function.ts';
import type { QueueWorker } from './queue-worker.ts';
import type { Scraper } from './scraper.ts';
import type { StorageDomain } from './storage-domain.ts';

const gib = 1024 ** 3;

/**
 * The function that makes the event source mappings match gates, breakers and disks, probes, and looks after backups. Outside the
 * VPC: it calls the APIs of Lambda and RDS.
 */
export class Gatekeeper extends Construct {
  readonly gatekeeper: NarxFunction;

  constructor(
    scope: Construct,
    id: string,
    props: { config: StageConfig; coordination: Coordination; scrapers: Scraper[]; domains: StorageDomain[] },
  ) {
    super(scope, id);
    const { config, coordination, scrapers, domains } = props;
    const stack = Stack.of(this);
    const consumers = (
      of: { id: string; worker: NarxFunction; mapping: QueueWorker; disk?: object }[],
    ): string =>
      stack.toJsonString(
        Object.fromEntries(
          of.map(({ id, worker, mapping, disk }) => [
            id,
            { functionName: worker.functionName, mapping: mapping.mapping.eventSourceMappingId, ...disk },
          ]),
        ),
      );
    const scraping = scrapers.map(({ marketplace, scrape, worker }) => ({
      id: marketplace,
      worker: scrape,
      mapping: worker,
    }));
    const percent = (of: number, gigabytes: number): number => Math.round((of / 100) * gigabytes * gib);
    const { holdBelowPercent, resumeAtPercent } = config.storage;
    const storing = domains.map(({ domain, settings, database, store, worker }) => ({
      id: domain,
      worker: store,
      mapping: worker,
      disk: {
        instance: database.instance.instanceIdentifier,
        holdBytes: percent(holdBelowPercent, settings.allocatedStorageGb),
        resumeBytes: percent(resumeAtPercent, settings.allocatedStorageGb),
      },
    }));
    const environment: GatekeeperEnvironment = {
      ...commonEnvironment(config),
      COORDINATION_TABLE: coordination.table.tableName,
      GATE: JSON.stringify(config.gate),
      SCRAPERS: consumers(scraping),
      BREAKER: JSON.stringify(config.breaker),
      STORES: consumers(storing),
    };
    this.gatekeeper = new NarxFunction(this, 'Gatekeeper', {
      config,
      service: 'gatekeeper',
      owner: null,
      environment,
      network: null,
    });
    coordination.grant(this.gatekeeper, 'GetItem', 'PutItem');
    this.gatekeeper.allow(['cloudwatch:GetMetricData'], ['*']);
    Validations.of(this.gatekeeper.executionRole).acknowledge({
      id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
      reason:
        'cloudwatch:GetMetricData, which only reads, knows no resources and no condition on the namespace.',
    });
    this.gatekeeper.allow(
      ['rds:DescribeDBInstances'],
      domains.map(({ database }) => database.instance.instanceArn),
    );
    for (const { worker, mapping } of [...scraping, ...storing]) {
      this.gatekeeper.allow(['lambda:InvokeFunction'], [worker.functionArn]);
      // By identifier: listing mappings cannot be limited to some of them.
      this.gatekeeper.allow(
        ['lambda:GetEventSourceMapping', 'lambda:UpdateEventSourceMapping'],
        [
          stack.formatArn({
            service: 'lambda',
            resource: 'event-source-mapping',
            resourceName: mapping.mapping.eventSourceMappingId,
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        ],
      );
    }
  }
}
