import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmBase,
  AlarmRule,
  AlarmState,
  type ComparisonOperator,
  CompositeAlarm,
  type IAlarmRule,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { StageConfig } from '../config/schema.ts';
import { logicalId, resourceName } from '../names.ts';
import { type AlarmId, catalogue } from './catalogue.ts';
import type { AlarmDefinition, Level } from './definition.ts';
import { describeAlarm, describePage, type LogSource, logsOf } from './description.ts';
import { dependsOn, nameOf, type Owner, ownerOf } from './owner.ts';

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
  level: Level;
  definition: AlarmDefinition;
  owner: Owner;
  alarm: Alarm;
}

/** How long a page waits for a cause further up to be seen, and how long it is still held back once that is over. */
const waitForCause = Duration.minutes(3);
const afterCause = Duration.minutes(15);

/**
 * The only way to make an alarm. Name, description and what happens to missing data come from the catalogue; state changes
 * in both directions go to the topic of its level. Call `finish` when all alarms have been added.
 *
 * Critical alarms with `pagedWith` page through one composite alarm for each owner, which CloudWatch keeps silent while
 * something that its owner depends on has stopped: one cause pages once (docs/decisions/0061).
 */
export class RunbookAlarms extends Construct {
  /** Those on metrics, in the order in which they were added. */
  readonly all: Alarm[] = [];
  /** One for each owner. */
  readonly pages: CompositeAlarm[] = [];
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
      const alarm = new Alarm(this, logicalId(id, suffix, dimension), {
        alarmName: name,
        alarmDescription: describeAlarm(id, definition, level, {
          alarmName: name,
          region: Stack.of(this).region,
          config: this.#config,
          logs: props.logs ?? logsOf(metric, this.#config),
        }),
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
      const owner = definition.pagedWith === 'stage' ? 'stage' : ownerOf(dimension, this.#config);
      this.#made.push({ level, definition, owner, alarm });
    }
  }

  /** Decides what each alarm notifies; all of them must be there by now. */
  finish(): void {
    const groups = new Map<string, [Made, ...Made[]]>();
    for (const made of this.#made) {
      if (made.level !== 'critical' || made.definition.pagedWith === undefined) {
        this.#notify(made.alarm, made.level);
        continue;
      }
      const group = groups.get(nameOf(made.owner));
      if (group) group.push(made);
      else groups.set(nameOf(made.owner), [made]);
    }
    for (const [name, group] of groups) this.#page(name, group);
  }

  #page(name: string, group: readonly [Made, ...Made[]]): void {
    const [{ owner }] = group;
    const causes = this.#made.filter(
      ({ definition, level, owner: wide }) =>
        definition.spreads && level === 'critical' && dependsOn(owner, wide, this.#config),
    );
    const page = new CompositeAlarm(this, logicalId('page', name), {
      compositeAlarmName: resourceName(this.#config, 'page', name),
      alarmDescription: describePage(owner, this.#config),
      alarmRule: anyOf(group),
      ...(causes.length === 0
        ? {}
        : {
            actionsSuppressor: this.#anyCause(name, causes),
            actionsSuppressorWaitPeriod: waitForCause,
            actionsSuppressorExtensionPeriod: afterCause,
          }),
    });
    this.#notify(page, 'critical');
    this.pages.push(page);
  }

  /** In ALARM while one of the causes is; shared by all pages that have the same causes. */
  #anyCause(name: string, causes: readonly Made[]): AlarmBase {
    const key = causes.map(({ alarm }) => alarm.node.id).join(' ');
    const known = this.#causes.get(key);
    if (known) return known;
    const made = new CompositeAlarm(this, logicalId('cause-above', name), {
      compositeAlarmName: resourceName(this.#config, 'cause-above', name),
      alarmDescription: 'Tells nobody: while it is in ALARM, what follows from these alarms does not page.',
      alarmRule: anyOf(causes),
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

function anyOf(alarms: readonly Made[]): IAlarmRule {
  return AlarmRule.anyOf(...alarms.map(({ alarm }) => AlarmRule.fromAlarm(alarm, AlarmState.ALARM)));
}
