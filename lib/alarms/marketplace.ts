import { ComparisonOperator } from 'aws-cdk-lib/aws-cloudwatch';
import { metric } from '../../functions/contract/metrics.ts';
import { rateMinutes } from '../config/schedule-expression.ts';
import type { MarketplaceSettings } from '../config/schema.ts';
import type { AlarmId } from './catalogue.ts';
import { narxMetric, noneOf, pageShare } from './metrics.ts';
import type { RunbookAlarms } from './runbook-alarm.ts';

const { GREATER_THAN_THRESHOLD: above, LESS_THAN_THRESHOLD: below } = ComparisonOperator;

const understood = [metric.pagesOk, metric.pagesGone];
const notUnderstood = [metric.pagesQuarantined, metric.pagesEmpty];
/** What came as a page should: understood, or not. */
const readable = [...understood, metric.pagesQuarantined];
const refused = [metric.pagesBlocked, metric.pagesThrottled, metric.pagesFailed];
export const allPages = [...understood, ...notUnderstood, ...refused];

/** What the audit measures in the data itself: a scraper that is dead, or fetches nothing of use, cannot hide there. */
export function freshnessAlarms(
  alarms: RunbookAlarms,
  marketplace: string,
  settings: MarketplaceSettings,
): void {
  // Of two counts in one period the later is the larger one while a new stage fills.
  const gauge = (name: Parameters<typeof narxMetric>[2]) =>
    narxMetric('audit', { marketplace }, name, 'Maximum');
  alarms.add('observations-stopped', {
    dimension: marketplace,
    metric: gauge(metric.newestObservationAgeSeconds),
    comparison: above,
    thresholds: { critical: longestGapSeconds(settings) },
    periods: 3,
    breaching: 3,
  });
  alarms.add('observations-stale', {
    dimension: marketplace,
    metric: gauge(metric.oldestConfirmationSeconds),
    comparison: above,
    thresholds: { warning: settings.freshnessHours * 3600 },
    periods: 3,
    breaching: 3,
  });
  alarms.add('confirmed-per-day', {
    dimension: marketplace,
    metric: gauge(metric.confirmedLastDay),
    comparison: below,
    thresholds: { warning: settings.confirmedPerDay },
    periods: 3,
    breaching: 3,
  });
  alarms.add('price-changes-per-day', {
    dimension: marketplace,
    metric: gauge(metric.priceChangesLastDay),
    comparison: below,
    thresholds: { warning: settings.priceChangesPerDay },
    periods: 3,
    breaching: 3,
  });
  alarms.add('books-unbalanced', {
    dimension: marketplace,
    metric: gauge(metric.booksUnbalanced),
    comparison: above,
    thresholds: { critical: 0 },
    periods: 3,
    breaching: 2,
  });
}

/** What scrape found pages to be. */
export function pageAlarms(alarms: RunbookAlarms, marketplace: string): void {
  alarms.add('parse-success', {
    dimension: marketplace,
    metric: pageShare(marketplace, understood, [...understood, ...notUnderstood], 100, 'Pages understood, %'),
    comparison: below,
    thresholds: { warning: 90, critical: 50 },
    periods: 3,
    breaching: 2,
  });
  alarms.add('blocked-share', {
    dimension: marketplace,
    metric: pageShare(marketplace, [metric.pagesBlocked], allPages, 0, 'Pages blocked, %'),
    comparison: above,
    thresholds: { critical: 20 },
    periods: 3,
    breaching: 2,
  });
  alarms.add('throttled-share', {
    dimension: marketplace,
    metric: pageShare(marketplace, [metric.pagesThrottled], allPages, 0, 'Pages throttled, %'),
    comparison: above,
    thresholds: { warning: 10 },
    periods: 3,
    breaching: 2,
  });
  for (const [id, name, whole, percent, label] of [
    ['empty-share', metric.pagesEmpty, allPages, 10, 'Pages that held nothing, %'],
    ['rejected-share', metric.pagesRejected, readable, 5, 'Pages with absurd values, %'],
    ['old-shape-share', metric.pagesOldShape, readable, 10, 'Pages in an old shape, %'],
  ] as const)
    alarms.add(id, {
      dimension: marketplace,
      metric: pageShare(marketplace, [name], [...whole], 0, label),
      comparison: above,
      thresholds: { warning: percent },
      periods: 3,
      breaching: 2,
    });
  alarms.add('success-rate', {
    dimension: marketplace,
    metric: pageShare(marketplace, understood, allPages, 100, 'Pages that answered, %'),
    comparison: below,
    thresholds: { critical: 50 },
    periods: 3,
    breaching: 2,
  });
  alarms.add('finds-nothing', {
    dimension: marketplace,
    metric: noneOf(marketplace, metric.pagesOk, allPages, 'Pages, and not one that held anything'),
    comparison: above,
    thresholds: { critical: 0 },
    periods: 3,
    breaching: 3,
  });
}

/** What the gatekeeper says about a gate, and whether it says anything. */
export function gateAlarms(alarms: RunbookAlarms, marketplace: string): void {
  alarms.add('gate-closed', {
    dimension: marketplace,
    metric: narxMetric('gatekeeper', { marketplace }, metric.gateClosed, 'Maximum'),
    comparison: above,
    thresholds: { warning: 0 },
    periods: 1,
    breaching: 1,
  });
  gatekeeperAlarm(alarms, marketplace, { marketplace });
}

export function gatekeeperAlarm(
  alarms: RunbookAlarms,
  dimension: string,
  of: { marketplace: string } | { domain: string },
): void {
  alarms.add('gatekeeper-not-running', {
    dimension,
    // Five runs of the gatekeeper.
    metric: narxMetric('gatekeeper', of, metric.heartbeat, 'Sum'),
    comparison: below,
    thresholds: { critical: 1 },
    periods: 1,
    breaching: 1,
  });
}

/** What dispatch found its cursor to be. */
export function checkpointAlarms(alarms: RunbookAlarms, marketplace: string): void {
  const counted = (
    id: Extract<AlarmId, 'checkpoint-conflict' | 'checkpoint-invalid'>,
    level: 'warning' | 'critical',
    name: typeof metric.checkpointConflict | typeof metric.checkpointInvalid,
  ) =>
    alarms.add(id, {
      dimension: marketplace,
      metric: narxMetric('dispatch', { marketplace }, name, 'Sum'),
      comparison: above,
      thresholds: { [level]: 0 },
      periods: 1,
      breaching: 1,
    });
  counted('checkpoint-conflict', 'warning', metric.checkpointConflict);
  counted('checkpoint-invalid', 'critical', metric.checkpointInvalid);
}

/** An hour, or three intervals of the fastest schedule where that is longer; never more than the freshness target. */
function longestGapSeconds({ schedules, freshnessHours }: MarketplaceSettings): number {
  const intervals = Object.values(schedules).map((expression) => rateMinutes(expression ?? '') ?? 1_440);
  return Math.min(freshnessHours * 3600, Math.max(60, 3 * Math.min(...intervals)) * 60);
}
