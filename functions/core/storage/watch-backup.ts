import { metric } from '../../contract/metrics.ts';
import type { Clock, Log, Metrics } from '../ports/runtime.ts';
import type { Backups } from '../ports/storage.ts';

export interface BackupPorts {
  /** Null: nobody knows, and nobody is asked. */
  backups: Backups | null;
  clock: Clock;
  log: Log;
  metrics: Metrics;
}

/**
 * Reports how old the newest state is that the database could be restored to. Says nothing when there is none, or when nobody
 * can say: the alarm takes that for the worst. Does not throw: traffic does not wait for backups.
 */
export async function watchBackup(
  { backups, clock, log, metrics }: BackupPorts,
  { timeScale }: { timeScale: number },
  { domain, instance }: { domain: string; instance: string },
): Promise<void> {
  if (backups === null) return;
  try {
    const until = await backups.restorableUntil(instance);
    if (until === null) return log.error('The database has no backup', { domain, instance });
    const ms = Math.max(0, clock.now().getTime() - until.getTime());
    metrics.gauge(metric.restorableAgeSeconds, ms / 1_000 / timeScale);
  } catch (error) {
    log.warn('Nobody says whether the database has a backup', { domain, instance, error });
  }
}
