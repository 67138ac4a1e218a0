import type { AlarmSpec } from '../cloud-model.ts';
import { WatchedSeries } from './alarm-metrics.ts';
import { type AlarmRule, type AlarmState, compileRule } from './alarm-rule.ts';
import type { MetricCollector } from './collector.ts';
import { type Datapoint, extraPeriods, judge } from './datapoints.ts';
import { type AlarmNotification, Notifications } from './notifications.ts';
import type { Series } from './series-values.ts';

/** One alarm as it stands. */
export interface AlarmStatus {
  name: string;
  state: AlarmState;
  /** When it came into the state. */
  since: Date;
  /** Why it came into the state. */
  reason: string;
  /** The newest values that it watches, oldest first, null where data is missing; none of a composite. */
  latest: Series;
}

export interface AlarmTransition {
  name: string;
  from: AlarmState;
  state: AlarmState;
  at: Date;
  reason: string;
}

const comparisons: Record<
  string,
  { breaches: (value: number, threshold: number) => boolean; words: string }
> = {
  GreaterThanThreshold: { breaches: (value, threshold) => value > threshold, words: 'greater than' },
  GreaterThanOrEqualToThreshold: { breaches: (value, threshold) => value >= threshold, words: 'at least' },
  LessThanThreshold: { breaches: (value, threshold) => value < threshold, words: 'less than' },
  LessThanOrEqualToThreshold: { breaches: (value, threshold) => value <= threshold, words: 'at most' },
};

interface MetricAlarm {
  spec: AlarmSpec;
  series: WatchedSeries;
  periodMs: number;
  breaches: (value: number) => boolean;
  words: string;
}

const maxHistory = 1000;

export interface AlarmWatchOptions {
  alarms: AlarmSpec[];
  collector: MetricCollector;
  /** Factor on the periods; a period is at least one second. */
  timeScale: number;
  startedAt: Date;
  /** Told of every change of state, in the order in which they happen. */
  onChange?: (change: AlarmTransition) => void;
}

/** Evaluates a stack's metric and composite alarms as CloudWatch does, whenever it is asked to. */
export class AlarmWatch {
  readonly #collector: MetricCollector;
  readonly #metricAlarms: MetricAlarm[];
  /** In an order in which each needs only those before it. */
  readonly #composites: { name: string; rule: AlarmRule }[];
  readonly #statuses: Map<string, AlarmStatus>;
  readonly #history: AlarmTransition[] = [];
  readonly #notifications: Notifications;
  readonly #onChange: (change: AlarmTransition) => void;

  /** Throws an Error that names the alarm which cannot be evaluated. */
  constructor({ alarms, collector, timeScale, startedAt, onChange = () => undefined }: AlarmWatchOptions) {
    this.#collector = collector;
    this.#statuses = new Map(
      alarms.map(({ name }) => [
        name,
        {
          name,
          state: 'INSUFFICIENT_DATA',
          since: startedAt,
          reason: 'Unchecked: initial alarm creation',
          latest: [],
        },
      ]),
    );
    this.#metricAlarms = alarms
      .filter((spec) => spec.rule === null)
      .map((spec) => naming(spec.name, () => metricAlarm(spec, collector, timeScale)));
    this.#composites = orderComposites(alarms, (name) => this.#statuses.has(name));
    for (const { name, suppressor } of alarms)
      if (suppressor && !this.#statuses.has(suppressor.name))
        throw new Error(`alarm ${name}: there is no alarm ${suppressor.name}`);
    this.#notifications = new Notifications(alarms, timeScale);
    this.#onChange = onChange;
  }

