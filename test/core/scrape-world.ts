import type { Job } from '../../functions/contract/messages.ts';
import { Exits } from '../../functions/core/exits.ts';
import type { Marketplace, Page, PageRequest, PageResult } from '../../functions/core/marketplace.ts';
import { newGate } from '../../functions/core/model/gate.ts';
import { newPace } from '../../functions/core/model/pace.ts';
import type { Reference } from '../../functions/core/model/reference.ts';
import type { Snapshot } from '../../functions/core/model/snapshot.ts';
import { Pacer } from '../../functions/core/pace/pacer.ts';
import { directExit, type Fetcher, type FetchFailure } from '../../functions/core/ports/fetching.ts';
import type { RawPages } from '../../functions/core/ports/objects.ts';
import { Robots } from '../../functions/core/robots/robots.ts';
import { createScrape, type ScrapePorts } from '../../functions/core/scrape.ts';
import { type TimeBudget, timeBudget } from '../../functions/core/scrape-limits.ts';
import { Visitor } from '../../functions/core/visitor.ts';
import { Watched } from '../../functions/core/watched.ts';
import {
  MemoryClock,
  MemoryLog,
  MemoryMetrics,
  MemoryParked,
  MemoryQuarantine,
  MemoryShared,
  MemoryVisitsQueue,
} from './in-memory.ts';
import { MemoryLedger } from './memory-ledger.ts';

import { MemorySpill } from './memory-spill.ts';

/** Fast enough not to be noticed. */
export const rate = { initialPerSecond: 100_000, minPerSecond: 1, maxPerSecond: 100_000 };

/** A marketplace whose pages say in JSON what they are. `classify` sees walls, `parse` the rest. */
export const market: Marketplace = {
  manifest: {
    id: 'market',
    title: 'Market',
    storageSchema: 'retail',
    hosts: ['market.example'],
    sweepKind: 'product',
    requiresProxy: false,
    maxBodyBytes: 1_000_000,
  },
  seeds: [{ kind: 'listing', externalId: 'all' }],
  request: ({ kind, externalId }) => {
    if (kind === 'lot') throw new Error('no lots here');
    return { method: 'GET', url: `https://market.example/${kind}/${externalId}`, headers: {}, body: null };
  },
  classify: (page) => (page.status === 403 ? { outcome: 'blocked', detail: 'HTTP 403' } : null),
  parse: (page) => JSON.parse(Buffer.from(page.body).toString()) as PageResult,
};

const receivedAt = new Date('2031-02-03T04:05:07.000Z');
export function page(result: PageResult, status = 200): Page {
  const body = Buffer.from(JSON.stringify(result));
  return { url: 'https://market.example/', status, headers: {}, body, receivedAt };
}
export function snapshot(externalId: string): Snapshot {
  const observedAt = receivedAt.toISOString();
  const nothing = { seller: null, category: null, offers: [] };
  return { kind: 'product', externalId, observedAt, title: 'T', currency: 'UZS', ...nothing };
}
export function ok(externalId: string, references: Reference[] = []): Page {
  return page({ outcome: 'ok', schema: 's', snapshots: [snapshot(externalId)], references });
}

class MemoryFetcher implements Fetcher {
  readonly pages = new Map<string, Page | FetchFailure>();
  /** When it gives a page, the world's pages are not looked at. */
  answer: (id: string, exit: string, number: number) => Page | FetchFailure | undefined = () => undefined;
  asked: string[] = [];
  /** The marketplace's robots.txt; requests for it are counted by themselves. */
  robots: () => Page | FetchFailure = () => ({ ...page({ outcome: 'gone', detail: '' }), status: 404 });
  robotsAsked = 0;
  inFlight = 0;
  most = 0;
  async fetch({ url }: PageRequest, _ = 0, exit: string = directExit): Promise<Page | FetchFailure> {
    const id = url.split('/').at(-1) ?? '';
    if (id === 'robots.txt') {
      this.robotsAsked += 1;
      return this.robots();
    }
    const number = this.asked.push(id);
    this.inFlight += 1;
    this.most = Math.max(this.most, this.inFlight);
    await new Promise((resolve) => setImmediate(resolve));
    this.inFlight -= 1;
    return this.answer(id, exit, number) ?? this.pages.get(id) ?? ok(id);
  }
}

/** Everything that scrape touches, fresh. `exits` are the ways out that the visitor knows. */
export function scrapeWorld(exits: readonly string[] = [directExit]) {
  // Its own, because a test may change it.
  const marketplace = { ...market };
  const fetcher = new MemoryFetcher();
  const clock = new MemoryClock();
  const log = new MemoryLog();
  const gates = new MemoryShared(newGate());
  const paces = new MemoryShared(newPace(rate.initialPerSecond));
  const watch = <T>(shared: MemoryShared<T>, initial: T) =>
    new Watched(shared, 'market', initial, { clock, log }, 5_000);
  const visitor = () =>
    new Visitor(
      {
        marketplace,
        fetcher,
        gate: watch(gates, newGate()),
        pacer: new Pacer(
          watch(paces, newPace(rate.initialPerSecond)),
          clock,
          async (ms) => clock.pass(Math.ceil(ms)),
          { rate, timeScale: 1 },
        ),
        exits: new Exits(exits),
        robots: new Robots(
          { overrides: [], freshMs: 86_400_000, retryMs: 60_000 },
          { clock, log },
          (page) => marketplace.classify(page)?.outcome === 'blocked',
        ),
        clock,
        log,
      },
      { gate: { coolDownMs: 3_600_000, maxCoolDownMs: 86_400_000, retryMs: 60_000 } },
    );
  return {
    marketplace,
    gates,
    paces,
    /** Another environment of the same function. */
    anotherVisitor: visitor,
    visitor: visitor(),
    fetcher,
    quarantine: new MemoryQuarantine(),
    raw: null as RawPages | null,
    parked: new MemoryParked(),
    visits: new MemoryVisitsQueue(),
    spill: new MemorySpill(),
    ledger: new MemoryLedger(),
    clock,
    log,
    metrics: new MemoryMetrics(),
  };
}
export type ScrapeWorld = ReturnType<typeof scrapeWorld>;

export const plenty = timeBudget(() => 60_000, 10_000);
export const settings = { connections: 4, timeScale: 1, random: () => 0.5 };
export function job(ids: string[], jobNumber = 1): Job {
  const references = ids.map((externalId): Reference => ({ kind: 'product', externalId }));
  const sweepId = '2031-02-03T04:05:00.000Z.market.sweep';
  return { v: 1, marketplace: 'market', sweepId, jobNumber, slot: '2031-02-03T04:05:00.000Z', references };
}
/** Scrapes a planned job, with the ports of the world unless others are given. */
export async function scrape(
  w: ScrapeWorld,
  one: Job,
  budget: TimeBudget = plenty,
  ports: ScrapePorts = w,
): Promise<void> {
  await w.ledger.planJobs([one], new Date(0));
  await createScrape(ports, settings)(one, budget);
}

/** The job's outcomes in the ledger, by index. */
export function recorded(w: ScrapeWorld, one: Job) {
  return Object.fromEntries(w.ledger.planned.get(`${one.sweepId}#${one.jobNumber}`)?.outcomes ?? []);
}

/** What is parked, and for how long from now. */
export function waits(w: ScrapeWorld) {
  return [...w.parked.entries.values()].map(({ reason, references, dueAt }) => ({
    reason,
    ids: references.map(({ externalId }) => externalId),
    waitMs: dueAt.getTime() - w.clock.now().getTime(),
  }));
}
