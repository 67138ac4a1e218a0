import type { LambdaObserver } from '../interfaces.ts';
import type { Dimensions, MetricCollector } from './collector.ts';
import { embeddedValues } from './embedded-metrics.ts';

interface Interval {
  start: number;
  end: number;
}

/** Invocations of one function that may still overlap with one that is running. */
const maxIntervals = 500;

/**
 * The AWS/Lambda metrics (Invocations, Errors, Throttles, Duration, ConcurrentExecutions), per function and over all, and
 * what the functions print: its bytes (AWS/Logs) and embedded metric format. Concurrency is known when invocations end, so a peak appears when
 * the last invocation that was part of it has ended.
 */
export class LambdaMetrics implements LambdaObserver {
  readonly #collector: MetricCollector;
  readonly #now: () => number;
  readonly #durationFactor: (functionName: string) => number;
  readonly #intervals = new Map<string, Interval[]>();

  /** `durationFactor`: what a millisecond here counts as, so that a duration keeps its share of the function's limit. */
  constructor(
    collector: MetricCollector,
    now: () => number,
    durationFactor: (functionName: string) => number = () => 1,
  ) {
    this.#collector = collector;
    this.#now = now;
    this.#durationFactor = durationFactor;
  }

  invoked(event: Parameters<LambdaObserver['invoked']>[0]): void {
    const { functionName, durationMs, error } = event;
    const at = this.#now();
    this.#put(functionName, 'Invocations', 1, at, 'Count');
    this.#put(functionName, 'Errors', error ? 1 : 0, at, 'Count');
    this.#put(functionName, 'Throttles', 0, at, 'Count');
    this.#put(functionName, 'Duration', durationMs * this.#durationFactor(functionName), at, 'Milliseconds');
    const interval = { start: at - durationMs, end: at };
    for (const scope of [functionName, '']) {
      const concurrency = this.#overlap(scope, interval);
      this.#collector.put('AWS/Lambda', 'ConcurrentExecutions', scopeOf(scope), concurrency, at, 'Count');
    }
  }

  throttled(functionName: string): void {
    this.#put(functionName, 'Throttles', 1, this.#now(), 'Count');
  }

  output(functionName: string, line: string): void {
    const group = { LogGroupName: `/aws/lambda/${functionName}` };
    // What a line costs: its bytes, and 26 that CloudWatch adds to each event.
    this.#collector.put(
      'AWS/Logs',
      'IncomingBytes',
      group,
      Buffer.byteLength(line) + 26,
      this.#now(),
      'Bytes',
    );
    for (const { namespace, name, dimensions, value, at, unit } of embeddedValues(line)) {
      this.#collector.put(namespace, name, dimensions, value, at, unit);
    }
  }

  #put(functionName: string, name: string, value: number, at: number, unit: string): void {
    for (const scope of [functionName, '']) {
      this.#collector.put('AWS/Lambda', name, scopeOf(scope), value, at, unit);
    }
  }

  /** The most invocations that ran at once during the one that has just ended, itself included. */
  #overlap(scope: string, added: Interval): number {
    const intervals = this.#intervals.get(scope) ?? [];
    intervals.push(added);
    if (intervals.length > maxIntervals) intervals.shift();
    this.#intervals.set(scope, intervals);
    const overlapping = intervals.filter((one) => one.end > added.start || one === added);
    // The number that runs grows only where one begins.
    const peaks = overlapping.map(({ start }) => {
      const moment = Math.max(start, added.start);
      return overlapping.filter((one) => one.start <= moment && (one.end > moment || one === added)).length;
    });
    return Math.max(...peaks);
  }
}

function scopeOf(functionName: string): Dimensions {
  return functionName === '' ? {} : { FunctionName: functionName };
}
