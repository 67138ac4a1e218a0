import { describe, expect, it } from 'vitest';
import { type Datapoint, judge } from '../../../local/metrics/datapoints.ts';

/** `0` within the threshold, `X` breaching, `-` missing; the newest is on the right, as in CloudWatch's documentation. */
const range = (text: string): Datapoint[] =>
  text.split(' ').map((point) => (point === 'X' ? 'breaching' : point === '0' ? 'fine' : 'missing'));

const treatments = ['missing', 'ignore', 'breaching', 'notBreaching'] as const;
const judgeAll = (text: string, datapointsToAlarm: number, evaluationPeriods: number) =>
  treatments.map((treatMissingData) =>
    judge(range(text), { datapointsToAlarm, evaluationPeriods, treatMissingData }),
  );

describe('an alarm of 3 out of 3, as the documentation’s table has it', () => {
  it.each([
    ['0 - X - X', ['OK', 'OK', 'OK', 'OK']],
    ['0 - - - -', ['OK', 'OK', 'OK', 'OK']],
    ['- - - - -', ['INSUFFICIENT_DATA', 'retain', 'ALARM', 'OK']],
    ['0 X X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['- - X - -', ['ALARM', 'retain', 'ALARM', 'OK']],
  ])('%s', (points, expected) => {
    expect(judgeAll(points, 3, 3)).toEqual(expected);
  });

  it.each([
    ['- - - - X', ['INSUFFICIENT_DATA', 'retain', 'ALARM', 'OK']],
    ['- - - X -', ['INSUFFICIENT_DATA', 'retain', 'ALARM', 'OK']],
    ['- - - X 0', ['OK', 'OK', 'OK', 'OK']],
    ['- - X - 0', ['OK', 'OK', 'OK', 'OK']],
  ])('%s is no premature alarm', (points, expected) => {
    expect(judgeAll(points, 3, 3)).toEqual(expected);
  });
});

describe('an alarm of 2 out of 3, as the documentation’s table has it', () => {
  it.each([
    ['0 - X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['0 0 X 0 X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['0 - X - -', ['OK', 'OK', 'ALARM', 'OK']],
    ['- - - - 0', ['OK', 'OK', 'ALARM', 'OK']],
    ['- - - X -', ['ALARM', 'retain', 'ALARM', 'OK']],
  ])('%s', (points, expected) => {
    expect(judgeAll(points, 2, 3)).toEqual(expected);
  });
});

describe('an alarm of 1 out of 1', () => {
  it.each([
    ['0 0 X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['X X 0', ['OK', 'OK', 'OK', 'OK']],
    ['- X -', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['X 0 -', ['OK', 'OK', 'OK', 'OK']],
    ['- - -', ['INSUFFICIENT_DATA', 'retain', 'ALARM', 'OK']],
  ])('%s goes by the newest real point', (points, expected) => {
    expect(judgeAll(points, 1, 1)).toEqual(expected);
  });
});
