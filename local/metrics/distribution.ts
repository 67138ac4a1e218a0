/** Statistics that alarms may ask for. `p` is 0 < p <= 100. */
export type Statistic =
  | { kind: 'Sum' | 'Average' | 'Minimum' | 'Maximum' | 'SampleCount' }
  | { kind: 'percentile'; p: number };

/** Reads `Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount` or `p99.9`; null for any other text. */
export function parseStatistic(text: string): Statistic | null {
  if (
    text === 'Sum' ||
    text === 'Average' ||
    text === 'Minimum' ||
    text === 'Maximum' ||
    text === 'SampleCount'
  ) {
    return { kind: text };
  }
  const percentile = /^p(\d{1,3}(?:\.\d+)?)$/.exec(text);
  const p = Number(percentile?.[1]);
  return p > 0 && p <= 100 ? { kind: 'percentile', p } : null;
}

/** Width of a histogram class: percentiles are right to half a per cent. */
const base = Math.log(1.01);

/** The class of a value; values of both signs and zero have their own, in their order. */
function classOf(value: number): string {
  if (value === 0) return '0';
  return `${value < 0 ? '-' : '+'}${Math.round(Math.log(Math.abs(value)) / base)}`;
}

function centreOf(key: string): number {
  if (key === '0') return 0;
  const size = Math.exp(Number(key.slice(1)) * base);
  return key.startsWith('-') ? -size : size;
}

/** Samples of one stretch of time in bounded memory: exact but for the percentiles. */
export class Distribution {
  #count = 0;
  #sum = 0;
  #minimum = Number.POSITIVE_INFINITY;
  #maximum = Number.NEGATIVE_INFINITY;
  readonly #classes = new Map<string, number>();

  add(value: number): void {
    this.#count++;
    this.#sum += value;
    this.#minimum = Math.min(this.#minimum, value);
    this.#maximum = Math.max(this.#maximum, value);
    const key = classOf(value);
    this.#classes.set(key, (this.#classes.get(key) ?? 0) + 1);
  }

  merge(other: Distribution): void {
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#minimum = Math.min(this.#minimum, other.#minimum);
    this.#maximum = Math.max(this.#maximum, other.#maximum);
    for (const [key, count] of other.#classes) {
      this.#classes.set(key, (this.#classes.get(key) ?? 0) + count);
    }
  }

  /** Null when there is no sample. */
  value(statistic: Statistic): number | null {
    if (this.#count === 0) return null;
    switch (statistic.kind) {
      case 'Sum':
        return this.#sum;
      case 'Average':
        return this.#sum / this.#count;
      case 'Minimum':
        return this.#minimum;
      case 'Maximum':
        return this.#maximum;
      case 'SampleCount':
        return this.#count;
      case 'percentile':
        return this.#percentile(statistic.p);
    }
  }

  #percentile(p: number): number {
    const rank = Math.ceil((p / 100) * this.#count);
    let seen = 0;
    for (const [key, count] of [...this.#classes].toSorted(([a], [b]) => centreOf(a) - centreOf(b))) {
      seen += count;
      if (seen >= rank) return Math.min(this.#maximum, Math.max(this.#minimum, centreOf(key)));
    }
    return this.#maximum;
  }
}
