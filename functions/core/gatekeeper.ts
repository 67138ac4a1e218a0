import type { GatekeeperEvent, ProbeResult } from '../contract/messages.ts';
import { metric } from '../contract/metrics.ts';
import {
  closedByOperator,
  type GateSettings,
  leased,
  openedByOperator,
  probed,
  probeReference,
} from './gate/machine.ts';
import { reconcile } from './mapping.ts';
import { ConfigurationError } from './model/errors.ts';
import type { Gate } from './model/gate.ts';
import type { OperatorPause } from './model/pause.ts';
import { pausesOfMarketplace } from './pauses.ts';
import type { Probe } from './ports/fetching.ts';
import type { QueueConsumers } from './ports/queues.ts';
import type { Clock, Log, Metrics } from './ports/runtime.ts';
import type { Shared } from './ports/shared.ts';

export interface GatekeeperPorts {
  gates: Shared<Gate>;
  consumers: QueueConsumers;
  probe: Probe;
  clock: Clock;
  log: Log;
  metrics: Metrics;
}

export interface GatekeeperSettings {
  gate: GateSettings;
  /** How long a gatekeeper that died keeps others from probing; longer than a probe takes. */
  leaseMs: number;
}

/** One marketplace's scrape function and the mapping that feeds it. */
export interface Scraper {
  marketplace: string;
  functionName: string;
  mapping: string;
}

/**
 * One run for one marketplace: probes when a cool-down is over, then makes the mapping match the gate. Every step looks at
 * what is there, so that runs may overlap, die or be left out: a deployment that switched a mapping on is put right by the
 * next one. `owner` is unique to the run. Throws what the table or the Lambda API threw; the mapping is then left as it is.
 */
export async function keepGate(
  ports: GatekeeperPorts,
  settings: GatekeeperSettings,
  scraper: Scraper,
  owner: string,
): Promise<Gate> {
  const { gates, metrics } = ports;
  const gate = await probeWhenDue(ports, settings, scraper, owner, await gates.read(scraper.marketplace));
  metrics.gauge(metric.gateClosed, gate.state === 'open' ? 0 : 1);
  const { marketplace, mapping } = scraper;
  await reconcile(ports, { marketplace }, mapping, pausesOfMarketplace(gate));
  metrics.count(metric.heartbeat, 1);
  return gate;
}

/** Does what an operator asks for. Throws ConfigurationError for a marketplace or a storage domain that is not one. */
export async function obeyOperator(
  ports: { gates: Shared<Gate>; pauses: Shared<OperatorPause>; clock: Clock; log: Log },
  order: NonNullable<GatekeeperEvent['operator']>,
  known: { marketplaces: readonly string[]; domains: readonly string[] },
): Promise<void> {
  const { gates, pauses, clock, log } = ports;
  const since = clock.now();
  switch (order.action) {
    case 'open':
      mustBe('marketplace', order.marketplace, known.marketplaces);
      await gates.change(order.marketplace, (gate) => openedByOperator(gate, since));
      break;
    case 'close': {
      mustBe('marketplace', order.marketplace, known.marketplaces);
      const { reason } = order;
      await gates.change(order.marketplace, (gate) => closedByOperator(gate, reason, since));
      break;
    }
    case 'resume':
      mustBe('storage domain', order.domain, known.domains);
      await pauses.change(order.domain, () => null);
      break;
    case 'pause': {
      mustBe('storage domain', order.domain, known.domains);
      const { reason } = order;
      await pauses.change(order.domain, (pause) => (pause?.reason === reason ? pause : { reason, since }));
    }
  }
  log.info('An operator gave an order', { ...order });
}

function mustBe(kind: string, id: string, ids: readonly string[]): void {
  if (ids.includes(id)) return;
  throw new ConfigurationError([`There is no ${kind} "${id}" in this stage; it has ${ids.join(', ')}.`]);
}

async function probeWhenDue(
  ports: GatekeeperPorts,
  { gate: settings, leaseMs }: GatekeeperSettings,
  { marketplace, functionName }: Scraper,
  owner: string,
  gate: Gate,
): Promise<Gate> {
  const { gates, clock, log } = ports;
  const lease = (current: Gate): Gate => leased(current, owner, clock.now(), leaseMs);
  if (lease(gate) === gate) return gate;
  const mine = await gates.change(marketplace, lease);
  if (mine.state !== 'cooling' || mine.lease?.owner !== owner) return mine;
  const reference = probeReference(mine);
  const result: ProbeResult = reference
    ? await ports.probe.probe(functionName, { probe: { marketplace, reference } })
    : { outcome: 'failed', detail: 'The gate names no reference to probe with.', retryAfterMs: null };
  const next = await gates.change(marketplace, (current) =>
    probed(current, owner, result, clock.now(), settings),
  );
  log.info('Probed', { marketplace, reference, result, gate: next.state, closings: next.closings });
  return next;
}
