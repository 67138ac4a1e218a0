import { Alarm, type ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { StageConfig } from '../config/schema.ts';
import { logicalId, resourceName } from '../names.ts';
import { type AlarmDefinition, type AlarmId, catalogue, type Level } from './catalogue.ts';

export interface AlarmProps {
  /** What tells alarms of one id apart: a marketplace, a storage domain, a queue. */
  dimension: string | null;
  metric: IMetric;
  comparison: ComparisonOperator;
  /** The value for each level that the catalogue names. */
  thresholds: Partial<Record<Level, number>>;
  /** Periods that are looked at, and how many of them must breach. */
  periods: number;
  breaching: number;
}

/**
 * The only way to make an alarm. Name, description and what happens to missing data come from the catalogue; state changes
 * in both directions go to the stage's topic.
 */
export class RunbookAlarms extends Construct {
  readonly all: Alarm[] = [];
  readonly #config: StageConfig;
  readonly #topic: ITopic;

  constructor(scope: Construct, id: string, config: StageConfig, topic: ITopic) {
    super(scope, id);
    this.#config = config;
    this.#topic = topic;
  }

  add(id: AlarmId, props: AlarmProps): void {
    const definition: AlarmDefinition = catalogue[id];
    for (const level of definition.levels) {
      const threshold = props.thresholds[level];
      if (threshold === undefined) throw new Error(`Alarm ${id} has no threshold for ${level}`);
      const suffix = definition.levels.length > 1 ? level : null;
      const alarm = new Alarm(this, logicalId(id, suffix, props.dimension), {
        alarmName: resourceName(this.#config, id, suffix, props.dimension),
        alarmDescription: this.#description(id, definition, level),
        metric: props.metric,
        comparisonOperator: props.comparison,
        threshold,
        evaluationPeriods: props.periods,
        datapointsToAlarm: props.breaching,
        treatMissingData:
          definition.missing.treat === 'breaching'
            ? TreatMissingData.BREACHING
            : TreatMissingData.NOT_BREACHING,
      });
      alarm.addAlarmAction(new SnsAction(this.#topic));
      alarm.addOkAction(new SnsAction(this.#topic));
      this.all.push(alarm);
    }
  }

  #description(id: AlarmId, { impact, failureModes, missing }: AlarmDefinition, level: Level): string {
    const base = this.#config.alarms.runbookUrl;
    const page = base === null ? `docs/runbook/${id}.md` : `${base}/${id}.md`;
    return [
      `${level.toUpperCase()}: ${impact}`,
      `Runbook: ${page}`,
      `Failure modes: ${failureModes.join(', ')}`,
      `Missing data is ${missing.treat}: ${missing.because}.`,
    ].join('\n');
  }
}
