import { describe, expect, it, vi } from 'vitest';
import { metric, metricNamespace } from '../../functions/contract/metrics.ts';
import { catalogue } from '../../lib/alarms/catalogue.ts';
import type { AlarmDefinition } from '../../lib/alarms/definition.ts';
import { longestSilenceMinutes } from '../../lib/alarms/schedules.ts';
import { config } from '../../narx.config.ts';
import { objectsIn, ofType, synthesized, textOf } from '../support/synthesized.ts';

// Loading the CDK and synthesizing takes seconds, on a machine that is busy many.
vi.setConfig({ testTimeout: 120_000 });

const resources = synthesized('prod');
const alarms = ofType(resources, 'AWS::CloudWatch::Alarm').map(([, properties]) => properties);
const definitions: [string, AlarmDefinition][] = Object.entries(catalogue);
const named = (name: string) => alarms.find(({ AlarmName }) => AlarmName === `narx-prod-${name}`);

describe('every alarm', () => {
  it('says who is hurt, names its page and its failure modes, within what CloudWatch stores', () => {
    for (const { AlarmName, AlarmDescription } of alarms) {
      const [, definition] =
        definitions.find(([id]) => String(AlarmName).startsWith(`narx-prod-${id}`)) ??
        expect.fail(`${AlarmName} is not in the catalogue`);
      const description = textOf(AlarmDescription).replaceAll('AWS::Region', 'ap-southeast-1');
      expect(description).toContain(definition.impact);
      expect(description).toMatch(/Runbook: docs\/runbook\/[a-z-]+\.md\n/);
      expect(description).toMatch(/Failure modes: F\d\d/);
      expect(description).toContain(`#alarmsV2:alarm/${AlarmName}`);
      expect(description.length).toBeLessThanOrEqual(1_024);
    }
  });

  it('sends on-call to a log group that exists', () => {
    const groups = ofType(resources, 'AWS::Logs::LogGroup').map(([, { LogGroupName }]) => LogGroupName);
    for (const { AlarmName, AlarmDescription } of alarms) {
      const [, group] = /#logsV2:log-groups\/log-group\/(\S+)/.exec(textOf(AlarmDescription)) ?? [];
      if (group) expect(groups, String(AlarmName)).toContain(group.replaceAll('$252F', '/'));
      else expect(AlarmName).toBe('narx-prod-schedule-undeliverable');
    }
  });

  it('looks back over at most a day, which CloudWatch still evaluates every minute', () => {
    for (const alarm of alarms) {
      const periods = [
        alarm['Period'],
        ...[...objectsIn(alarm['Metrics'])].map(({ object }) => object['Period']),
      ];
      const longest = Math.max(...periods.filter((period) => typeof period === 'number'));
      expect(longest * Number(alarm['EvaluationPeriods']), String(alarm['AlarmName'])).toBeLessThanOrEqual(
        86_400,
      );
    }
  });

  it('on a metric of ours uses a name that functions emit, with the service and one owner as dimensions', () => {
    const ours = alarms
      .flatMap((alarm) => [alarm, ...[...objectsIn(alarm['Metrics'])].map(({ object }) => object)])
      .filter(({ Namespace }) => Namespace === metricNamespace);
    expect(ours.length).toBeGreaterThan(10);
    for (const { MetricName, Dimensions } of ours) {
      expect(Object.values(metric)).toContain(MetricName);
      const names = (Dimensions as { Name: string }[]).map(({ Name }) => Name).sort();
      expect([
        ['marketplace', 'service'],
        ['domain', 'service'],
      ]).toContainEqual(names);
    }
  });
});

describe('silence', () => {
  it.each([
    'dispatch-not-running',
    'audit-not-running-ecommerce',
    'replay-not-running-ecommerce',
    'observations-stopped-uzum',
    'observations-stale-uzum',
    'confirmed-per-day-uzum',
  ])('sets off %s', (name) => {
    expect(named(name)?.['TreatMissingData']).toBe('breaching');
  });

  it('does not set off an alarm that counts errors', () => {
    expect(named('store-failing-ecommerce')?.['TreatMissingData']).toBe('notBreaching');
    expect(named('dlq-not-empty-uzum-jobs')?.['TreatMissingData']).toBe('notBreaching');
  });

  it('of dispatch is measured against the fastest schedule, between a quarter of an hour and a day', () => {
    const { uzum } = config.marketplaces;
    if (uzum === undefined) expect.fail('no uzum');
    const withSchedules = (schedules: typeof uzum.schedules) => ({
      marketplaces: { uzum: { ...uzum, schedules } },
    });
    expect(longestSilenceMinutes(withSchedules({ refresh: 'rate(1 minute)' }))).toBe(15);
    expect(longestSilenceMinutes(withSchedules({ sweep: 'rate(1 day)', refresh: 'rate(1 hour)' }))).toBe(180);
    expect(longestSilenceMinutes(withSchedules({ sweep: 'cron(0 3 * * ? *)' }))).toBe(1_440);
  });
});

describe('levels', () => {
  it('come in the order of their thresholds, the warning first', () => {
    for (const [id, { levels }] of definitions) {
      if (levels.length === 1) continue;
      const pairs = alarms.filter(({ AlarmName }) => String(AlarmName).startsWith(`narx-prod-${id}-warning`));
      expect(pairs.length, id).toBeGreaterThan(0);
      for (const warning of pairs) {
        const critical = named(
          String(warning['AlarmName']).replace('narx-prod-', '').replace('-warning', '-critical'),
        );
        const rises = warning['ComparisonOperator'] === 'GreaterThanThreshold';
        const [low, high] = [Number(warning['Threshold']), Number(critical?.['Threshold'])];
        expect(rises ? low < high : low > high, String(warning['AlarmName'])).toBe(true);
      }
    }
  });

  it('follow the configuration', () => {
    expect(named('backlog-critical-uzum-jobs')?.['Threshold']).toBe(config.alarms.backlogCritical);
    expect(named('queue-age-warning-ecommerce-snapshots')?.['Threshold']).toBe(6 * 3600);
    expect(named('observations-stale-uzum')?.['Threshold']).toBe(6 * 3600);
    expect(named('confirmed-per-day-uzum')?.['Threshold']).toBe(100_000);
    expect(named('database-connections-warning-ecommerce')?.['Threshold']).toBe(320);
    expect(named('free-storage-critical-ecommerce')?.['Threshold']).toBe(0.15 * 100 * 1024 ** 3);
  });
});

it('every dead-letter queue has an alarm on what is visible in it', () => {
  const watched = alarms
    .filter(
      ({ MetricName, Threshold }) => MetricName === 'ApproximateNumberOfMessagesVisible' && Threshold === 0,
    )
    .map(({ Dimensions }) => JSON.stringify(Dimensions));
  const deadLetters = ofType(resources, 'AWS::SQS::Queue')
    .filter(([, { RedrivePolicy }]) => RedrivePolicy === undefined)
    .map(([id]) => id);
  expect(deadLetters).toHaveLength(3);
  for (const id of deadLetters)
    expect(
      watched.some((dimensions) => dimensions.includes(`"${id}"`)),
      id,
    ).toBe(true);
});
