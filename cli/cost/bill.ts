import type { StageConfig } from '../../lib/config/schema.ts';
import type { Inventory } from './inventory.ts';
import { measured } from './measured.ts';
import {
  daysPerMonth,
  hostedPerThousand,
  hoursPerMonth,
  price,
  rdsInstanceHour,
  rdsVcpus,
} from './prices.ts';

export interface Volumes {
  products: number;
  checksPerDay: number;
  /** Requests to the read API in a month. */
  apiRequests: number;
}

/** One line of the bill: dollars a month, and the sum by which anybody comes to them. */
export interface Line {
  service: string;
  what: string;
  usd: number;
  how: string;
}

export interface Bill {
  visitsPerMonth: number;
  lines: Line[];
  totalUsd: number;
  usdPerMillionVisits: number;
  /** The same work done otherwise; dollars a month in all. */
  instead: { what: string; usd: number }[];
}

/** What a stage costs in a month. Throws a RangeError for an instance class whose price is not in the table. */
export function billOf(inventory: Inventory, config: StageConfig, volumes: Volumes): Bill {
  const visitsPerMonth = volumes.products * volumes.checksPerDay * daysPerMonth;
  const lines = [
    ...databaseLines(inventory, volumes),
    ...workLines(inventory, config, visitsPerMonth),
    ...watchLines(inventory, visitsPerMonth, config),
    line(
      'API Gateway',
      'HTTP API requests',
      volumes.apiRequests * price.httpApiRequest,
      `${n(volumes.apiRequests)} x $1.00 per million`,
    ),
    line('KMS', 'keys', inventory.keys * price.kmsKeyMonth, `${inventory.keys} x $1`),
  ];
  const totalUsd = lines.reduce((sum, { usd }) => sum + usd, 0);
  const nat =
    2 * price.natHour * hoursPerMonth +
    gb(visitsPerMonth * (measured.pageWireBytes + measured.requestBytes)) * price.natGb;
  return {
    visitsPerMonth,
    lines,
    totalUsd,
    usdPerMillionVisits: (totalUsd / visitsPerMonth) * 1e6,
    instead: [
      { what: 'this design with NAT gateways in two zones', usd: totalUsd + nat },
      ...hostedPerThousand.map(({ name, usd }) => ({ what: name, usd: (visitsPerMonth / 1000) * usd })),
    ],
  };
}

function databaseLines(inventory: Inventory, { products, checksPerDay }: Volumes): Line[] {
  const lines = inventory.instances.flatMap(({ id, instanceClass, storageGb, multiAz }) => {
    const hourly = rdsInstanceHour[instanceClass];
    if (hourly === undefined)
      throw new RangeError(
        `there is no price of ${instanceClass} (${id}) in cli/cost/prices.ts; it has ${Object.keys(rdsInstanceHour).join(', ')}.`,
      );
    const zones = multiAz ? 2 : 1;
    return [
      line(
        'RDS',
        `${instanceClass}${multiAz ? ', Multi-AZ' : ''}`,
        hourly * zones * hoursPerMonth,
        `${zones} x $${hourly} x ${hoursPerMonth} h`,
      ),
      line(
        'RDS',
        `storage, gp3, ${id}`,
        storageGb * zones * price.rdsStorageGbMonth,
        `${zones} x ${storageGb} GB x $${price.rdsStorageGbMonth}; back-ups up to as much are free`,
      ),
    ];
  });
  const proxyUsd = inventory.proxies * rdsVcpus * price.rdsProxyVcpuHour * hoursPerMonth;
  const perDay =
    products *
    checksPerDay *
    (measured.unchangedVisitBytes + measured.pointsPerVisitDaily * measured.pointBytes);
  const ninetyDays = gb(products * measured.productBytes + 90 * perDay);
  const allocated = inventory.instances.reduce((sum, { storageGb }) => sum + storageGb, 0);
  return [
    ...lines,
    line(
      'RDS Proxy',
      `${inventory.proxies} of ${rdsVcpus} vCPU`,
      proxyUsd,
      `${inventory.proxies} x ${rdsVcpus} x $${price.rdsProxyVcpuHour} x ${hoursPerMonth} h`,
    ),
    line(
      'S3',
      'archive, growth of one year',
      ninetyDays * 4 * 0.2 * price.s3GbMonth,
      `${n(ninetyDays)} GB in Postgres after 90 days (${allocated} GB are there), a fifth of it as Parquet, four times a year, x $${price.s3GbMonth}`,
    ),
  ];
}

