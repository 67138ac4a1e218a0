import { describe, expect, it } from 'vitest';
import type { AlarmSpec, MetricSpec } from '../../../local/cloud-model.ts';
import { AlarmWatch } from '../../../local/metrics/alarms.ts';
import { MetricCollector } from '../../../local/metrics/collector.ts';

const start = Date.parse('2026-03-01T00:00:00Z');
const dimensions = { QueueName: 'jobs-dlq' };

function metric(overrides: Partial<Extract<MetricSpec, { namespace: string }>> = {}): MetricSpec {
  return {
    id: 'm1',
    returnData: true,
    namespace: 'AWS/SQS',
    name: 'Visible',
    dimensions,
    statistic: 'Maximum',
    periodSeconds: 60,
    ...overrides,
  };
}

function alarm(overrides: Partial<AlarmSpec> = {}): AlarmSpec {
  return {
    logicalId: 'DeadLetters',
    name: 'dead-letters',
    description: '',
    rule: null,
    metrics: [metric()],
    comparison: 'GreaterThanThreshold',
    threshold: 0,
    evaluationPeriods: 1,
    datapointsToAlarm: 1,
    treatMissingData: 'notBreaching',
    topic: null,
    suppressor: null,
    ...overrides,
  };
}

const composite = (name: string, rule: string) => alarm({ logicalId: name, name, rule, metrics: [] });

function setUp(alarms: AlarmSpec[], timeScale = 1) {
  const collector = new MetricCollector({ timeScale });
  const watch = new AlarmWatch({ alarms, collector, timeScale, startedAt: new Date(start) });
  const put = (value: number, seconds: number, name = 'Visible') =>
    collector.put('AWS/SQS', name, dimensions, value, start + seconds * 1000);
  const stateAt = (seconds: number, name = alarms[0]?.name) => {
    watch.evaluate(new Date(start + seconds * 1000));
    return watch.states().find((status) => status.name === name)?.state;
  };
  return { collector, watch, put, stateAt };
}

describe('a metric alarm', () => {
  it('goes to ALARM when the period is complete, and back to OK, and remembers both', () => {
    const { watch, put, stateAt } = setUp([alarm()]);
    expect(watch.states()[0]).toMatchObject({ state: 'INSUFFICIENT_DATA' });
    put(0, 0);
    expect(stateAt(60)).toBe('OK');
    put(2, 70);
    expect(stateAt(119)).toBe('OK');
    expect(stateAt(120)).toBe('ALARM');
    put(0, 130);
    expect(stateAt(180)).toBe('OK');
    expect(
      watch.history().map(({ from, state, at }) => [from, state, at.toISOString().slice(11, 19)]),
    ).toEqual([
      ['INSUFFICIENT_DATA', 'OK', '00:01:00'],
      ['OK', 'ALARM', '00:02:00'],
      ['ALARM', 'OK', '00:03:00'],
    ]);
    expect(watch.history()[1]?.reason).toBe('1 of the last 1 datapoints [2] greater than 0, 1 of 1 to alarm');
  });

  it('tells what it sees now beside why it came into its state', () => {
    const { watch, put, stateAt } = setUp([
      alarm({ evaluationPeriods: 2, datapointsToAlarm: 2, treatMissingData: 'breaching' }),
    ]);
    expect(stateAt(120)).toBe('ALARM');
    put(7, 130);
    expect(stateAt(180)).toBe('ALARM');
    const [status] = watch.states();
    expect(status?.reason).toContain('2 missing');
    expect(status?.latest).toEqual([null, 7]);
  });

  it('does not change when one moment is evaluated twice', () => {
    const { watch, put, stateAt } = setUp([alarm()]);
    put(1, 0);
    stateAt(60);
    stateAt(60);
    stateAt(61);
    expect(watch.history()).toHaveLength(1);
  });

  it.each([
    ['GreaterThanThreshold', [4, 5, 6], ['OK', 'OK', 'ALARM']],
    ['GreaterThanOrEqualToThreshold', [4, 5, 6], ['OK', 'ALARM', 'ALARM']],
    ['LessThanThreshold', [4, 5, 6], ['ALARM', 'OK', 'OK']],
    ['LessThanOrEqualToThreshold', [4, 5, 6], ['ALARM', 'ALARM', 'OK']],
  ])('compares by %s', (comparison, values, expected) => {
    const states = values.map((value) => {
      const { put, stateAt } = setUp([alarm({ comparison, threshold: 5 })]);
      put(value, 0);
      return stateAt(60);
    });
    expect(states).toEqual(expected);
  });

  it('counts M of N datapoints over sliding periods longer than a minute', () => {
    const spec = alarm({
      metrics: [metric({ periodSeconds: 300 })],
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
    });
    const { put, stateAt } = setUp([spec]);
    for (const [index, value] of [0, 3, 0, 3, 0].entries()) put(value, index * 300 + 10);
    expect(stateAt(900)).toBe('OK');
    expect(stateAt(1200)).toBe('ALARM');
    expect(stateAt(1500)).toBe('OK');
  });

  it('whose data must not stop alarms on its absence once the evaluation range is empty', () => {
    const spec = alarm({
      metrics: [metric({ statistic: 'SampleCount' })],
      comparison: 'LessThanThreshold',
      threshold: 1,
      evaluationPeriods: 2,
      datapointsToAlarm: 2,
      treatMissingData: 'breaching',
    });
    const { put, stateAt } = setUp([spec]);
    put(1, 10);
    put(1, 70);
    expect(stateAt(120)).toBe('OK');
    expect(stateAt(240)).toBe('OK');
    expect(stateAt(300)).toBe('OK');
    expect(stateAt(360)).toBe('ALARM');
    put(1, 370);
    expect(stateAt(420)).toBe('OK');
  });

  it('keeps its state without data when missing data is ignored', () => {
    const { put, stateAt } = setUp([alarm({ treatMissingData: 'ignore' })]);
    put(1, 0);
    expect(stateAt(60)).toBe('ALARM');
    expect(stateAt(3600)).toBe('ALARM');
  });

  it('has scaled periods of at least one second', () => {
    const tenth = setUp([alarm()], 0.1);
    tenth.put(1, 1);
    expect(tenth.stateAt(5)).not.toBe('ALARM');
    expect(tenth.stateAt(6)).toBe('ALARM');
    const tiny = setUp([alarm()], 0.001);
    tiny.put(1, 1);
    expect(tiny.stateAt(2)).toBe('ALARM');
    expect(tiny.stateAt(5)).toBe('OK');
  });

  it('watches an expression over other metrics and expressions', () => {
    const spec = alarm({
      metrics: [
        {
          id: 'rate',
          returnData: true,
          expression: 'IF(total > 10, 100 * FILL(bad, 0) / total, 0)',
          periodSeconds: 60,
        },
        { id: 'total', returnData: false, expression: 'SUM([good, bad])', periodSeconds: 60 },
        metric({ id: 'good', returnData: false, name: 'Good', statistic: 'Sum' }),
        metric({ id: 'bad', returnData: false, name: 'Bad', statistic: 'Sum' }),
      ],
      threshold: 20,
    });
    const { put, stateAt } = setUp([spec]);
    put(5, 0, 'Bad');
    put(5, 0, 'Good');
    expect(stateAt(60)).toBe('OK');
    put(5, 60, 'Bad');
    put(15, 60, 'Good');
    expect(stateAt(120)).toBe('ALARM');
    put(100, 120, 'Good');
    expect(stateAt(180)).toBe('OK');
  });
});

