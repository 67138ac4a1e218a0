import type { AlarmSpec, DatabaseSpec } from './cloud-model.ts';
import type { LambdaObserver, QueueObserver } from './interfaces.ts';
import type { Shutdown } from './lifecycle/shutdown.ts';
import { type AlarmStatus, type AlarmTransition, AlarmWatch } from './metrics/alarms.ts';
import { MetricCollector } from './metrics/collector.ts';
import { type DatabaseAddresses, DatabaseMetrics, type DiskSizes } from './metrics/database-metrics.ts';
import { LambdaMetrics } from './metrics/lambda-metrics.ts';
import type { AlarmNotification } from './metrics/notifications.ts';
import { QueueMetrics } from './metrics/queue-metrics.ts';

/** CloudWatch of the local stack. */
export interface Monitoring {
  metrics: MetricCollector;
  lambda: LambdaObserver;
  /** Every alarm as it stands at this moment. */
  alarms(): AlarmStatus[];
  /** Changes of state, oldest first. */
  alarmHistory(): AlarmTransition[];
  /** What the alarms' topics were told, oldest first. */
  notifications(): AlarmNotification[];
  /** By storage domain, how many bytes of data fill its disk; drills make one small. */
  diskSizes: DiskSizes;
}

export interface MonitoringOptions {
  alarms: AlarmSpec[];
  databases: DatabaseSpec[];
  /** Where the database of each storage domain is. */
  postgres: DatabaseAddresses;
  queues: QueueObserver;
  timeScale: number;
  /** What a millisecond of a function's run counts as. */
  durationFactor: (functionName: string) => number;
  onAlarm?: (change: AlarmTransition) => void;
}

/**
 * Samples queues and databases and evaluates the alarms twice in each (scaled) minute until the shutdown. Throws for an alarm that
 * the local stack cannot evaluate.
 */
export function startMonitoring(options: MonitoringOptions, shutdown: Shutdown): Monitoring {
  const { alarms, queues, timeScale, onAlarm } = options;
  const metrics = new MetricCollector({ timeScale });
  const lambda = new LambdaMetrics(metrics, () => Date.now(), options.durationFactor);
  const queueMetrics = new QueueMetrics(metrics, queues);
  const databaseMetrics = new DatabaseMetrics(metrics, options.databases, options.postgres);
  const watch = new AlarmWatch({
    alarms,
    collector: metrics,
    timeScale,
    startedAt: new Date(),
    ...(onAlarm ? { onChange: onAlarm } : {}),
  });
  let sampled = Promise.resolve();
  const tick = (): void => {
    queueMetrics.sample(Date.now());
    sampled = databaseMetrics.sample();
    watch.evaluate(new Date());
  };
  const timer = setInterval(tick, metrics.resolutionMs / 2);
  timer.unref();
  shutdown.add('monitoring', async () => {
    clearInterval(timer);
    await sampled;
  });
  return {
    metrics,
    lambda,
    alarms: () => {
      queueMetrics.sample(Date.now());
      watch.evaluate(new Date());
      return watch.states();
    },
    alarmHistory: () => watch.history(),
    notifications: () => watch.notifications(),
    diskSizes: databaseMetrics.diskSizes,
  };
}
