import type { QueueObserver, QueueStatistics } from '../interfaces.ts';
import type { MetricCollector } from './collector.ts';

const gauges = [
  ['ApproximateNumberOfMessagesVisible', 'visible', 'Count'],
  ['ApproximateNumberOfMessagesNotVisible', 'inFlight', 'Count'],
  ['ApproximateNumberOfMessagesDelayed', 'delayed', 'Count'],
  ['ApproximateAgeOfOldestMessage', 'oldestAgeSeconds', 'Seconds'],
] as const;
const counters = [
  ['NumberOfMessagesSent', 'sent'],
  ['NumberOfMessagesReceived', 'received'],
  ['NumberOfMessagesDeleted', 'deleted'],
] as const;

/** The AWS/SQS metrics. The observer's counters are totals; what is put is their growth since the sample before. */
export class QueueMetrics {
  readonly #collector: MetricCollector;
  readonly #observer: QueueObserver;
  #before: Record<string, QueueStatistics> = {};

  constructor(collector: MetricCollector, observer: QueueObserver) {
    this.#collector = collector;
    this.#observer = observer;
  }

  /** Takes one sample of every queue; call it at least once per `collector.resolutionMs`. */
  sample(at: number): void {
    const now = this.#observer.statistics();
    for (const [queue, statistics] of Object.entries(now)) {
      const dimensions = { QueueName: queue };
      for (const [name, field, unit] of gauges) {
        this.#collector.put('AWS/SQS', name, dimensions, statistics[field], at, unit);
      }
      for (const [name, field] of counters) {
        const before = this.#before[queue]?.[field] ?? 0;
        // A smaller total is one that began again.
        const growth = statistics[field] >= before ? statistics[field] - before : statistics[field];
        this.#collector.put('AWS/SQS', name, dimensions, growth, at, 'Count');
      }
    }
    this.#before = structuredClone(now);
  }
}