describe('a composite alarm', () => {
  const base = [
    alarm({ name: 'a', metrics: [metric({ name: 'A' })] }),
    alarm({ name: 'b', metrics: [metric({ name: 'B' })] }),
  ];

  it.each([
    ['ALARM("a") AND ALARM("b")', false, true],
    ['ALARM(a) OR ALARM(b)', true, true],
    ['ALARM("a") AND NOT ALARM("b")', true, false],
    ['NOT ALARM("a") OR ALARM("a") AND ALARM("b")', false, true],
    ['OK("b")', true, false],
    ['INSUFFICIENT_DATA("b") OR FALSE', false, false],
    ['TRUE AND (NOT (FALSE))', true, true],
    ['ALARM("arn:aws:cloudwatch:eu-central-1:000000000000:alarm:a")', true, true],
  ])('follows %s', (rule, whenOnlyA, whenBoth) => {
    const { put, stateAt } = setUp([composite('c', rule), ...base]);
    put(1, 0, 'A');
    put(0, 0, 'B');
    expect(stateAt(60)).toBe(whenOnlyA ? 'ALARM' : 'OK');
    put(1, 60, 'A');
    put(1, 60, 'B');
    expect(stateAt(120)).toBe(whenBoth ? 'ALARM' : 'OK');
  });

  it('may name another composite alarm, in any order, and says what is in ALARM', () => {
    const alarms = [composite('outer', 'NOT OK("inner")'), composite('inner', 'ALARM("a")'), ...base];
    const { watch, put, stateAt } = setUp(alarms);
    put(1, 0, 'A');
    expect(stateAt(60)).toBe('ALARM');
    expect(watch.states().find(({ name }) => name === 'inner')?.reason).toBe('The rule is true; in ALARM: a');
  });
});

