import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { StageConfig } from '../config/schema.ts';
import type { Coordination } from './coordination.ts';
import { commonEnvironment, type GatekeeperEnvironment } from './environment.ts';
import { NarxFunction } from './narx-function.ts';
import type { Scraper } from './scraper.ts';

/** The function that makes the event source mappings match the gates, and probes. Outside the VPC: it calls the Lambda API. */
export class Gatekeeper extends Construct {
  readonly gatekeeper: NarxFunction;

  constructor(
    scope: Construct,
    id: string,
    props: { config: StageConfig; coordination: Coordination; scrapers: Scraper[] },
  ) {
    super(scope, id);
    const { config, coordination, scrapers } = props;
    const stack = Stack.of(this);
    const environment: GatekeeperEnvironment = {
      ...commonEnvironment(config),
      COORDINATION_TABLE: coordination.table.tableName,
      GATE: JSON.stringify(config.gate),
      SCRAPERS: stack.toJsonString(
        Object.fromEntries(
          scrapers.map(({ marketplace, scrape, worker }) => [
            marketplace,
            { functionName: scrape.functionName, mapping: worker.mapping.eventSourceMappingId },
          ]),
        ),
      ),
    };
    this.gatekeeper = new NarxFunction(this, 'Gatekeeper', {
      config,
      service: 'gatekeeper',
      owner: null,
      environment,
      network: null,
    });
    coordination.grant(this.gatekeeper, 'GetItem', 'PutItem');
    for (const { scrape, worker } of scrapers) {
      this.gatekeeper.allow(['lambda:InvokeFunction'], [scrape.functionArn]);
      // By identifier: listing mappings cannot be limited to some of them.
      this.gatekeeper.allow(
        ['lambda:GetEventSourceMapping', 'lambda:UpdateEventSourceMapping'],
        [
          stack.formatArn({
            service: 'lambda',
            resource: 'event-source-mapping',
            resourceName: worker.mapping.eventSourceMappingId,
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        ],
      );
    }
  }
}
