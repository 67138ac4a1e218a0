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
import { ConfigurationError } from './model/errors.ts';
import type { Gate } from './model/gate.ts';
import type { Clock, Log, Metrics, Probe, QueueConsumers, Shared } from './ports.ts';

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
  await reconcile(ports, scraper, pauseReasons(gate));
  metrics.count(metric.heartbeat, 1);
  return gate;
}

/** Does what an operator asks for. Throws ConfigurationError for a marketplace that is not one. */
export async function obeyOperator(
  { gates, clock, log }: Pick<GatekeeperPorts, 'gates' | 'clock' | 'log'>,
  order: NonNullable<GatekeeperEvent['operator']>,
  scrapers: readonly Scraper[],
): Promise<void> {
  const { marketplace } = order;
  if (!scrapers.some((scraper) => scraper.marketplace === marketplace)) {
    const known = scrapers.map((scraper) => scraper.marketplace).join(', ');
    throw new ConfigurationError([
      `There is no marketplace "${marketplace}" in this stage; it has ${known}.`,
    ]);
  }
  await gates.change(marketplace, (gate) =>
    order.action === 'close'
      ? closedByOperator(gate, order.reason, clock.now())
      : openedByOperator(gate, clock.now()),
  );
  log.info('An operator set the gate', { ...order });
}

/** Why a queue is not to be consumed; empty when it is. */
export function pauseReasons(gate: Gate): string[] {
  switch (gate.state) {
    case 'open':
      return [];
    case 'cooling':
      return [`${gate.trouble} until ${gate.until.toISOString()}: ${gate.reason}`];
    case 'closed':
      return [`closed by an operator: ${gate.reason}`];
  }
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

async function reconcile(
  { consumers, log }: Pick<GatekeeperPorts, 'consumers' | 'log'>,
  { marketplace, mapping }: Scraper,
  reasons: readonly string[],
): Promise<void> {
  const wanted = reasons.length === 0 ? 'enabled' : 'disabled';
  const actual = await consumers.state(mapping);
  if (actual === wanted) return;
  const begun = actual !== 'changing' && (await consumers.setEnabled(mapping, wanted === 'enabled'));
  log.info(begun ? 'Mapping changed' : 'Mapping is being changed: the next run looks again', {
    marketplace,
    mapping,
    actual,
    wanted,
    reasons,
  });
}
