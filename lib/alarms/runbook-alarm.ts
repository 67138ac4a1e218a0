import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmBase,
  AlarmRule,
  AlarmState,
  type ComparisonOperator,
  CompositeAlarm,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { StageConfig } from '../config/schema.ts';
import { logicalId, resourceName } from '../names.ts';
import { type AlarmDefinition, type AlarmId, catalogue, type Level } from './catalogue.ts';
import { describeAlarm, type LogSource, logsOf } from './description.ts';
import { isRelated, type Owner, ownerOf } from './owner.ts';

export interface AlarmProps {
  /** What tells alarms of one id apart: a marketplace, a storage domain, a queue; it contains the name of its owner. */
  dimension: string | null;
  metric: IMetric;
  comparison: ComparisonOperator;
  /** The value for each level that the catalogue names. */
  thresholds: Partial<Record<Level, number>>;
  /** Periods that are looked at, and how many of them must breach. */
  periods: number;
  breaching: number;
  /** Whose logs on-call is sent to; by default those of the function that emits the metric. */
  logs?: LogSource;
}

interface Made {
  id: AlarmId;
  level: Level;
  definition: AlarmDefinition;
  dimension: string | null;
  owner: Owner;
  alarm: Alarm;
  description: string;
}

/** How long a symptom waits for its cause to be seen, and how long it is still held back once the cause is over. */
const waitForCause = Duration.minutes(3);
const afterCause = Duration.minutes(15);

/**
 * The only way to make an alarm. Name, description and what happens to missing data come from the catalogue; state changes
 * in both directions go to the topic of its level. Call `finish` when all alarms have been added.
 *
 * A critical alarm that others explain (`explainedBy`) pages through a composite alarm, which CloudWatch keeps silent while
 * one of them is in ALARM: one cause pages once (docs/decisions/0061).
 */
export class RunbookAlarms extends Construct {
  /** Those on metrics, in the order in which they were added. */
  readonly all: Alarm[] = [];
  readonly #config: StageConfig;
  readonly #topics: Readonly<Record<Level, ITopic>>;
  readonly #made: Made[] = [];
  readonly #causes = new Map<string, AlarmBase>();

  constructor(scope: Construct, id: string, config: StageConfig, topics: Readonly<Record<Level, ITopic>>) {
    super(scope, id);
    this.#config = config;
    this.#topics = topics;
  }

  add(id: AlarmId, props: AlarmProps): void {
    const definition: AlarmDefinition = catalogue[id];
    const { dimension, metric, comparison, thresholds, periods, breaching } = props;
    for (const level of definition.levels) {
      const threshold = thresholds[level];
      if (threshold === undefined) throw new Error(`Alarm ${id} has no threshold for ${level}`);
      const suffix = definition.levels.length > 1 ? level : null;
      const name = resourceName(this.#config, id, suffix, dimension);
      const description = describeAlarm(id, definition, level, {
        alarmName: name,
        region: Stack.of(this).region,
        config: this.#config,
        logs: props.logs ?? logsOf(metric, this.#config),
      });
      const alarm = new Alarm(this, logicalId(id, suffix, dimension), {
        alarmName: name,
        alarmDescription: description,
        metric,
        comparisonOperator: comparison,
        threshold,
        evaluationPeriods: periods,
        datapointsToAlarm: breaching,
        treatMissingData:
          definition.missing.treat === 'breaching'
            ? TreatMissingData.BREACHING
            : TreatMissingData.NOT_BREACHING,
      });
      this.all.push(alarm);
      const owner = ownerOf(dimension, this.#config);
      this.#made.push({ id, level, definition, dimension, owner, alarm, description });
    }
  }

  /** Decides what each alarm notifies; its causes must all be there by now. */
  finish(): void {
    for (const made of this.#made) {
      const causes = made.level === 'critical' ? this.#causesOf(made) : [];
      if (causes.length === 0) this.#notify(made.alarm, made.level);
      else this.#page(made, causes);
    }
  }

  #causesOf({ definition, owner }: Made): Made[] {
    const ids: readonly string[] = definition.explainedBy ?? [];
    return this.#made.filter(
      (cause) =>
        ids.includes(cause.id) &&
        cause.level === cause.definition.levels.at(-1) &&
        isRelated(owner, cause.owner, this.#config),
    );
  }

  #page({ id, level, definition, dimension, alarm, description }: Made, causes: Made[]): void {
    const suffix = definition.levels.length > 1 ? level : null;
    const page = new CompositeAlarm(this, logicalId('page', id, suffix, dimension), {
      compositeAlarmName: resourceName(this.#config, 'page', id, suffix, dimension),
      alarmDescription: description,
      alarmRule: AlarmRule.fromAlarm(alarm, AlarmState.ALARM),
      actionsSuppressor: this.#anyOf(causes, logicalId('causes-of', id, suffix, dimension), [
        'causes-of',
        id,
        suffix,
        dimension,
      ]),
      actionsSuppressorWaitPeriod: waitForCause,
      actionsSuppressorExtensionPeriod: afterCause,
    });
    this.#notify(page, level);
  }

  /** In ALARM while one of the causes is; shared by all alarms that have the same causes. */
  #anyOf(causes: Made[], id: string, name: (string | null)[]): AlarmBase {
    const [first] = causes;
    if (first && causes.length === 1) return first.alarm;
    const key = causes.map(({ alarm }) => alarm.node.id).join(' ');
    const known = this.#causes.get(key);
    if (known) return known;
    const made = new CompositeAlarm(this, id, {
      compositeAlarmName: resourceName(this.#config, ...name),
      alarmDescription: 'Notifies nobody: while it is in ALARM, what follows from these alarms is not paged.',
      alarmRule: AlarmRule.anyOf(...causes.map(({ alarm }) => AlarmRule.fromAlarm(alarm, AlarmState.ALARM))),
    });
    this.#causes.set(key, made);
    return made;
  }

  #notify(alarm: AlarmBase, level: Level): void {
    const action = new SnsAction(this.#topics[level]);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
  }
}
