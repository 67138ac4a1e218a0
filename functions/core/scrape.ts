import type { Job, Visit } from '../contract/messages.ts';
import { type MetricName, metric } from '../contract/metrics.ts';
import type { Marketplace } from './marketplace.ts';
import { PoisonMessage, RetryLater } from './model/errors.ts';
import type { ReferenceOutcome } from './model/outcome.ts';
import { type Reference, referenceKey } from './model/reference.ts';
import { type Action, pageMetric } from './pages.ts';
import type { Ledger } from './ports/ledger.ts';
import type { Quarantine, RawPages } from './ports/objects.ts';
import type { ParkedReferences } from './ports/parked.ts';
import type { Spill, VisitsQueue } from './ports/queues.ts';
import type { Clock, Log, Metrics } from './ports/runtime.ts';
import { keepRawPage } from './raw-pages.ts';
import { Slots, type TimeBudget } from './scrape-limits.ts';
import { Parking, type ParkingSettings } from './scrape-parking.ts';
import { handOver } from './spill.ts';
import type { Errand, Round, Visitor } from './visitor.ts';

export interface ScrapePorts {
  marketplace: Marketplace;
  visitor: Visitor;
  quarantine: Quarantine;
  /** Null: pages of this marketplace are not kept. */
  raw: RawPages | null;
  parked: ParkedReferences;
  visits: VisitsQueue;
  spill: Spill;
  ledger: Ledger;
  clock: Clock;
  log: Log;
  metrics: Metrics;
}

export interface ScrapeSettings extends ParkingSettings {
  /** Requests in flight at most, over all jobs of the environment. */
  connections: number;
}

/**
 * Scrapes one job. Resolves when its message may be deleted; throws PoisonMessage for a job that this function can never
 * do, RetryLater (or an adapter's own error) for one that is to be delivered again. Everything is idempotent.
 */
export type Scrape = (job: Job, budget: TimeBudget) => Promise<void>;

/** One scraper per environment: the jobs of a batch share its connections, and what the visitor learns. */
export function createScrape(ports: ScrapePorts, settings: ScrapeSettings): Scrape {
  const slots = new Slots(settings.connections);
  return async (job, budget) => {
    const errands = plan(ports.marketplace, job);
    const round = await ports.visitor.begin(errands.length, budget);
    const run = new JobRun(ports, settings, job, round);
    const results = await Promise.allSettled(errands.map((errand) => slots.use(() => run.visit(errand))));
    await round.end();
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    if (run.outOfTime) throw new RetryLater('No time was left to start this job.');
    await run.handOver(budget);
  };
}

function plan(marketplace: Marketplace, job: Job): Errand[] {
  if (job.marketplace !== marketplace.manifest.id) {
    throw new PoisonMessage(`A job of ${job.marketplace} reached the scraper of ${marketplace.manifest.id}.`);
  }
  try {
    const errands = job.references.map((reference, index) => ({
      reference,
      request: marketplace.request(reference),
      index,
    }));
    const only = job.only && new Set(job.only);
    return only ? errands.filter(({ index }) => only.has(index)) : errands;
  } catch (cause) {
    throw new PoisonMessage(`The job has a reference that ${job.marketplace} cannot be asked for.`, {
      cause,
    });
  }
}

/** One delivery of one job: what it has found so far. */
class JobRun {
  /** True as long as nothing but the lack of time has come of the job. */
  outOfTime = true;
  readonly #ports: ScrapePorts;
  readonly #job: Job;
  readonly #round: Round;
  readonly #parking: Parking;
  readonly #visits: Visit[] = [];
  readonly #discovered = new Map<string, Reference>();
  readonly #outcomes = new Map<number, ReferenceOutcome>();
  readonly #counts = new Map<MetricName, number>();

  constructor(ports: ScrapePorts, settings: ScrapeSettings, job: Job, round: Round) {
    this.#ports = ports;
    this.#job = job;
    this.#round = round;
    this.#parking = new Parking(settings);
  }