  /** Brings every alarm up to `now`; evaluating one moment twice changes nothing. */
  evaluate(now: Date): void {
    const { resolutionMs } = this.#collector;
    // CloudWatch counts complete minutes only, whatever the period.
    const end = Math.floor(now.getTime() / resolutionMs) * resolutionMs;
    for (const alarm of this.#metricAlarms) this.#evaluateMetric(alarm, end, now);
    for (const { name, rule } of this.#composites) {
      const holds = rule.holds((used) => this.#statuses.get(used)?.state ?? 'INSUFFICIENT_DATA');
      const alarming = [...rule.uses].filter((used) => this.#statuses.get(used)?.state === 'ALARM');
      const because =
        alarming.length === 0 ? 'nothing it names is in ALARM' : `in ALARM: ${alarming.join(', ')}`;
      this.#enter(name, holds ? 'ALARM' : 'OK', now, `The rule is ${holds}; ${because}`);
    }
    this.#notifications.look((name) => this.#statuses.get(name), now);
  }

  /** What the topics were told, oldest first. */
  notifications(): AlarmNotification[] {
    return this.#notifications.sent();
  }

  /** Every alarm, in the template's order. */
  states(): AlarmStatus[] {
    return [...this.#statuses.values()].map((status) => ({ ...status }));
  }

  /** The last 1,000 changes of state, oldest first. */
  history(): AlarmTransition[] {
    return [...this.#history];
  }

  #evaluateMetric(alarm: MetricAlarm, end: number, now: Date): void {
    const { spec, series, periodMs } = alarm;
    const values = series.read(this.#collector, end, periodMs, spec.evaluationPeriods + extraPeriods);
    const range = values.map((value): Datapoint => {
      if (value === null) return 'missing';
      return alarm.breaches(value) ? 'breaching' : 'fine';
    });
    const status = this.#statuses.get(spec.name);
    if (status) status.latest = values.slice(-spec.evaluationPeriods);
    const verdict = judge(range, spec);
    if (verdict !== 'retain') this.#enter(spec.name, verdict, now, reasonOf(alarm, values));
  }

  #enter(name: string, state: AlarmState, at: Date, reason: string): void {
    const status = this.#statuses.get(name);
    if (!status || status.state === state) return;
    const change = { name, from: status.state, state, at, reason };
    this.#history.push(change);
    if (this.#history.length > maxHistory) this.#history.shift();
    this.#statuses.set(name, { ...status, state, since: at, reason });
    this.#onChange(change);
  }
}

function reasonOf({ spec, breaches, words }: MetricAlarm, values: Series): string {
  const real = values.filter((value) => value !== null).slice(-spec.evaluationPeriods);
  const missing = spec.evaluationPeriods - real.length;
  const filled = missing > 0 ? `; ${missing} missing, treated as ${spec.treatMissingData}` : '';
  const count = real.filter(breaches).length;
  return `${count} of the last ${real.length} datapoints [${real.join(', ')}] ${words} ${spec.threshold}, ${spec.datapointsToAlarm} of ${spec.evaluationPeriods} to alarm${filled}`;
}

function metricAlarm(spec: AlarmSpec, collector: MetricCollector, timeScale: number): MetricAlarm {
  const comparison = comparisons[spec.comparison];
  if (!comparison) throw new Error(`the comparison ${spec.comparison} is not supported`);
  const series = new WatchedSeries(spec);
  const periodMs = Math.max(1000, series.periodSeconds * 1000 * timeScale);
  if ((spec.evaluationPeriods + extraPeriods) * periodMs > collector.retentionMs) {
    throw new Error('it looks further back than metrics are kept');
  }
  return {
    spec,
    series,
    periodMs,
    breaches: (value) => comparison.breaches(value, spec.threshold),
    words: comparison.words,
  };
}

function orderComposites(
  alarms: AlarmSpec[],
  exists: (name: string) => boolean,
): { name: string; rule: AlarmRule }[] {
  const pending = new Map<string, AlarmRule>();
  for (const { name, rule: text } of alarms) {
    if (text === null) continue;
    const rule = naming(name, () => compileRule(text));
    const unknown = [...rule.uses].find((used) => !exists(used));
    if (unknown !== undefined) throw new Error(`alarm ${name}: there is no alarm ${unknown}`);
    pending.set(name, rule);
  }
  const ordered: { name: string; rule: AlarmRule }[] = [];
  while (pending.size > 0) {
    const ready = [...pending].find(([, rule]) => [...rule.uses].every((used) => !pending.has(used)));
    if (!ready) throw new Error(`alarms ${[...pending.keys()].join(', ')}: their rules depend on each other`);
    ordered.push({ name: ready[0], rule: ready[1] });
    pending.delete(ready[0]);
  }
  return ordered;
}

/** Runs `make`; an Error from it gets the alarm's name in front. */
function naming<T>(name: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new Error(`alarm ${name}: ${error instanceof Error ? error.message : error}`);
  }
}