function workLines(inventory: Inventory, config: StageConfig, visits: number): Line[] {
  const marketplace = Object.values(config.marketplaces).find(({ enabled }) => enabled);
  if (!marketplace) throw new RangeError('the stage has no marketplace.');
  const { maxConcurrency, rate, plan } = marketplace;
  const jobs = visits / plan.referencesPerJob;
  const scrapeGb = config.functions.scrape.memoryMb / 1024;
  const storeGb = config.functions.store.memoryMb / 1024;
  // All workers wait for the same pace: at R requests a second, W workers are busy W/R seconds for each visit.
  const scrapeSeconds = (visits * maxConcurrency) / rate.initialPerSecond;
  const storeSeconds = (visits * measured.storeMsPerVisit) / 1000;
  const scheduled = inventory.schedules.reduce((sum, { perMonth }) => sum + perMonth, 0);
  const scheduledGbSeconds = inventory.schedules.reduce(
    (sum, { perMonth, memoryMb }) => sum + perMonth * measured.scheduledSeconds * (memoryMb / 1024),
    0,
  );
  const snapshotRequests = (visits * measured.visitBytes) / price.sqsRequestBytes;
  const requests = 3 * jobs + 3 * snapshotRequests + inventory.mappings * measured.emptyReceivesPerMonth;
  const lambda = (what: string, gbSeconds: number, how: string) =>
    line('Lambda', what, gbSeconds * price.lambdaGbSecondArm, `${how} x $${price.lambdaGbSecondArm}`);
  const invocations = invocationsOf(inventory, visits, plan.referencesPerJob);
  return [
    lambda(
      'scrape',
      scrapeSeconds * scrapeGb,
      `${n(visits)} visits x ${maxConcurrency} workers / ${rate.initialPerSecond} a second x ${scrapeGb} GB`,
    ),
    lambda(
      'store',
      storeSeconds * storeGb,
      `${n(visits)} visits x ${measured.storeMsPerVisit} ms x ${storeGb} GB`,
    ),
    lambda(
      'on schedules',
      scheduledGbSeconds,
      `${n(scheduled)} runs x ${measured.scheduledSeconds} s x their memory`,
    ),
    line('Lambda', 'requests', invocations * price.lambdaRequest, `${n(invocations)} x $0.20 per million`),
    line(
      'SQS',
      'requests',
      requests * price.sqsRequest,
      `3 x ${n(jobs)} jobs, 3 x ${n(snapshotRequests)} x 64 KB of snapshots, ${inventory.mappings} x ${n(measured.emptyReceivesPerMonth)} empty receives, x $0.40 per million`,
    ),
    line(
      'DynamoDB',
      'coordination table',
      jobs *
        (measured.writeUnitsPerJob * price.dynamoWriteUnit + measured.readUnitsPerJob * price.dynamoReadUnit),
      `${n(jobs)} jobs x (${measured.writeUnitsPerJob} writes x $0.625 + ${measured.readUnitsPerJob} reads x $0.125 per million)`,
    ),
    line(
      'Data transfer',
      'requests to marketplaces',
      gb(visits * measured.requestBytes) * price.egressGb,
      `${n(visits)} x ${measured.requestBytes} bytes x $${price.egressGb} per GB; what comes in is free`,
    ),
    line(
      'EventBridge Scheduler',
      'invocations',
      Math.max(0, scheduled - price.schedulerFree) * price.schedulerInvocation,
      `${n(scheduled)}, of which 14 million are free`,
    ),
  ];
}

function watchLines(inventory: Inventory, visits: number, config: StageConfig): Line[] {
  const perJob =
    Object.values(config.marketplaces).find(({ enabled }) => enabled)?.plan.referencesPerJob ?? 100;
  const logGb = gb(invocationsOf(inventory, visits, perJob) * measured.logBytesPerInvocation);
  return [
    line(
      'CloudWatch',
      'metrics of our own',
      inventory.customMetrics * price.metricMonth,
      `${inventory.customMetrics} x $0.30`,
    ),
    line(
      'CloudWatch',
      'alarms',
      inventory.alarmMetrics * price.alarmMetricMonth,
      `${inventory.alarms} alarms on ${inventory.alarmMetrics} metrics x $0.10`,
    ),
    line(
      'CloudWatch',
      'composite alarms',
      inventory.compositeAlarms * price.compositeAlarmMonth,
      `${inventory.compositeAlarms} x $0.50`,
    ),
    line(
      'CloudWatch',
      'dashboard',
      inventory.dashboards * price.dashboardMonth,
      `${inventory.dashboards} x $3`,
    ),
    line(
      'CloudWatch',
      'free space of the databases, read',
      inventory.instances.length * measured.diskReadsPerHour * hoursPerMonth * price.metricRead,
      `${inventory.instances.length} x ${measured.diskReadsPerHour} x ${hoursPerMonth} h x $0.01 per thousand`,
    ),
    line(
      'CloudWatch',
      'logs',
      logGb * price.logsGb,
      `${n(invocationsOf(inventory, visits, perJob))} invocations x ${measured.logBytesPerInvocation} bytes x $0.50 per GB`,
    ),
  ];
}

/** A batch holds one job when the queue is short, and one message of snapshots: nobody pays less than for that. */
function invocationsOf(inventory: Inventory, visits: number, referencesPerJob: number): number {
  return (
    (2 * visits) / referencesPerJob + inventory.schedules.reduce((sum, { perMonth }) => sum + perMonth, 0)
  );
}

function line(service: string, what: string, usd: number, how: string): Line {
  return { service, what, usd: Math.round(usd * 100) / 100, how };
}

const gb = (bytes: number): number => bytes / 1e9;

/** `1.52M`, `152k`, `730`: to read, not to compute with. */
function n(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)}M`;
  if (value >= 10_000) return `${Math.round(value / 1e3)}k`;
  return value < 100 && !Number.isInteger(value) ? value.toFixed(1) : String(Math.round(value));
}