describe('an alarm that cannot be evaluated is an error at the start that names it', () => {
  it.each([
    [
      'unknown maths',
      alarm({
        metrics: [
          { id: 'e', returnData: true, expression: 'RATE(m1)', periodSeconds: 60 },
          metric({ returnData: false }),
        ],
      }),
      /alarm dead-letters: .*RATE/,
    ],
    [
      'several results',
      alarm({
        metrics: [
          { id: 'e', returnData: true, expression: 'METRICS()', periodSeconds: 60 },
          metric({ returnData: false }),
        ],
      }),
      /dead-letters: expression e is not one time series/,
    ],
    ['no result', alarm({ metrics: [metric({ returnData: false })] }), /dead-letters: 0 metrics return data/],
    [
      'two results',
      alarm({ metrics: [metric(), metric({ id: 'm2' })] }),
      /dead-letters: 2 metrics return data/,
    ],
    [
      'two periods',
      alarm({ metrics: [metric(), metric({ id: 'm2', returnData: false, periodSeconds: 300 })] }),
      /dead-letters: .*2 different periods/,
    ],
    [
      'an unknown statistic',
      alarm({ metrics: [metric({ statistic: 'tm99' })] }),
      /dead-letters: the statistic tm99/,
    ],
    [
      'an unknown comparison',
      alarm({ comparison: 'GreaterThanUpperThreshold' }),
      /dead-letters: the comparison/,
    ],
    [
      'a range beyond what is kept',
      alarm({ metrics: [metric({ periodSeconds: 2 * 86_400 })] }),
      /dead-letters: it looks further back/,
    ],
    [
      'expressions in a circle',
      alarm({
        metrics: [
          metric({ returnData: false }),
          { id: 'x', returnData: true, expression: 'y + m1', periodSeconds: 60 },
          { id: 'y', returnData: false, expression: 'x', periodSeconds: 60 },
        ],
      }),
      /dead-letters: the expressions x, y depend/,
    ],
    ['a rule over an unknown alarm', composite('c', 'ALARM("nobody")'), /alarm c: there is no alarm nobody/],
    ['a rule of another shape', composite('c', 'AT_LEAST(1, ALARM, (a))'), /alarm c: .*AT_LEAST/],
    ['a rule that is cut off', composite('c', 'ALARM("c"'), /alarm c: .*expected at its end/],
    ['a rule over itself', composite('c', 'ALARM("c")'), /alarms c: their rules depend/],
  ])('%s', (_, spec, message) => {
    expect(() => setUp([spec])).toThrow(message);
  });
});

describe('what the topics are told', () => {
  const root = alarm({ name: 'root', topic: 'critical' });
  const symptom = alarm({ name: 'symptom', metrics: [metric({ name: 'Age' })] });
  const page = alarm({
    name: 'page',
    rule: 'ALARM("symptom")',
    metrics: [],
    topic: 'critical',
    suppressor: { name: 'root', waitSeconds: 120, extensionSeconds: 300 },
  });
  const told = (watch: AlarmWatch) =>
    watch
      .notifications()
      .map(({ alarm: name, state, at }) => `${at.toISOString().slice(14, 16)} ${name} ${state}`);
  /** Evaluates every minute; the alarms are on in the minutes given. */
  const minutes = (rootOn: number[], symptomOn: number[], last: number) => {
    const { watch, put } = setUp([root, symptom, page]);
    for (let minute = 0; minute < last; minute += 1) {
      put(rootOn.includes(minute) ? 1 : 0, minute * 60);
      put(symptomOn.includes(minute) ? 1 : 0, minute * 60, 'Age');
      watch.evaluate(new Date(start + (minute + 1) * 60_000));
    }
    return told(watch);
  };
  const from = (first: number, to: number) => Array.from({ length: to - first }, (_, index) => first + index);

  it('is a symptom without a cause, after the wait, and its end', () => {
    expect(minutes([], from(0, 5), 7)).toEqual(['03 page ALARM', '06 page OK']);
  });

  it('is a cause once, and not what it explains, also when it is seen a little later and over a little earlier', () => {
    expect(minutes(from(1, 6), from(0, 9), 12)).toEqual(['02 root ALARM', '07 root OK']);
  });

  it('is a symptom that outlives its cause by more than the extension', () => {
    expect(minutes(from(0, 3), from(0, 12), 14)).toEqual([
      '01 root ALARM',
      '04 root OK',
      '08 page ALARM',
      '13 page OK',
    ]);
  });

  it('is nothing of an alarm that has no topic', () => {
    expect(minutes([], [], 3)).toEqual([]);
  });

  it('cannot depend on an alarm that is not there', () => {
    expect(() => setUp([symptom, page])).toThrow('alarm page: there is no alarm root');
  });
});

it('tells of changes as they happen', () => {
  const seen: string[] = [];
  const collector = new MetricCollector({ timeScale: 1 });
  const watch = new AlarmWatch({
    alarms: [alarm()],
    collector,
    timeScale: 1,
    startedAt: new Date(start),
    onChange: ({ name, from, state }) => seen.push(`${name} ${from} ${state}`),
  });
  collector.put('AWS/SQS', 'Visible', dimensions, 1, start);
  watch.evaluate(new Date(start + 60_000));
  watch.evaluate(new Date(start + 60_000));
  expect(seen).toEqual(['dead-letters INSUFFICIENT_DATA ALARM']);
});
