import { NestedStack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { metric } from '../../functions/contract/metrics.ts';
import type { StageConfig } from '../config/schema.ts';
import type { NarxFunction } from '../constructs/narx-function.ts';
import type { Scheduler } from '../constructs/scheduler.ts';
import type { Scraper } from '../constructs/scraper.ts';
import type { StorageDomain } from '../constructs/storage-domain.ts';
import { addBudget } from './budget.ts';
import { costAlarm } from './cost.ts';
import { addDashboard } from './dashboard.ts';
import { apiAlarms, databaseAlarms, domainAlarms } from './domain.ts';
import {
  archiveAlarm,
  dispatchAlarm,
  dueAlarm,
  migrationAlarm,
  scrapeAlarm,
  storeAlarm,
} from './failures.ts';
import {
  coordinationAlarm,
  crashAlarm,
  everyFunctionAlarms,
  memoryAlarm,
  silentWorkerAlarm,
  slowQueryAlarm,
} from './functions.ts';
import { gapAlarms, ledgerAlarm } from './ledger.ts';
import { checkpointAlarms, freshnessAlarms, gateAlarms, pageAlarms } from './marketplace.ts';
import { narxMetric } from './metrics.ts';
import { Notifications } from './notifications.ts';
import { addQueries } from './queries.ts';
import { queueAlarms, spillAlarms } from './queues.ts';
import { RunbookAlarms } from './runbook-alarm.ts';
import { migrateAlarm, scheduleAlarm, scheduleAlarms } from './schedules.ts';

/**
 * All alarms, the dashboard and the saved queries of a stage, in a nested stack: CloudFormation allows 500 resources a stack, and alarms are more than
 * half of them (docs/decisions/0067). It is deployed with the stage, by the same command.
 */
export class Monitoring extends NestedStack {
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
    const notifications = new Notifications(this, 'Notifications', config);
    const alarms = new RunbookAlarms(this, 'Alarms', config, notifications.topics);
    addBudget(this, config, notifications);

    dispatchAlarm(alarms, dispatch);
    gapAlarms(
      alarms,
      scrapers.map(({ marketplace }) => marketplace),
      dispatch,
    );
    scheduleAlarms(alarms, config, dispatch, scheduler);
    for (const { marketplace, settings, jobs, scrape } of scrapers) {
      scrapeAlarm(alarms, marketplace, scrape, jobs);
      queueAlarms(alarms, config, jobs);
      freshnessAlarms(alarms, marketplace, settings);
      pageAlarms(alarms, marketplace);
      checkpointAlarms(alarms, marketplace);
      gateAlarms(alarms, marketplace);
      crashAlarm(alarms, scrape);
      memoryAlarm(alarms, config, [scrape], { marketplace });
      silentWorkerAlarm(
        alarms,
        scrape,
        jobs,
        narxMetric('gatekeeper', { marketplace }, metric.gateClosed, 'Maximum'),
      );
      coordinationAlarm(alarms, marketplace, { marketplace }, ['dispatch', 'scrape', 'gatekeeper']);
      scheduleAlarm(alarms, marketplace, settings, dispatch);
      ledgerAlarm(alarms, 'scrape', { marketplace });
    }
    for (const one of domains) {
      const { domain, settings, snapshots, store, due, audit, api, migrate, archive, database } = one;
      storeAlarm(alarms, domain, store);
      dueAlarm(alarms, domain, due);
      migrationAlarm(alarms, migrate, domain);
      archiveAlarm(alarms, archive, domain);
      queueAlarms(alarms, config, snapshots);
      spillAlarms(alarms, config, domain);
      ledgerAlarm(alarms, 'store', { domain });
      domainAlarms(alarms, domain);
      databaseAlarms(alarms, domain, settings, config.storage, database);
      apiAlarms(alarms, domain, api);
      crashAlarm(alarms, store);
      memoryAlarm(alarms, config, [store, audit], { domain });
      silentWorkerAlarm(
        alarms,
        store,
        snapshots,
        narxMetric('gatekeeper', { domain }, metric.storePaused, 'Maximum'),
      );
      coordinationAlarm(alarms, domain, { domain }, ['store', 'audit']);
      slowQueryAlarm(alarms, domain);
      migrateAlarm(alarms, domain, migrate);
      const scrapes = scrapers.filter((one) => one.settings.domain === domain).map(({ scrape }) => scrape);
      costAlarm(alarms, config, domain, [store, ...scrapes]);
    }
    everyFunctionAlarms(alarms, config);
    alarms.finish();
    addDashboard(this, config, alarms, dispatch, scrapers, domains);
    addQueries(this, config);
  }
}
