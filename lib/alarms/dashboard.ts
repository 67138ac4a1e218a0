import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { metric } from '../../functions/contract/metrics.ts';
import type { StageConfig } from '../config/schema.ts';
import type { DeadLetteredQueue } from '../constructs/dead-lettered-queue.ts';
import type { NarxFunction } from '../constructs/narx-function.ts';
import type { Scraper } from '../constructs/scraper.ts';
import type { StorageDomain } from '../constructs/storage-domain.ts';
import { resourceName } from '../names.ts';
import { allPages } from './marketplace.ts';
import { awsMetric, narxMetric } from './metrics.ts';
import type { RunbookAlarms } from './runbook-alarm.ts';

/** One page in the order of the flow, alarms first; what belongs to one marketplace or storage domain is a column of its row. */
export function addDashboard(
  scope: Construct,
  config: StageConfig,
  alarms: RunbookAlarms,
  dispatch: NarxFunction,
  scrapers: Scraper[],
  domains: StorageDomain[],
): void {
  const ofScrapers = (widget: (scraper: Scraper) => IWidget): IWidget[] => scrapers.map(widget);
  const ofDomains = (widget: (domain: StorageDomain) => IWidget): IWidget[] => domains.map(widget);
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
      heading('Schedule'),
      [
        graph('dispatch: runs and errors', [
          awsMetric('AWS/Lambda', 'Invocations', { FunctionName: dispatch.functionName }, 'Sum'),
          awsMetric('AWS/Lambda', 'Errors', { FunctionName: dispatch.functionName }, 'Sum'),
        ]),
        ...ofScrapers(({ marketplace }) =>
          graph(`${marketplace}: dispatched, and slots left out`, [
            narxMetric('dispatch', { marketplace }, metric.referencesDispatched, 'Sum'),
            narxMetric('dispatch', { marketplace }, metric.dispatchSkippedBacklog, 'Sum'),
            narxMetric('dispatch', { marketplace }, metric.dispatchSkippedGate, 'Sum'),
            narxMetric('dispatch', { marketplace }, metric.dispatchSkippedDue, 'Sum'),
          ]),
        ),
      ],
      heading('Queue of the jobs'),
      ofScrapers(({ jobs }) => queueGraph(jobs)),
      heading('Scrape'),
      ofScrapers(({ marketplace }) =>
        graph(`${marketplace}: pages, and the gate`, [
          ...[...allPages, metric.pagesOldShape].map((name) =>
            narxMetric('scrape', { marketplace }, name, 'Sum'),
          ),
          narxMetric('gatekeeper', { marketplace }, metric.gateClosed, 'Maximum'),
        ]),
      ),
      heading('Queue of the snapshots'),
      domains.flatMap(({ domain, snapshots }) => [
        queueGraph(snapshots),
        graph(`${domain}: spilled objects`, [
          narxMetric('replay', { domain }, metric.spillObjects, 'Maximum'),
        ]),
      ]),
      heading('Store'),
      ofDomains(({ domain }) =>
        graph(`${domain}: visits, and the breaker`, [
          narxMetric('store', { domain }, metric.visitsStored, 'Sum'),
          narxMetric('store', { domain }, metric.visitsUnchanged, 'Sum'),
          narxMetric('store', { domain }, metric.pricePointsAdded, 'Sum'),
          narxMetric('store', { domain }, metric.storeFailures, 'Sum'),
          narxMetric('gatekeeper', { domain }, metric.breakerOpen, 'Maximum'),
        ]),
      ),
      heading('Database'),
      domains.flatMap(({ domain, database }) => {
        const instance = { DBInstanceIdentifier: database.instance.instanceIdentifier };
        return [
          graph(`${domain}: connections and CPU`, [
            awsMetric('AWS/RDS', 'DatabaseConnections', instance, 'Maximum'),
            awsMetric('AWS/RDS', 'CPUUtilization', instance, 'Average'),
          ]),
          graph(`${domain}: free storage, bytes`, [
            awsMetric('AWS/RDS', 'FreeStorageSpace', instance, 'Minimum'),
          ]),
          graph(`${domain}: days until the disk is full`, [
            narxMetric('gatekeeper', { domain }, metric.daysUntilFull, 'Minimum'),
          ]),
        ];
      }),
      heading('Archive and backup'),
      domains.flatMap(({ domain }) => [
        graph(`${domain}: archived`, [
          narxMetric('archive', { domain }, metric.pointsArchived, 'Sum'),
          narxMetric('archive', { domain }, metric.monthsArchived, 'Sum'),
        ]),
        graph(`${domain}: age of the backup, seconds`, [
          narxMetric('gatekeeper', { domain }, metric.restorableAgeSeconds, 'Minimum'),
        ]),
      ]),
      heading('Freshness and books'),
      scrapers.flatMap(({ marketplace }) => [
        graph(`${marketplace}: freshness, seconds`, [
          narxMetric('audit', { marketplace }, metric.newestObservationAgeSeconds, 'Maximum'),
          narxMetric('audit', { marketplace }, metric.oldestConfirmationSeconds, 'Maximum'),
        ]),
        graph(`${marketplace}: books, and the last day`, [
          narxMetric('audit', { marketplace }, metric.booksUnbalanced, 'Maximum'),
          narxMetric('audit', { marketplace }, metric.confirmedLastDay, 'Minimum'),
          narxMetric('audit', { marketplace }, metric.priceChangesLastDay, 'Minimum'),
        ]),
      ]),
    ].filter((row) => row.length > 0),
  });
}

function heading(title: string): IWidget[] {
  return [new TextWidget({ markdown: `## ${title}`, width: 24, height: 1 })];
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
