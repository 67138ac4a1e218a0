import { describe, expect, it } from 'vitest';
import { compileMaths } from '../../../local/metrics/maths.ts';
import type { Series } from '../../../local/metrics/series-values.ts';

const none = null;
const data = new Map<string, Series>([
  ['a', [1, 2, none, 4]],
  ['b', [10, none, none, 0]],
  ['c', [1, 1, 0, none]],
  ['errors5xx', [1, none, 3, 4]],
  ['errors4xx', [10, 20, none, 40]],
]);
const names = { metrics: ['a', 'b', 'c', 'errors5xx', 'errors4xx'], expressions: ['e1'] };
const run = (expression: string) => compileMaths(expression, names).evaluate(data);

describe('metric math', () => {
  it.each([
    ['a', [1, 2, none, 4]],
    ['a + 1', [2, 3, none, 5]],
    ['2 * (a - 1)', [0, 2, none, 6]],
    ['-a + 10', [9, 8, none, 6]],
    ['10 - 2 - a', [7, 6, none, 4]],
    ['12 / 2 / a', [6, 3, none, 1.5]],
    ['1 + 2 * a', [3, 5, none, 9]],
  ])('computes %s', (expression, expected) => {
    expect(run(expression)).toEqual(expected);
  });

  it('takes a value that one metric lacks for 0, and leaves out points that all lack', () => {
    expect(run('a + b')).toEqual([11, 2, none, 4]);
    expect(run('a * b')).toEqual([10, 0, none, 0]);
  });

  it('drops a point that is divided by zero', () => {
    expect(run('a / b')).toEqual([0.1, none, none, none]);
    expect(run('a / 0')).toEqual([none, none, none, none]);
  });

  it('compares and combines conditions as the documentation’s example does', () => {
    const example = new Map<string, Series>([
      ['metric1', [30, 20, 0, 0]],
      ['metric2', [20, none, 20, none]],
    ]);
    const evaluate = (expression: string) =>
      compileMaths(expression, { metrics: ['metric1', 'metric2'], expressions: [] }).evaluate(example);
    expect(evaluate('metric1 < metric2')).toEqual([0, 0, 1, 0]);
    expect(evaluate('metric1 >= 30')).toEqual([1, 0, 0, 0]);
    // A point that a metric lacks stays missing beside a scalar, and counts as 0 beside the other condition.
    expect(evaluate('metric1 > 15 AND metric2 > 15')).toEqual([1, 0, 0, 0]);
    expect(evaluate('metric1 > 15 || metric2 > 15')).toEqual([1, 1, 1, 0]);
    expect(evaluate('metric1 == 0 && metric2 != 20')).toEqual([0, 0, 0, 0]);
  });

  it.each([
    ['FILL(a, 0)', [1, 2, 0, 4]],
    ['FILL(b, REPEAT)', [10, 10, 10, 0]],
    ['FILL(b, a)', [10, 2, none, 0]],
    ['FILL(a, 0) + FILL(b, 5)', [11, 7, 5, 4]],
    ['SUM(FILL([a, b], 1))', [11, 3, 2, 4]],
  ])('fills what is missing: %s', (expression, expected) => {
    expect(run(expression)).toEqual(expected);
  });

  it.each([
    ['MAX([a, b])', [10, 2, none, 4]],
    ['MIN([a, b])', [1, 2, none, 0]],
    ['SUM([a, b, c])', [12, 3, 0, 4]],
    ['SUM(METRICS("errors"))', [11, 20, 3, 44]],
    ['SUM([METRICS("4xx"), METRICS("5xx")])', [11, 20, 3, 44]],
    ['MAX(METRICS())', [10, 20, 3, 40]],
    ['MAX(METRICS() * 2)', [20, 40, 6, 80]],
  ])('reduces arrays point by point: %s', (expression, expected) => {
    expect(run(expression)).toEqual(expected);
  });

  it('chooses as the documentation’s tables for IF do', () => {
    const example = new Map<string, Series>([
      ['m1', [1, 1, 0, 0, none]],
      ['m2', [30, none, 0, 0, 30]],
      ['m3', [0, 0, 20, none, 20]],
    ]);
    const evaluate = (expression: string) =>
      compileMaths(expression, { metrics: ['m1', 'm2', 'm3'], expressions: [] }).evaluate(example);
    expect(evaluate('IF(m1, m2, m3)')).toEqual([30, 0, 20, none, none]);
    expect(evaluate('IF(m1, 5, m3)')).toEqual([5, 5, 20, none, none]);
    expect(evaluate('IF(m1, m2, 5)')).toEqual([30, 0, 5, 5, none]);
    expect(evaluate('IF(m1, m2)')).toEqual([30, 0, none, none, none]);
    expect(evaluate('IF(1 > 2, m2, m3)')).toEqual([0, 0, 20, none, 20]);
    expect(evaluate('IF(m2 > 10, 1, 0)')).toEqual([1, none, 0, 0, 1]);
  });

  it('keeps a ratio out of an alarm when there is too little to judge by', () => {
    const example = new Map<string, Series>([
      ['bad', [1, 50, none]],
      ['all', [2, 100, 3]],
    ]);
    const { evaluate } = compileMaths('IF(all > 20, 100 * FILL(bad, 0) / all, 0)', {
      metrics: ['bad', 'all'],
      expressions: [],
    });
    expect(evaluate(example)).toEqual([0, 50, 0]);
  });

  it.each([
    ['AVG([a, b])', /function AVG is not supported/],
    ['ANOMALY_DETECTION_BAND(a, 2)', /ANOMALY_DETECTION_BAND/],
    ["SEARCH('{AWS/SQS}', 'Sum')", /cannot read/],
    ['a ^ 2', /cannot read/],
    ['FILL(a, LINEAR)', /LINEAR/],
    ['MAX(a)', /give it an array/],
    ['MAX([a, 5])', /not numbers/],
    ['[a] + [b]', /two arrays/],
    ['IF(1, 2, 3)', /IF takes/],
    ['IF(a)', /IF takes/],
    ['unknown + 1', /no metric or expression unknown/],
    ['METRICS("nothing")', /finds no metric/],
    ['a +', /ends too early/],
    ['(a', /\) is expected/],
    ['a b', /b is not expected/],
    ['', /ends too early/],
  ])('refuses %s and quotes it', (expression, message) => {
    const compile = () => compileMaths(expression, names);
    expect(compile).toThrow(message);
    expect(compile).toThrow(`"${expression}"`);
  });

  it('knows whether a result is one time series', () => {
    const kind = (expression: string) => compileMaths(expression, names).kind;
    expect([kind('5'), kind('a * 5'), kind('[a, b]'), kind('METRICS()'), kind('MAX([a])')]).toEqual([
      'scalar',
      'series',
      'array',
      'array',
      'series',
    ]);
  });
});
