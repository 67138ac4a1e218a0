import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { StageConfig } from '../config/schema.ts';
import type { Coordination } from './coordination.ts';
import { commonEnvironment, type GatekeeperEnvironment } from './environment.ts';
import { NarxFunction } from './narx-function.ts';
import type { QueueWorker } from './queue-worker.ts';
import type { Scraper } from './scraper.ts';
import type { StorageDomain } from './storage-domain.ts';

/** The function that makes the event source mappings match gates and breakers, and probes. Outside the VPC: it calls the Lambda API. */
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
    const consumers = (of: { id: string; worker: NarxFunction; mapping: QueueWorker }[]): string =>
      stack.toJsonString(
        Object.fromEntries(
          of.map(({ id, worker, mapping }) => [
            id,
            { functionName: worker.functionName, mapping: mapping.mapping.eventSourceMappingId },
          ]),
        ),
      );
    const scraping = scrapers.map(({ marketplace, scrape, worker }) => ({
      id: marketplace,
      worker: scrape,
      mapping: worker,
    }));
    const storing = domains.map(({ domain, store, worker }) => ({
      id: domain,
      worker: store,
      mapping: worker,
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
