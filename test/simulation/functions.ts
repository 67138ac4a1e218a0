import { DynamoCheckpoints } from '../../functions/adapters/dynamodb/checkpoints.ts';
import { DynamoGates } from '../../functions/adapters/dynamodb/gates.ts';
import { DynamoLedger } from '../../functions/adapters/dynamodb/ledger.ts';
import { DynamoPaces } from '../../functions/adapters/dynamodb/paces.ts';
import { DynamoParkedReferences } from '../../functions/adapters/dynamodb/parked.ts';
import type {
  DispatchEvent,
  Job,
  ProbeRequest,
  ProbeResult,
  VisitsMessage,
} from '../../functions/contract/messages.ts';
import { type DispatchSummary, dispatch } from '../../functions/core/dispatch.ts';
import { Exits } from '../../functions/core/exits.ts';
import { keepGate } from '../../functions/core/gatekeeper.ts';
import { newGate } from '../../functions/core/model/gate.ts';
import { newPace } from '../../functions/core/model/pace.ts';
import { Pacer } from '../../functions/core/pace/pacer.ts';
import {
  directExit,
  type Log,
  type Metrics,
  type Probe,
  type QueueConsumers,
  type Shared,
} from '../../functions/core/ports.ts';
import { probe } from '../../functions/core/probe.ts';
import { replaySpill } from '../../functions/core/replay-spill.ts';
import { Robots } from '../../functions/core/robots/robots.ts';
import { createScrape } from '../../functions/core/scrape.ts';
import { timeBudget } from '../../functions/core/scrape-limits.ts';
import { storeVisits } from '../../functions/core/store.ts';
import { Visitor } from '../../functions/core/visitor.ts';
import { Watched } from '../../functions/core/watched.ts';
import { market, rate } from '../core/scrape-world.ts';
import type { Process } from './process.ts';
import type { Environment } from './services/consumer.ts';
import type { Message } from './services/queue.ts';
import { limits, type World } from './world.ts';

/** The functions as their handlers put them together, with the simulated services in place of AWS. */

const table = 'coordination';
const quiet: Log & Metrics = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  count: () => undefined,
  gauge: () => undefined,
};

export interface ScrapeEnvironment extends Environment<Job> {
  probe(request: ProbeRequest, remainingMs: () => number): Promise<ProbeResult>;
}

export function scrapeEnvironment(world: World): ScrapeEnvironment {
  const process = world.start('scrape');
  const client = world.client(process);
  const watch = <T>(shared: Shared<T>, initial: T): Watched<T> =>
    new Watched(shared, limits.marketplace, initial, { clock: process, log: quiet }, 5_000);
  const paces = new DynamoPaces(client, table, rate.initialPerSecond);
  const visitor = new Visitor(
    {
      marketplace: market,
      fetcher: world.market.fetcher(process),
      gate: watch(new DynamoGates(client, table), newGate()),
      pacer: new Pacer(watch(paces, newPace(rate.initialPerSecond)), process, (ms) => process.sleep(ms), {
        rate,
        timeScale: 1,
      }),
      exits: new Exits([directExit]),
      robots: new Robots(
        { overrides: [], freshMs: 86_400_000, retryMs: 60_000 },
        { clock: process, log: quiet },
        (page) => market.classify(page)?.outcome === 'blocked',
      ),
      clock: process,
      log: quiet,
    },
    { gate: limits.gate, closedMs: 300_000 },
  );
  const ports = world.parts.scrapePorts({
    marketplace: market,
    visitor,
    quarantine: world.quarantine(process),
    raw: null,
    parked: new DynamoParkedReferences(client, table),
    visits: world.visitsQueue(process),
    spill: world.spill(process),
    ledger: new DynamoLedger(client, table),
    clock: process,
    log: quiet,
    metrics: quiet,
  });
  let drawn = 0;
  const random = (): number => world.chance.draw('jitter', drawn++);
  const scrape = createScrape(ports, { connections: 2, timeScale: 1, random });
  return {
    process,
    handle: async (messages, remainingMs) => {
      const budget = timeBudget(remainingMs, 10_000);
      return await failures(messages, (job) => scrape(job, budget));
    },
    probe: (request, remainingMs) => probe(market, visitor, request, timeBudget(remainingMs, 10_000)),
  };
}

export function storeEnvironment(world: World): Environment<VisitsMessage> {
  const process = world.start('store');
  const store = world.parts.visitStore({
    store: (messages) => process.call('commit', () => world.commit(messages, process.now().getTime())),
  });
  const ledger = new DynamoLedger(world.client(process), table);
  return {
    process,
    handle: async (messages) => {
      const ids = new Set<number>();
      await storeVisits(
        messages.map(({ body }) => body),
        { store, ledger, log: quiet, metrics: quiet },
      ).catch(() => {
        for (const { id } of messages) ids.add(id);
      });
      return ids;
    },
  };
}

/** One run of dispatch, in an environment of its own. */
export async function runDispatch(
  world: World,
  process: Process,
  event: DispatchEvent,
  requestId: string,
  remainingMs: () => number,
): Promise<DispatchSummary> {
  const client = world.client(process);
  const ports = world.parts.dispatchPorts({
    checkpoints: new DynamoCheckpoints(client, table, process),
    jobs: world.jobsQueue(process),
    ledger: new DynamoLedger(client, table),
    parked: new DynamoParkedReferences(client, table),
    due: {
      claim: (_, limit) => process.call('claim', () => world.database.claim(limit, world.scheduler.now)),
    },
    gates: new DynamoGates(client, table),
    clock: process,
    log: quiet,
    metrics: quiet,
  });
  return await dispatch(ports, limits.dispatch, event, { requestId, remainingMs });
}

export async function runGatekeeper(
  world: World,
  process: Process,
  scrapers: { consumers: QueueConsumers; probe: Probe },
  requestId: string,
): Promise<void> {
  const gates = new DynamoGates(world.client(process), table);
  const ports = { gates, ...scrapers, clock: process, log: quiet, metrics: quiet };
  const scraper = { marketplace: limits.marketplace, functionName: 'scrape', mapping: 'jobs' };
  await keepGate(ports, { gate: limits.gate, leaseMs: 60_000 }, scraper, requestId);
}

export async function runReplay(world: World, process: Process, remainingMs: () => number): Promise<void> {
  const ports = { spilled: world.spill(process), visits: world.visitsQueue(process) };
  const limits = { mayGoOn: () => remainingMs() > 30_000, sendMs: 10_000 };
  const domain = 'shops';
  await replaySpill(domain, { ...world.parts.replayPorts(ports), clock: process, log: quiet }, limits);
}

/** What powertools' batch processor does: all records at once, failed ones by themselves. */
async function failures<T>(
  messages: readonly Message<T>[],
  work: (body: T) => Promise<void>,
): Promise<ReadonlySet<number>> {
  const results = await Promise.allSettled(messages.map(({ body }) => work(body)));
  return new Set(messages.filter((_, i) => results[i]?.status === 'rejected').map(({ id }) => id));
}
