import type { AlarmSpec } from '../cloud-model.ts';
import type { AlarmState } from './alarm-rule.ts';

/** One point of an alarm's evaluation range: breaching, not breaching, or missing. */
export type Datapoint = 'breaching' | 'fine' | 'missing';

type Rule = Pick<AlarmSpec, 'evaluationPeriods' | 'datapointsToAlarm' | 'treatMissingData'>;

/** CloudWatch looks further back than the evaluation periods when data is missing; its documentation shows two more. */
export const extraPeriods = 2;

/**
 * The state that an evaluation range (oldest first) calls for; `retain` keeps the one before. Source: "Configuring how
 * CloudWatch alarms treat missing data": real points come first, as far back as needed; only when they are too few are the
 * others filled in. A lone run of breaching points alarms only when its oldest is as old as the datapoints to alarm.
 */
export function judge(range: readonly Datapoint[], rule: Rule): AlarmState | 'retain' {
  const { evaluationPeriods, datapointsToAlarm, treatMissingData } = rule;
  const real = range.filter((point) => point !== 'missing');
  const byCount = (breaching: number): AlarmState => (breaching >= datapointsToAlarm ? 'ALARM' : 'OK');
  const breaching = (points: readonly Datapoint[]) => points.filter((point) => point === 'breaching').length;

  if (real.length >= evaluationPeriods) return byCount(breaching(real.slice(-evaluationPeriods)));
  const missing = evaluationPeriods - real.length;
  switch (treatMissingData) {
    case 'breaching':
      return byCount(breaching(real) + missing);
    case 'notBreaching':
      return byCount(breaching(real));
    default: {
      if (real.includes('fine') || breaching(real) >= datapointsToAlarm) return byCount(breaching(real));
      if (treatMissingData === 'ignore') return 'retain';
      const oldest = range.indexOf('breaching');
      const age = range.length - oldest;
      return oldest >= 0 && age >= datapointsToAlarm ? 'ALARM' : 'INSUFFICIENT_DATA';
    }
  }
}
