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
import {
  dispatchAlarm,
  dueAlarm,
  ledgerAlarm,
  migrationAlarm,
  queueAlarms,
  scheduleAlarms,
  scrapeAlarm,
  spillAlarms,
  storeAlarm,
} from './pipeline.ts';
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
    const { topics } = new Notifications(this, 'Notifications', config);
    const alarms = new RunbookAlarms(this, 'Alarms', config, topics);

    dispatchAlarm(alarms, dispatch);
    scheduleAlarms(alarms, config, dispatch, scheduler);
    for (const { marketplace, settings, jobs, scrape } of scrapers) {
      scrapeAlarm(alarms, marketplace, scrape, jobs);
      queueAlarms(alarms, config, jobs);
      freshnessAlarms(alarms, marketplace, settings);
      pageAlarms(alarms, marketplace);
      checkpointAlarms(alarms, marketplace);
      gateAlarms(alarms, marketplace);
      ledgerAlarm(alarms, 'scrape', { marketplace });
    }
    for (const { domain, settings, snapshots, store, due, migrate, database } of domains) {
      storeAlarm(alarms, domain, store);
      dueAlarm(alarms, domain, due);
      migrationAlarm(alarms, migrate, domain);
      queueAlarms(alarms, config, snapshots);
      spillAlarms(alarms, config, domain);
      ledgerAlarm(alarms, 'store', { domain });
      domainAlarms(alarms, domain);
      databaseAlarms(alarms, domain, settings, database);
    }
    alarms.finish();
    addDashboard(this, config, alarms, scrapers, domains);
  }
}
