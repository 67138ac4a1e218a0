import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { StageConfig } from './config/schema.ts';
import { Coordination } from './constructs/coordination.ts';
import { Dispatcher } from './constructs/dispatcher.ts';
import { Network } from './constructs/network.ts';
import { Scheduler } from './constructs/scheduler.ts';
import { Scraper } from './constructs/scraper.ts';
import { StorageDomain } from './constructs/storage-domain.ts';
import { logicalId, resourceName } from './names.ts';

/** How often the audit looks. Its alarms tolerate two missed runs. */
const auditSchedule = 'rate(5 minutes)';

/** One stage, whole: what is deployed together and run together locally (docs/decisions/0001). */
export class NarxStack extends Stack {
  constructor(scope: Construct, config: StageConfig, props: StackProps = {}) {
    super(scope, resourceName(config), {
      ...props,
      stackName: resourceName(config),
      description: `Marketplace price history, stage ${config.stage}`,
      terminationProtection: config.terminationProtection,
      tags: { 'narx:stage': config.stage },
    });
    const enabled = Object.entries(config.marketplaces).filter(([, settings]) => settings.enabled);
    const network = new Network(this, 'Network', config);
    const coordination = new Coordination(this, 'Coordination', config);
    const scheduler = new Scheduler(this, 'Scheduler', config);

    const domains = new Map<string, StorageDomain>();
    for (const [domain, settings] of Object.entries(config.storageDomains)) {
      const marketplaces = enabled.filter(([, { domain: of }]) => of === domain).map(([id]) => id);
      if (marketplaces.length === 0) continue;
      const construct = new StorageDomain(this, `${logicalId(domain)}Domain`, {
        config,
        domain,
        settings,
        marketplaces,
        network,
        coordination,
      });
      domains.set(domain, construct);
      scheduler.allow(construct.audit);
      construct.migration.executeBefore(scheduler.add([domain, 'audit'], construct.audit, auditSchedule, {}));
    }

    const marketplaces = enabled.map(([marketplace, settings]) => {
      const domain = domains.get(settings.domain);
      if (domain === undefined) throw new Error(`${marketplace} has no storage domain`);
      const scraper = new Scraper(this, `${logicalId(marketplace)}Marketplace`, {
        config,
        marketplace,
        settings,
        coordination,
        snapshots: domain.snapshots,
      });
      return { scraper, domain };
    });
    const { dispatch } = new Dispatcher(this, 'Dispatcher', { config, coordination, marketplaces });
    scheduler.allow(dispatch);
    for (const { scraper, domain } of marketplaces)
      for (const [mode, expression] of Object.entries(scraper.settings.schedules)) {
        if (expression === undefined) continue;
        domain.migration.executeBefore(
          scheduler.add([scraper.marketplace, mode], dispatch, expression, {
            marketplace: scraper.marketplace,
            mode,
          }),
        );
      }
  }
}
