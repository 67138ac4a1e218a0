import { Distribution, parseStatistic } from './distribution.ts';

export type Dimensions = Readonly<Record<string, string>>;

/** One metric that has been put, for listings. */
export interface MetricIdentity {
  namespace: string;
  name: string;
  dimensions: Dimensions;
  /** The unit it was last put with; `None` when it came without. */
  unit: string;
}

interface Series extends MetricIdentity {
  buckets: Map<number, Distribution>;
}

export interface CollectorOptions {
  /** Factor on the minute that CloudWatch keeps values apart by; the result is at least a second. */
  timeScale: number;
  /** Buckets of one series; the oldest go first. The default keeps 75 hours of the template’s time: a day, and two more that missing data reaches back. */
  maxBuckets?: number;
  /** Series beyond this many are not kept. */
  maxSeries?: number;
}

/** Keeps metrics as CloudWatch does: one-minute buckets (scaled) per namespace, name and exact set of dimensions. */
export class MetricCollector {
  /** Width of a bucket in real milliseconds. */
  readonly resolutionMs: number;
  readonly #maxBuckets: number;
  readonly #maxSeries: number;
  readonly #series = new Map<string, Series>();
  #refused = 0;

  constructor({ timeScale, maxBuckets = 4500, maxSeries = 2000 }: CollectorOptions) {
    this.resolutionMs = Math.max(1000, 60_000 * timeScale);
    this.#maxBuckets = maxBuckets;
    this.#maxSeries = maxSeries;
  }

  /** How far back statistics reach, in real milliseconds. */
  get retentionMs(): number {
    return this.#maxBuckets * this.resolutionMs;
  }

  /** Values that were not kept because there were too many series, or that were no finite numbers. */
  get refused(): number {
    return this.#refused;
  }

  /** Adds one sample; `at` in real milliseconds. Samples older than what is kept are dropped. */
  put(
    namespace: string,
    name: string,
    dimensions: Dimensions,
    value: number,
    at: number,
    unit = 'None',
  ): void {
    const series = Number.isFinite(value) ? this.#seriesFor(namespace, name, dimensions) : null;
    if (!series) {
      this.#refused++;
      return;
    }
    series.unit = unit;
    const index = Math.floor(at / this.resolutionMs);
    let bucket = series.buckets.get(index);
    if (!bucket) {
      bucket = new Distribution();
      series.buckets.set(index, bucket);
      if (series.buckets.size > this.#maxBuckets) series.buckets.delete(Math.min(...series.buckets.keys()));
    }
    bucket.add(value);
  }

  /**
   * A statistic over the buckets that begin within `from` (included) to `to` (excluded), both in real milliseconds; null
   * without data. Dimensions must be the whole set, as in CloudWatch. Throws for a statistic that is not supported.
   */
  statistic(
    namespace: string,
    name: string,
    dimensions: Dimensions,
    statistic: string,
    from: number,
    to: number,
  ): number | null {
    const wanted = parseStatistic(statistic);
    if (!wanted) throw new Error(`statistic ${statistic} is not supported`);
    const series = this.#series.get(keyOf(namespace, name, dimensions));
    if (!series) return null;
    const total = new Distribution();
    const end = Math.ceil(to / this.resolutionMs);
    for (let index = Math.ceil(from / this.resolutionMs); index < end; index++) {
      const bucket = series.buckets.get(index);
      if (bucket) total.merge(bucket);
    }
    return total.value(wanted);
  }

  /** Every metric that is kept, in the order of their first values. */
  list(): MetricIdentity[] {
    return [...this.#series.values()].map(({ namespace, name, dimensions, unit }) => ({
      namespace,
      name,
      dimensions,
      unit,
    }));
  }

  #seriesFor(namespace: string, name: string, dimensions: Dimensions): Series | null {
    const key = keyOf(namespace, name, dimensions);
    const known = this.#series.get(key);
    if (known) return known;
    if (this.#series.size >= this.#maxSeries) return null;
    const series: Series = {
      namespace,
      name,
      dimensions: { ...dimensions },
      unit: 'None',
      buckets: new Map(),
    };
    this.#series.set(key, series);
    return series;
  }
}

function keyOf(namespace: string, name: string, dimensions: Dimensions): string {
  return JSON.stringify([
    namespace,
    name,
    Object.entries(dimensions).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}
