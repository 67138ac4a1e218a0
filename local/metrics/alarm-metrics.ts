import type { AlarmSpec, MetricSpec } from '../cloud-model.ts';
import type { MetricCollector } from './collector.ts';
import { parseStatistic } from './distribution.ts';
import { compileMaths, type Maths } from './maths.ts';
import type { Series } from './series-values.ts';

type StatisticSpec = Extract<MetricSpec, { namespace: string }>;
type ExpressionSpec = Extract<MetricSpec, { expression: string }>;

const isStatistic = (metric: MetricSpec): metric is StatisticSpec => 'namespace' in metric;
const isExpression = (metric: MetricSpec): metric is ExpressionSpec => 'expression' in metric;

/** The one series that a metric alarm watches, made of its metrics and expressions. */
export class WatchedSeries {
  /** The template's period of every value, in seconds. */
  readonly periodSeconds: number;
  readonly #statistics: StatisticSpec[];
  /** In an order in which each needs only those before it. */
  readonly #expressions: { id: string; maths: Maths }[];
  readonly #watched: string;

  /** Throws an Error for what CloudWatch, or this evaluator, does not take. */
  constructor(spec: AlarmSpec) {
    this.#statistics = spec.metrics.filter(isStatistic);
    const watched = spec.metrics.filter((metric) => metric.returnData);
    const [first] = watched;
    if (!first || watched.length > 1) throw new Error(`${watched.length} metrics return data instead of 1`);
    this.#watched = first.id;
    const periods = new Set(this.#statistics.map((metric) => metric.periodSeconds));
    const [period] = periods;
    if (period === undefined || periods.size > 1) {
      throw new Error(`its metrics have ${periods.size} different periods instead of 1`);
    }
    this.periodSeconds = period;
    for (const { statistic } of this.#statistics) {
      if (!parseStatistic(statistic)) throw new Error(`the statistic ${statistic} is not supported`);
    }
    this.#expressions = compileAll(
      spec.metrics.filter(isExpression),
      this.#statistics.map((metric) => metric.id),
    );
    const maths = this.#expressions.find(({ id }) => id === this.#watched)?.maths;
    if (maths && maths.kind !== 'series')
      throw new Error(`expression ${this.#watched} is not one time series`);
  }

  /** The last `count` values, oldest first; the newest ends at `end` (real ms), each is `periodMs` long. */
  read(collector: MetricCollector, end: number, periodMs: number, count: number): Series {
    const series = new Map<string, Series>();
    for (const metric of this.#statistics) {
      const values = Array.from({ length: count }, (_, index) => {
        const from = end - (count - index) * periodMs;
        const { namespace, name, dimensions, statistic } = metric;
        return collector.statistic(namespace, name, dimensions, statistic, from, from + periodMs);
      });
      series.set(metric.id, values);
    }
    for (const { id, maths } of this.#expressions) {
      // An array is refused where it is used or watched: one that is neither is only drawn on a graph.
      if (maths.kind === 'series') series.set(id, maths.evaluate(series) as Series);
    }
    return series.get(this.#watched) ?? [];
  }
}

function compileAll(specs: ExpressionSpec[], metrics: string[]): { id: string; maths: Maths }[] {
  const expressions = specs.map((spec) => spec.id);
  const pending = new Map(
    specs.map((spec) => [spec.id, compileMaths(spec.expression, { metrics, expressions })]),
  );
  for (const [id, maths] of pending) {
    const array = [...maths.uses].find((used) => (pending.get(used)?.kind ?? 'series') !== 'series');
    if (array) throw new Error(`expression ${id} uses ${array}, which is not one time series`);
  }
  const ordered: { id: string; maths: Maths }[] = [];
  while (pending.size > 0) {
    const ready = [...pending].find(([, maths]) => [...maths.uses].every((used) => !pending.has(used)));
    if (!ready) throw new Error(`the expressions ${[...pending.keys()].join(', ')} depend on each other`);
    const [id, maths] = ready;
    ordered.push({ id, maths });
    pending.delete(id);
  }
  return ordered;
}
