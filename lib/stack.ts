import { createHash } from 'node:crypto';
import { type CfnElement, Stack } from 'aws-cdk-lib';
import { CfnSecurityGroupEgress, CfnSecurityGroupIngress } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { Monitoring } from './alarms/monitoring.ts';
import type { StageConfig } from './config/schema.ts';
import { Coordination } from './constructs/coordination.ts';
import { Dispatcher } from './constructs/dispatcher.ts';
import { Gatekeeper } from './constructs/gatekeeper.ts';
import { Network } from './constructs/network.ts';
import { Replayer } from './constructs/replayer.ts';
import { Scheduler } from './constructs/scheduler.ts';
import { Scraper } from './constructs/scraper.ts';
import { StorageDomain } from './constructs/storage-domain.ts';
import { logicalId, resourceName } from './names.ts';

/** How often the audit looks. Its alarms tolerate two missed runs. */
const auditSchedule = 'rate(5 minutes)';

/** How often archive looks for a month whose time has come, and works on it for one run. Its alarm tolerates two missed runs. */
const archiveSchedule = 'rate(1 hour)';

/** When migrate makes the partitions of the coming months, besides every deployment. Twice, so that every day holds a run. */
const migrateSchedule = 'cron(17 2,14 * * ? *)';

/** How often what vanished is looked for. */
const gapsSchedule = 'rate(15 minutes)';

/** How often gates and breakers are looked after; EventBridge Scheduler knows nothing finer. */
const gatekeeperSchedule = 'rate(1 minute)';

/** How often replay looks for spilled visits: this is what they lose once their queue is back. */
const replaySchedule = 'rate(1 minute)';

/** One stage, whole: what is deployed together and run together locally (docs/decisions/0001). */
export class NarxStack extends Stack {
  constructor(scope: Construct, config: StageConfig) {
    super(scope, resourceName(config), {
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
      scheduler.allow(construct.migrate);
      scheduler.allow(construct.archive);
      construct.migration.executeBefore(
        scheduler.add([domain, 'audit'], construct.audit, auditSchedule, {}),
        scheduler.add([domain, 'migrate'], construct.migrate, migrateSchedule, {}),
        scheduler.add([domain, 'archive'], construct.archive, archiveSchedule, {}),
      );
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
    const gaps = scheduler.add(['gaps', 'dispatch'], dispatch, gapsSchedule, { mode: 'gaps' });
    for (const { migration } of domains.values()) migration.executeBefore(gaps);
    const { gatekeeper } = new Gatekeeper(this, 'Gatekeeper', {
      config,
      coordination,
      scrapers: marketplaces.map(({ scraper }) => scraper),
      domains: [...domains.values()],
    });
    scheduler.allow(gatekeeper);
    const gates = scheduler.add(['gates', 'gatekeeper'], gatekeeper, gatekeeperSchedule, {});
    const { replay } = new Replayer(this, 'Replayer', {
      config,
      coordination,
      domains: [...domains.values()],
      scrapers: marketplaces.map(({ scraper }) => scraper),
    });
    scheduler.allow(replay);
    const spill = scheduler.add(['spill', 'replay'], replay, replaySchedule, {});
    for (const { migration } of domains.values()) migration.executeBefore(gates, spill);
    new Monitoring(this, 'Monitoring', {
      config,
      dispatch,
      scheduler,
      scrapers: marketplaces.map(({ scraper }) => scraper),
      domains: [...domains.values()],
    });
  }

  /**
   * CDK names a security group rule after the unique id of the other group, stack included: `from narxdevStoreGroup12AB34CD:5432`.
   * Without that part all stages have the same logical ids: what is tried out in one is what is deployed to the next.
   */
  protected override allocateLogicalId(element: CfnElement): string {
    if (!(element instanceof CfnSecurityGroupEgress || element instanceof CfnSecurityGroupIngress))
      return super.allocateLogicalId(element);
    const letters = (text: string) => text.replaceAll(/[^A-Za-z0-9]/g, '');
    const stack = letters(this.stackName);
    const path = element.node.scopes
      .slice(2)
      .map(({ node }) => letters(node.id.replace(/^(from|to) (\w+)[0-9A-F]{8}:/, '$1$2').replace(stack, '')))
      .join('');
    return `${path}${createHash('sha256').update(path).digest('hex').slice(0, 8).toUpperCase()}`;
  }
}
