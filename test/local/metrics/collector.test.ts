import { describe, expect, it } from 'vitest';
import type { QueueStatistics } from '../../../local/interfaces.ts';
import { MetricCollector } from '../../../local/metrics/collector.ts';
import { LambdaMetrics } from '../../../local/metrics/lambda-metrics.ts';
import { QueueMetrics } from '../../../local/metrics/queue-metrics.ts';

const start = Date.parse('2026-03-01T00:00:00Z');
const minute = 60_000;
const uzum = { marketplace: 'uzum', service: 'scrape' };

describe('metric statistics', () => {
  it('are computed over the buckets of the time that is asked for', () => {
    const collector = new MetricCollector({ timeScale: 1 });
    for (const [index, value] of [4, 1, 3, 2].entries()) {
      collector.put('Narx', 'PagesOk', uzum, value, start + index * 10_000);
    }
    collector.put('Narx', 'PagesOk', uzum, 100, start + minute);
    const ask = (statistic: string) =>
      collector.statistic('Narx', 'PagesOk', uzum, statistic, start, start + minute);
    expect([ask('Sum'), ask('Average'), ask('Minimum'), ask('Maximum'), ask('SampleCount')]).toEqual([
      10, 2.5, 1, 4, 4,
    ]);
    expect(collector.statistic('Narx', 'PagesOk', uzum, 'Sum', start, start + 2 * minute)).toBe(110);
  });

  it.each([
    ['p50', 500],
    ['p90', 900],
    ['p99.9', 999],
    ['p100', 1000],
  ])('give %s within a per cent', (statistic, exact) => {
    const collector = new MetricCollector({ timeScale: 1 });
    for (let value = 1; value <= 1000; value++)
      collector.put('N', 'm', {}, value, start + (value % 3) * minute);
    const found = collector.statistic('N', 'm', {}, statistic, start, start + 3 * minute) ?? Number.NaN;
    expect(Math.abs(found - exact) / exact).toBeLessThan(0.01);
  });

  it('give percentiles of zeros and negative values in their order', () => {
    const collector = new MetricCollector({ timeScale: 1 });
    for (const value of [-100, -100, 0, 0, 0, 7]) collector.put('N', 'm', {}, value, start);
    const ask = (statistic: string) => collector.statistic('N', 'm', {}, statistic, start, start + minute);
    expect([ask('p20'), ask('p50'), ask('p100')]).toEqual([-100, 0, 7]);
  });

  it('are null without data, and need the exact set of dimensions in any order', () => {
    const collector = new MetricCollector({ timeScale: 1 });
    collector.put('Narx', 'PagesOk', uzum, 1, start);
    const sum = (dimensions: Record<string, string>, from = start) =>
      collector.statistic('Narx', 'PagesOk', dimensions, 'Sum', from, from + minute);
    expect(sum({ service: 'scrape', marketplace: 'uzum' })).toBe(1);
    expect(sum({ marketplace: 'uzum' })).toBeNull();
    expect(sum(uzum, start + minute)).toBeNull();
  });

  it('refuse a statistic that is not known', () => {
    const collector = new MetricCollector({ timeScale: 1 });
    for (const statistic of ['Median', 'p0', 'p101', 'tm99', 'p']) {
      expect(() => collector.statistic('N', 'm', {}, statistic, start, start + 1)).toThrow(/not supported/);
    }
  });

  it('are kept by scaled minutes of at least a second', () => {
    expect(new MetricCollector({ timeScale: 0.1 }).resolutionMs).toBe(6000);
    expect(new MetricCollector({ timeScale: 0.001 }).resolutionMs).toBe(1000);
  });
});

describe('the memory of the collector', () => {
  it('keeps the newest buckets of a series and drops the oldest, late samples included', () => {
    const collector = new MetricCollector({ timeScale: 1, maxBuckets: 3 });
    for (let index = 0; index < 5; index++) collector.put('N', 'm', {}, 1, start + index * minute);
    collector.put('N', 'm', {}, 1, start);
    expect(collector.statistic('N', 'm', {}, 'Sum', start, start + 10 * minute)).toBe(3);
    expect(collector.statistic('N', 'm', {}, 'Sum', start, start + 2 * minute)).toBeNull();
  });

  it('refuses series beyond the maximum and numbers that are none, and counts them', () => {
    const collector = new MetricCollector({ timeScale: 1, maxSeries: 1 });
    collector.put('N', 'a', {}, 1, start);
    collector.put('N', 'b', {}, 1, start);
    collector.put('N', 'a', {}, Number.NaN, start);
    collector.put('N', 'a', {}, 1, start);
    expect(collector.refused).toBe(2);
    expect(collector.list()).toEqual([{ namespace: 'N', name: 'a', dimensions: {}, unit: 'None' }]);
  });
});

