import type { AlarmSpec } from './cloud-model.ts';
import type { LambdaObserver, QueueObserver } from './interfaces.ts';
import type { Shutdown } from './lifecycle/shutdown.ts';
import { type AlarmStatus, type AlarmTransition, AlarmWatch } from './metrics/alarms.ts';
import { MetricCollector } from './metrics/collector.ts';
import { LambdaMetrics } from './metrics/lambda-metrics.ts';
import { QueueMetrics } from './metrics/queue-metrics.ts';

/** CloudWatch of the local stack. */
export interface Monitoring {
  metrics: MetricCollector;
  lambda: LambdaObserver;
  /** Every alarm as it stands at this moment. */
  alarms(): AlarmStatus[];
  /** Changes of state, oldest first. */
  alarmHistory(): AlarmTransition[];
}

/**
 * Samples the queues and evaluates the alarms twice in each (scaled) minute until the shutdown. Throws for an alarm that
 * the local stack cannot evaluate.
 */
export function startMonitoring(
  options: { alarms: AlarmSpec[]; queues: QueueObserver; timeScale: number },
  shutdown: Shutdown,
): Monitoring {
  const { alarms, queues, timeScale } = options;
  const metrics = new MetricCollector({ timeScale });
  const lambda = new LambdaMetrics(metrics, () => Date.now());
  const queueMetrics = new QueueMetrics(metrics, queues);
  const watch = new AlarmWatch({ alarms, collector: metrics, timeScale, startedAt: new Date() });
  const tick = (): void => {
    queueMetrics.sample(Date.now());
    watch.evaluate(new Date());
  };
  const timer = setInterval(tick, metrics.resolutionMs / 2);
  timer.unref();
  shutdown.add('monitoring', async () => clearInterval(timer));
  return {
    metrics,
    lambda,
    alarms: () => {
      tick();
      return watch.states();
    },
    alarmHistory: () => watch.history(),
  };
}
