import { Construct } from 'constructs';
import type { StageConfig } from '../config/schema.ts';
import type { NarxFunction } from '../constructs/narx-function.ts';
import type { Scheduler } from '../constructs/scheduler.ts';
import type { Scraper } from '../constructs/scraper.ts';
import type { StorageDomain } from '../constructs/storage-domain.ts';
import { addDashboard } from './dashboard.ts';
import { databaseAlarms, domainAlarms } from './domain.ts';
import { checkpointAlarms, freshnessAlarms, gateAlarms, pageAlarms } from './marketplace.ts';
import { Notifications } from './notifications.ts';
import { functionAlarm, ledgerAlarm, migrationAlarm, queueAlarms, scheduleAlarms } from './pipeline.ts';
import { RunbookAlarms } from './runbook-alarm.ts';

/** All alarms and the dashboard of a stage. */
export class Monitoring extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: {
      config: StageConfig;
      dispatch: NarxFunction;
      scheduler: Scheduler;
      scrapers: Scraper[];
      domains: StorageDomain[];
    },
  ) {
    super(scope, id);
    const { config, dispatch, scheduler, scrapers, domains } = props;
    const { topic } = new Notifications(this, 'Notifications', config);
    const alarms = new RunbookAlarms(this, 'Alarms', config, topic);

    functionAlarm(alarms, 'dispatch-failing', 'critical', dispatch, null);
    scheduleAlarms(alarms, config, dispatch, scheduler);
    for (const { marketplace, settings, jobs, scrape } of scrapers) {
      functionAlarm(alarms, 'scrape-failing', 'warning', scrape, marketplace);
      queueAlarms(alarms, config, jobs);
      freshnessAlarms(alarms, marketplace, settings);
      pageAlarms(alarms, marketplace);
      checkpointAlarms(alarms, marketplace);
      gateAlarms(alarms, marketplace);
      ledgerAlarm(alarms, 'scrape', { marketplace });
    }
    for (const { domain, settings, snapshots, store, migrate, database } of domains) {
      functionAlarm(alarms, 'store-failing', 'critical', store, domain);
      migrationAlarm(alarms, migrate, domain);
      queueAlarms(alarms, config, snapshots);
      ledgerAlarm(alarms, 'store', { domain });
      domainAlarms(alarms, domain);
      databaseAlarms(alarms, domain, settings, database);
    }
    addDashboard(this, config, alarms, scrapers, domains);
  }
}