describe('the metrics of functions', () => {
  it('count every byte that a function writes to its log group', () => {
    const collector = new MetricCollector({ timeScale: 1 });
    const metrics = new LambdaMetrics(collector, () => start);
    metrics.output('scrape', 'narx');
    metrics.output('scrape', 'цена');
    const group = { LogGroupName: '/aws/lambda/scrape' };
    const bytes = collector.statistic('AWS/Logs', 'IncomingBytes', group, 'Sum', start, start + minute);
    expect(bytes).toBe(4 + 8 + 2 * 26);
  });

  it('keep a duration’s share of the limit when the limit is scaled', () => {
    const collector = new MetricCollector({ timeScale: 0.1 });
    const metrics = new LambdaMetrics(
      collector,
      () => start,
      (name) => (name === 'scrape' ? 6 : 1),
    );
    const ended = { durationMs: 9_000, error: false, timedOut: false, maxRssBytes: 1, memoryLimitBytes: 2 };
    metrics.invoked({ functionName: 'scrape', ...ended });
    const ask = { FunctionName: 'scrape' };
    expect(collector.statistic('AWS/Lambda', 'Duration', ask, 'Maximum', start, start + minute)).toBe(54_000);
  });

  function setUp() {
    let now = start;
    const collector = new MetricCollector({ timeScale: 1 });
    const metrics = new LambdaMetrics(collector, () => now);
    const end = (atMs: number, durationMs: number, error = false) => {
      now = start + atMs;
      metrics.invoked({
        functionName: 'scrape',
        durationMs,
        error,
        timedOut: false,
        maxRssBytes: 1,
        memoryLimitBytes: 2,
      });
    };
    const ask = (
      name: string,
      statistic: string,
      dimensions: Record<string, string> = { FunctionName: 'scrape' },
    ) => collector.statistic('AWS/Lambda', name, dimensions, statistic, start, start + minute);
    return { metrics, collector, end, ask };
  }

  it('count invocations, errors, throttles and durations, by function and over all', () => {
    const { metrics, end, ask } = setUp();
    end(1_000, 100);
    end(2_000, 300, true);
    metrics.throttled('scrape');
    expect(ask('Invocations', 'Sum')).toBe(2);
    expect(ask('Errors', 'Sum')).toBe(1);
    expect(ask('Errors', 'Average')).toBe(0.5);
    expect(ask('Throttles', 'Sum')).toBe(1);
    expect(ask('Duration', 'Maximum')).toBe(300);
    expect(ask('Invocations', 'Sum', {})).toBe(2);
  });

  it('have no error as a zero, so that its alarm is not without data', () => {
    const { end, ask } = setUp();
    end(1_000, 100);
    expect(ask('Errors', 'Sum')).toBe(0);
    expect(ask('Throttles', 'Sum')).toBe(0);
  });

  it.each([
    [
      'one after the other',
      [
        [1_000, 500],
        [2_000, 500],
      ],
      1,
    ],
    [
      'one that begins when another ends',
      [
        [1_000, 500],
        [1_500, 500],
      ],
      1,
    ],
    [
      'three at once',
      [
        [1_000, 1_000],
        [1_100, 1_000],
        [1_200, 1_000],
      ],
      3,
    ],
    [
      'two and two under a long one',
      [
        [1_000, 500],
        [1_200, 500],
        [3_000, 500],
        [3_200, 500],
        [4_000, 3_900],
      ],
      3,
    ],
  ])('know the concurrency of %s', (_, invocations, expected) => {
    const { end, ask } = setUp();
    for (const [at, duration] of invocations) end(at ?? 0, duration ?? 0);
    expect(ask('ConcurrentExecutions', 'Maximum')).toBe(expected);
  });

  it('come out of every directive, set of dimensions and list of values of an embedded metric line', () => {
    const { metrics, collector } = setUp();
    metrics.output(
      'scrape',
      JSON.stringify({
        _aws: {
          Timestamp: start + 5_000,
          CloudWatchMetrics: [
            {
              Namespace: 'Narx',
              Dimensions: [['service'], ['service', 'marketplace']],
              Metrics: [
                { Name: 'PagesOk', Unit: 'Count' },
                { Name: 'Latency', Unit: 'Milliseconds' },
              ],
            },
            { Namespace: 'Other', Dimensions: [[]], Metrics: [{ Name: 'PagesOk' }] },
          ],
        },
        service: 'scrape',
        marketplace: 'uzum',
        PagesOk: 7,
        Latency: [10, 20, 30],
      }),
    );
    const ask = (namespace: string, name: string, statistic: string, dimensions: Record<string, string>) =>
      collector.statistic(namespace, name, dimensions, statistic, start, start + minute);
    expect(ask('Narx', 'PagesOk', 'Sum', { service: 'scrape' })).toBe(7);
    expect(ask('Narx', 'Latency', 'SampleCount', uzum)).toBe(3);
    expect(ask('Narx', 'Latency', 'Average', uzum)).toBe(20);
    expect(ask('Other', 'PagesOk', 'Sum', {})).toBe(7);
    expect(collector.list().find(({ name }) => name === 'Latency')?.unit).toBe('Milliseconds');
  });

  it.each([
    ['a plain log line', 'START RequestId: 1'],
    ['a structured log line', '{"level":"INFO","message":"hello"}'],
    ['a cut line', '{"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"N"'],
    ['a line with metadata of another shape', '{"_aws":{"CloudWatchMetrics":{"Namespace":"N"}},"m":1}'],
    [
      'a metric whose member is missing or no number',
      '{"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"N","Dimensions":[[]],"Metrics":[{"Name":"a"},{"Name":"b"}]}]},"b":"7"}',
    ],
    [
      'a dimension that is missing',
      '{"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"N","Dimensions":[["d"]],"Metrics":[{"Name":"a"}]}]},"a":7}',
    ],
  ])('do not come out of %s', (_, line) => {
    const { metrics, collector } = setUp();
    metrics.output('scrape', line);
    expect(collector.list().map(({ name }) => name)).toEqual(['IncomingBytes']);
  });
});

