import { DynamoBreakers } from '../../functions/adapters/dynamodb/breakers.ts';
import { DynamoGates } from '../../functions/adapters/dynamodb/gates.ts';
import { DynamoLedger } from '../../functions/adapters/dynamodb/ledger.ts';
import { DynamoPaces } from '../../functions/adapters/dynamodb/paces.ts';
import { DynamoParkedReferences } from '../../functions/adapters/dynamodb/parked.ts';
import type {
  Job,
  ProbeRequest,
  ProbeResult,
  StoreProbed,
  VisitsMessage,
} from '../../functions/contract/messages.ts';
import { Admission } from '../../functions/core/breaker/admission.ts';
import { Exits } from '../../functions/core/exits.ts';
import { newBreaker } from '../../functions/core/model/breaker.ts';
import { DatabaseUnavailable } from '../../functions/core/model/errors.ts';
import { newGate } from '../../functions/core/model/gate.ts';
import { newPace } from '../../functions/core/model/pace.ts';
import { Pacer } from '../../functions/core/pace/pacer.ts';
import { directExit } from '../../functions/core/ports/fetching.ts';
import type { Shared } from '../../functions/core/ports/shared.ts';
import { probe } from '../../functions/core/probe.ts';
import { Robots } from '../../functions/core/robots/robots.ts';
import { createScrape } from '../../functions/core/scrape.ts';
import { timeBudget } from '../../functions/core/scrape-limits.ts';
import { storeVisits } from '../../functions/core/store.ts';
import { createStoreBatch } from '../../functions/core/store-batch.ts';
import { Visitor } from '../../functions/core/visitor.ts';
import { Watched } from '../../functions/core/watched.ts';
import { market, rate } from '../core/scrape-world.ts';
import { quiet } from './quiet.ts';
import type { Environment } from './services/consumer.ts';
import type { Message } from './services/queue.ts';
import { limits, table, type World } from './world.ts';

/** Execution environments of the functions that queues feed, put together as their handlers do it. */

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
    { gate: limits.gate },
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

export interface StoreEnvironment extends Environment<VisitsMessage> {
  probe(): Promise<StoreProbed>;
}

export function storeEnvironment(world: World): StoreEnvironment {
  const process = world.start('store');
  const client = world.client(process);
  const ledger = new DynamoLedger(client, table);
  const store = world.parts.visitStore({
    store: async (messages) => {
      const now = process.now().getTime();
      return await process
        .call('commit', () => world.commit(messages, now))
        .catch((cause: unknown) => {
          throw new DatabaseUnavailable(String(cause));
        });
    },
  });
  const sleep = (ms: number): Promise<void> => process.sleep(ms);
  const ports = { clock: process, log: quiet };
  const breakers = new DynamoBreakers(client, table);
  const breaker = new Watched(breakers, limits.domain, newBreaker(), ports, 5_000);
  const admission = new Admission({ ...ports, breaker, sleep }, limits.breaker, 1_000);
  const storeBatch = createStoreBatch(
    {
      ...ports,
      store: (messages) => storeVisits(messages, { store, ledger, log: quiet, metrics: quiet }),
      admission,
      pause: sleep,
      metrics: quiet,
    },
    { failures: limits.breaker.failures, retryMs: 2_000 },
  );
  let invocations = 0;
  return {
    process,
    handle: async (messages, remainingMs) => {
      const all = new Set(messages.map(({ id }) => id));
      const bodies = messages.map(({ body }) => body);
      const failure = await storeBatch(bodies, `${process.id} ${invocations++}`, remainingMs);
      return failure === null ? new Set<number>() : all;
    },
    probe: async () => {
      try {
        await process.call('write probe', () => world.touchDatabase());
        return { failure: null };
      } catch (error) {
        return { failure: String(error) };
      }
    },
  };
}

/** What powertools' batch processor does: all records at once, failed ones by themselves. */
async function failures<T>(
  messages: readonly Message<T>[],
  work: (body: T) => Promise<void>,
): Promise<ReadonlySet<number>> {
  const results = await Promise.allSettled(messages.map(({ body }) => work(body)));
  return new Set(messages.filter((_, i) => results[i]?.status === 'rejected').map(({ id }) => id));
}
