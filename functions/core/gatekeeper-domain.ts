import { metric } from '../contract/metrics.ts';
import { type BreakerSettings, leased, probed } from './breaker/machine.ts';
import { reconcile } from './mapping.ts';
import type { Breaker } from './model/breaker.ts';
import type { OperatorPause } from './model/pause.ts';
import { pausesOfDomain } from './pauses.ts';
import type { Clock, Log, Metrics, QueueConsumers, Shared, StorageProbe } from './ports.ts';

export interface DomainPorts {
  breakers: Shared<Breaker>;
  pauses: Shared<OperatorPause>;
  consumers: QueueConsumers;
  probe: StorageProbe;
  clock: Clock;
  log: Log;
  metrics: Metrics;
}

/** One storage domain's store function and the mapping that feeds it. */
export interface Store {
  domain: string;
  functionName: string;
  mapping: string;
}

/**
 * One run for one storage domain: probes when it is time, then makes the mapping match breaker and operator. As
 * `keepGate`, it may overlap, die or be left out. Throws what the table or the Lambda API threw; the mapping is then left
 * as it is.
 */
export async function keepDomain(
  ports: DomainPorts,
  settings: { breaker: BreakerSettings; leaseMs: number },
  store: Store,
  owner: string,
): Promise<string> {
  const { breakers, pauses, metrics } = ports;
  const operator = await pauses.read(store.domain);
  const known = await breakers.read(store.domain);
  // While an operator says no, nobody is let in whatever a probe finds.
  const breaker = operator === null ? await probeWhenDue(ports, settings, store, owner, known) : known;
  metrics.gauge(metric.breakerOpen, breaker.state === 'closed' ? 0 : 1);
  const reasons = pausesOfDomain({ breaker, operator });
  metrics.gauge(metric.storePaused, reasons.length > 0 ? 1 : 0);
  await reconcile(ports, { domain: store.domain }, store.mapping, reasons);
  metrics.count(metric.heartbeat, 1);
  return operator === null ? breaker.state : 'paused';
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
