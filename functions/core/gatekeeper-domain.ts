import { metric } from '../contract/metrics.ts';
import { type BreakerSettings, leased, probed } from './breaker/machine.ts';
import { reconcile } from './mapping.ts';
import type { Breaker } from './model/breaker.ts';
import type { OperatorPause } from './model/pause.ts';
import { pausesOfDomain } from './pauses.ts';
import type { QueueConsumers } from './ports/queues.ts';
import type { Shared } from './ports/shared.ts';
import type { StorageProbe } from './ports/storage.ts';
import type { StorageMarks } from './storage/machine.ts';
import { type StoragePorts, watchStorage } from './storage/watch.ts';
import { type BackupPorts, watchBackup } from './storage/watch-backup.ts';

export interface DomainPorts extends StoragePorts, BackupPorts {
  breakers: Shared<Breaker>;
  pauses: Shared<OperatorPause>;
  consumers: QueueConsumers;
  probe: StorageProbe;
}

/** One storage domain's store function, the mapping that feeds it, and its database's disk. */
export interface Store extends StorageMarks {
  domain: string;
  functionName: string;
  mapping: string;
  /** Identifier of the database instance. */
  instance: string;
}

/**
 * One run for one storage domain: measures the disk and probes when it is time, then makes the mapping match disk, breaker and
 * operator, and looks after the backup. As `keepGate`, it may overlap, die or be left out. Throws what the table or the Lambda API threw; the mapping is then left
 * as it is.
 */
export async function keepDomain(
  ports: DomainPorts,
  settings: { breaker: BreakerSettings; leaseMs: number; timeScale: number },
  store: Store,
  owner: string,
): Promise<string> {
  const { breakers, pauses, metrics } = ports;
  const operator = await pauses.read(store.domain);
  const known = await breakers.read(store.domain);
  // While an operator says no, nobody is let in whatever a probe finds.
  const breaker = operator === null ? await probeWhenDue(ports, settings, store, owner, known) : known;
  metrics.gauge(metric.breakerOpen, breaker.state === 'closed' ? 0 : 1);
  const storage = await watchStorage(ports, settings, store);
  const reasons = pausesOfDomain({ breaker, operator, storage });
  metrics.gauge(metric.storePaused, reasons.length > 0 ? 1 : 0);
  await reconcile(ports, { domain: store.domain }, store.mapping, reasons);
  await watchBackup(ports, settings, store);
  metrics.count(metric.heartbeat, 1);
  if (operator !== null) return 'paused';
  return storage.state === 'held' ? 'full' : breaker.state;
}

async function probeWhenDue(
  ports: DomainPorts,
  { breaker: settings, leaseMs }: { breaker: BreakerSettings; leaseMs: number },
  { domain, functionName }: Store,
  owner: string,
  breaker: Breaker,
): Promise<Breaker> {
  const { breakers, clock, log } = ports;
  const lease = (current: Breaker): Breaker => leased(current, owner, clock.now(), leaseMs);
  if (lease(breaker) === breaker) return breaker;
  const mine = await breakers.change(domain, lease);
  if (mine.state === 'closed' || mine.lease?.owner !== owner) return mine;
  const { failure } = await ports.probe.probe(functionName, { probe: { domain } });
  const next = await breakers.change(domain, (current) =>
    probed(current, { owner, failure, at: clock.now() }, settings),
  );
  log.info('Probed', { domain, failure, breaker: next.state, openings: next.openings });
  return next;
}