  /** Holds its connection until a page that is kept is written, so that the bodies in memory are bounded. */
  async visit(errand: Errand): Promise<void> {
    const { action, refused } = await this.#round.visit(errand);
    if (action.do !== 'park' || action.reason !== 'deadline') this.outOfTime = false;
    for (let i = 0; i < refused; i += 1) this.#count(metric.pagesBlocked);
    const { marketplace, raw, log } = this.#ports;
    const kept = await keepRawPage(raw, marketplace.manifest.id, action, log);
    await this.#act(errand.reference, errand.index, kept);
  }

  async #act(reference: Reference, index: number, action: Action): Promise<void> {
    switch (action.do) {
      case 'visit': {
        this.#count(pageMetric(action));
        if (action.oldShape) this.#count(metric.pagesOldShape);
        this.#visits.push(...action.visits);
        for (const found of action.discovered) this.#discovered.set(referenceKey(found), found);
        // A listing is not stored itself. Without snapshots nobody else accounts for it.
        if (action.visits.length === 0) this.#outcomes.set(index, 'unchanged');
        return;
      }
      case 'park':
        return this.#park(reference, index, action);
      case 'quarantine':
        return await this.#quarantine(reference, index, action);
    }
  }

  #park(reference: Reference, index: number, action: Extract<Action, { do: 'park' }>): void {
    this.#count(pageMetric(action));
    this.#count(metric.referencesParked);
    this.#parking.add(reference, action);
    this.#outcomes.set(index, 'parked');
  }

  async #quarantine(
    reference: Reference,
    index: number,
    action: Extract<Action, { do: 'quarantine' }>,
  ): Promise<void> {
    const { quarantine, log } = this.#ports;
    const { marketplace, sweepId, jobNumber } = this.#job;
    const { reason, detail, page } = action;
    const fields = { sweepId, jobNumber, reference, reason, detail };
    try {
      const job = { sweepId, jobNumber, index };
      const key = await quarantine.put({ marketplace, reference, job, reason, detail, page });
      log.warn('Page quarantined', { ...fields, key });
    } catch (error) {
      // The page is lost, the reference is not; the rest of the job need not be fetched again for it.
      log.error('Quarantine failed: the reference is parked instead', { ...fields, error });
      return this.#park(reference, index, {
        do: 'park',
        reason: 'quarantine-unavailable',
        detail,
        retryAfterMs: null,
      });
    }
    this.#count(metric.pagesQuarantined);
    if (reason === 'rejected') this.#count(metric.pagesRejected);
    this.#outcomes.set(index, 'quarantined');
  }

  #count(name: MetricName | null): void {
    if (name !== null) this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** Durable first: parked, then sent or spilled, then accounted for. Quarantined and raw pages are written already. */
  async handOver(budget: TimeBudget): Promise<void> {
    const { parked, clock, log, metrics } = this.#ports;
    const { marketplace, sweepId, jobNumber } = this.#job;
    await this.#parking.write(parked, this.#job, clock.now());
    const visits = this.#visits;
    const discovered = [...this.#discovered.values()];
    const message = { v: 1 as const, marketplace, sweepId, jobNumber, visits, discovered };
    const spilled = await handOver(message, this.#ports, budget);
    if (spilled > 0) metrics.count(metric.visitsSpilled, spilled);
    await this.#account();
    for (const [name, count] of this.#counts) metrics.count(name, count);
    log.info('Job scraped', {
      sweepId,
      jobNumber,
      references: (this.#job.only ?? this.#job.references).length,
      visits: visits.length,
      spilled,
      parked: this.#parking.counts(),
    });
  }

  async #account(): Promise<void> {
    if (this.#outcomes.size === 0) return;
    const { ledger, log, metrics } = this.#ports;
    try {
      await ledger.recordOutcomes(this.#job, this.#outcomes);
    } catch (error) {
      // The visits are durable: fetching everything again would not repair the books any better than the audit does.
      metrics.count(metric.ledgerWriteFailed, 1);
      log.error('Ledger write failed', { sweepId: this.#job.sweepId, jobNumber: this.#job.jobNumber, error });
    }
  }
}
