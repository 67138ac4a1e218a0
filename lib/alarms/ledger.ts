import { ComparisonOperator, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { metric } from '../../functions/contract/metrics.ts';
import type { NarxFunction } from '../constructs/narx-function.ts';
import type { AlarmId } from './catalogue.ts';
import { fiveMinutes, narxMetric } from './metrics.ts';
import type { RunbookAlarms } from './runbook-alarm.ts';

const { GREATER_THAN_THRESHOLD: above } = ComparisonOperator;

/** Gaps that dispatch filled, or gave up filling, of all marketplaces: its log and the metrics say whose. */
export function gapAlarms(
  alarms: RunbookAlarms,
  marketplaces: readonly string[],
  dispatch: NarxFunction,
): void {
  const counted = (
    id: Extract<AlarmId, 'gaps-redispatched' | 'gaps-given-up'>,
    level: 'warning' | 'critical',
    name: typeof metric.gapsRedispatched | typeof metric.gapsGivenUp,
  ) =>
    alarms.add(id, {
      dimension: null,
      metric: new MathExpression({
        expression: marketplaces.map((_, i) => `FILL(m${i}, 0)`).join(' + '),
        usingMetrics: Object.fromEntries(
          marketplaces.map((marketplace, i) => [
            `m${i}`,
            narxMetric('dispatch', { marketplace }, name, 'Sum'),
          ]),
        ),
        period: fiveMinutes,
        label: 'References of all marketplaces',
      }),
      comparison: above,
      logs: dispatch,
      thresholds: { [level]: 0 },
      periods: 1,
      breaching: 1,
    });
  counted('gaps-redispatched', 'warning', metric.gapsRedispatched);
  counted('gaps-given-up', 'critical', metric.gapsGivenUp);
}

/** What the ledger could not be told, by the function that tried. */
export function ledgerAlarm(
  alarms: RunbookAlarms,
  service: 'scrape' | 'store',
  dimension: { marketplace: string } | { domain: string },
): void {
  alarms.add('ledger-write-failed', {
    dimension: `${service}-${'marketplace' in dimension ? dimension.marketplace : dimension.domain}`,
    metric: narxMetric(service, dimension, metric.ledgerWriteFailed, 'Sum'),
    comparison: above,
    thresholds: { warning: 0 },
    periods: 1,
    breaching: 1,
  });
}
