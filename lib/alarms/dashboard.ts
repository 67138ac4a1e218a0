import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { metric } from '../../functions/contract/metrics.ts';
import type { StageConfig } from '../config/schema.ts';
import type { DeadLetteredQueue } from '../constructs/dead-lettered-queue.ts';
import type { Scraper } from '../constructs/scraper.ts';
import type { StorageDomain } from '../constructs/storage-domain.ts';
import { resourceName } from '../names.ts';
import { allPages } from './marketplace.ts';
import { awsMetric, narxMetric } from './metrics.ts';
import type { RunbookAlarms } from './runbook-alarm.ts';

/** One page: alarms first, then a row per marketplace in the order of the flow, then a row per storage domain. */
export function addDashboard(
  scope: Construct,
  config: StageConfig,
  alarms: RunbookAlarms,
  scrapers: Scraper[],
  domains: StorageDomain[],
): void {
  new Dashboard(scope, 'Dashboard', {
    dashboardName: resourceName(config),
    widgets: [
      [
        new AlarmStatusWidget({
          title: 'Alarms',
          alarms: [...alarms.pages, ...alarms.all],
          width: 24,
          height: 6,
        }),
      ],
      ...scrapers.map(({ marketplace, jobs }) => [
        graph(`${marketplace}: dispatched and pages`, [
          narxMetric('dispatch', { marketplace }, metric.referencesDispatched, 'Sum'),
          ...[...allPages, metric.pagesOldShape].map((name) =>
            narxMetric('scrape', { marketplace }, name, 'Sum'),
          ),
        ]),
        queueGraph(jobs),
        graph(`${marketplace}: freshness, seconds`, [
          narxMetric('audit', { marketplace }, metric.newestObservationAgeSeconds, 'Maximum'),
          narxMetric('audit', { marketplace }, metric.oldestConfirmationSeconds, 'Maximum'),
        ]),
      ]),
      ...domains.map(({ domain, database, snapshots }) => [
        graph(`${domain}: stored`, [
          narxMetric('store', { domain }, metric.visitsStored, 'Sum'),
          narxMetric('store', { domain }, metric.visitsUnchanged, 'Sum'),
          narxMetric('store', { domain }, metric.pricePointsAdded, 'Sum'),
          narxMetric('gatekeeper', { domain }, metric.breakerOpen, 'Maximum'),
        ]),
        queueGraph(snapshots),
        graph(`${domain}: spilled objects`, [
          narxMetric('replay', { domain }, metric.spillObjects, 'Maximum'),
        ]),
        graph(`${domain}: database`, [
          awsMetric(
            'AWS/RDS',
            'DatabaseConnections',
            { DBInstanceIdentifier: database.instance.instanceIdentifier },
            'Maximum',
          ),
          awsMetric(
            'AWS/RDS',
            'CPUUtilization',
            { DBInstanceIdentifier: database.instance.instanceIdentifier },
            'Average',
          ),
        ]),
        graph(`${domain}: free storage, bytes`, [
          awsMetric(
            'AWS/RDS',
            'FreeStorageSpace',
            { DBInstanceIdentifier: database.instance.instanceIdentifier },
            'Minimum',
          ),
        ]),
        graph(`${domain}: days until the disk is full`, [
          narxMetric('gatekeeper', { domain }, metric.daysUntilFull, 'Minimum'),
        ]),
        graph(`${domain}: archived`, [
          narxMetric('archive', { domain }, metric.pointsArchived, 'Sum'),
          narxMetric('archive', { domain }, metric.monthsArchived, 'Sum'),
        ]),
      ]),
    ],
  });
}

function queueGraph({ owner, kind, queue, deadLetters }: DeadLetteredQueue): IWidget {
  const waiting = (queueName: string) =>
    awsMetric('AWS/SQS', 'ApproximateNumberOfMessagesVisible', { QueueName: queueName }, 'Maximum');
  return graph(`${owner} ${kind}: waiting, dead letters`, [
    waiting(queue.queueName),
    waiting(deadLetters.queueName),
  ]);
}

function graph(title: string, left: IMetric[]): IWidget {
  return new GraphWidget({ title, left, width: 8, height: 6 });
}