describe('the metrics of queues', () => {
  const statistics = (overrides: Partial<QueueStatistics>): QueueStatistics => ({
    visible: 0,
    inFlight: 0,
    delayed: 0,
    oldestAgeSeconds: 0,
    sent: 0,
    received: 0,
    deleted: 0,
    ...overrides,
  });

  it('are samples of the states and growth of the totals', () => {
    const collector = new MetricCollector({ timeScale: 1 });
    let now = {
      jobs: statistics({
        visible: 5,
        inFlight: 2,
        delayed: 1,
        oldestAgeSeconds: 60,
        sent: 10,
        received: 4,
        deleted: 2,
      }),
    };
    const metrics = new QueueMetrics(collector, { statistics: () => now });
    metrics.sample(start);
    now = { jobs: statistics({ visible: 3, sent: 12, received: 9, deleted: 9, oldestAgeSeconds: 30 }) };
    metrics.sample(start + 1_000);
    const ask = (name: string, statistic: string) =>
      collector.statistic('AWS/SQS', name, { QueueName: 'jobs' }, statistic, start, start + minute);
    expect(ask('ApproximateNumberOfMessagesVisible', 'Maximum')).toBe(5);
    expect(ask('ApproximateNumberOfMessagesVisible', 'Average')).toBe(4);
    expect(ask('ApproximateNumberOfMessagesNotVisible', 'Maximum')).toBe(2);
    expect(ask('ApproximateNumberOfMessagesDelayed', 'Maximum')).toBe(1);
    expect(ask('ApproximateAgeOfOldestMessage', 'Maximum')).toBe(60);
    expect(ask('NumberOfMessagesSent', 'Sum')).toBe(12);
    expect(ask('NumberOfMessagesReceived', 'Sum')).toBe(9);
    expect(ask('NumberOfMessagesDeleted', 'Sum')).toBe(9);
  });

  it('count on when the totals begin again', () => {
    const collector = new MetricCollector({ timeScale: 1 });
    let sent = 10;
    const metrics = new QueueMetrics(collector, { statistics: () => ({ jobs: statistics({ sent }) }) });
    metrics.sample(start);
    sent = 3;
    metrics.sample(start + 1_000);
    expect(
      collector.statistic(
        'AWS/SQS',
        'NumberOfMessagesSent',
        { QueueName: 'jobs' },
        'Sum',
        start,
        start + minute,
      ),
    ).toBe(13);
  });
});
