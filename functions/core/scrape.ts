import type { Job, Visit } from '../contract/messages.ts';
import { metric } from '../contract/metrics.ts';
import type { Marketplace, PageRequest } from './marketplace.ts';
import { PoisonMessage, RetryLater } from './model/errors.ts';
import type { ReferenceOutcome } from './model/outcome.ts';
import type { Reference } from './model/reference.ts';
import { type Action, judge, pageMetric } from './pages.ts';
import type {
  Clock,
  Fetcher,
  Ledger,
  Log,
  Metrics,
  ParkedReferences,
  Quarantine,
  RawPages,
  VisitsQueue,
} from './ports.ts';
import { keepRawPage } from './raw-pages.ts';
import { Slots, type TimeBudget } from './scrape-limits.ts';
import { Parking, type ParkingSettings } from './scrape-parking.ts';

export interface ScrapePorts {
  marketplace: Marketplace;
  fetcher: Fetcher;
  quarantine: Quarantine;
  /** Null: pages of this marketplace are not kept. */
  raw: RawPages | null;
  parked: ParkedReferences;
  visits: VisitsQueue;
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

/** One scraper per environment: the jobs of a batch share its connections. */
export function createScrape(ports: ScrapePorts, settings: ScrapeSettings): Scrape {
  const slots = new Slots(settings.connections);
  return async (job, budget) => {
    const requests = plan(ports.marketplace, job);
    const run = new JobRun(ports, settings, job);
    const results = await Promise.allSettled(
      requests.map(({ reference, request }, index) =>
        slots.use(() => run.visit(reference, request, index, budget)),
      ),
    );
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    if (run.started === 0) throw new RetryLater('No time was left to start this job.');
    await run.handOver();
  };
}

function plan(marketplace: Marketplace, job: Job): { reference: Reference; request: PageRequest }[] {
  if (job.marketplace !== marketplace.manifest.id) {
    throw new PoisonMessage(`A job of ${job.marketplace} reached the scraper of ${marketplace.manifest.id}.`);
  }
  try {
    return job.references.map((reference) => ({ reference, request: marketplace.request(reference) }));
  } catch (cause) {
    throw new PoisonMessage(`The job has a reference that ${job.marketplace} cannot be asked for.`, {
      cause,
    });
  }
}

/** One delivery of one job: what it has found so far. */
class JobRun {
  started = 0;
  readonly #ports: ScrapePorts;
  readonly #job: Job;
  readonly #parking: Parking;
  readonly #visits: Visit[] = [];
  readonly #discovered = new Map<string, Reference>();
  readonly #outcomes = new Map<number, ReferenceOutcome>();
  readonly #counts = new Map<string, number>();

  constructor(ports: ScrapePorts, settings: ScrapeSettings, job: Job) {
    this.#ports = ports;
    this.#job = job;
    this.#parking = new Parking(settings);
  }

  /** Holds its connection until a page that is kept is written, so that the bodies in memory are bounded. */
  async visit(reference: Reference, request: PageRequest, index: number, budget: TimeBudget): Promise<void> {
    const { fetcher, marketplace, clock, raw, log } = this.#ports;
    if (!budget.mayStart()) {
      this.#park(reference, index, { do: 'park', reason: 'deadline', detail: '', retryAfterMs: null });
      return;
    }
    this.started += 1;
    const response = await fetcher.fetch(request, budget.requestMs());
    const action = judge(marketplace, reference, index, response, () => clock.now());
    await this.#act(reference, index, await keepRawPage(raw, marketplace.manifest.id, response, action, log));
  }

  async #act(reference: Reference, index: number, action: Action): Promise<void> {
    switch (action.do) {
      case 'visit': {
        this.#count(pageMetric(action));
        if (action.oldShape) this.#count(metric.pagesOldShape);
        this.#visits.push(...action.visits);
        for (const found of action.discovered)
          this.#discovered.set(`${found.kind} ${found.externalId}`, found);
        // A listing is not stored itself: only what it led to is, and nobody else accounts for it.
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
    this.#parking.add(reference, action.reason, action.retryAfterMs);
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
      const job = { sweepId, jobNumber };
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
    this.#outcomes.set(index, 'quarantined');
  }

  #count(name: string | null): void {
    if (name !== null) this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** Durable first: parked, then sent, then accounted for. Quarantined and raw pages are written already. */
  async handOver(): Promise<void> {
    const { parked, visits, clock, log, metrics } = this.#ports;
    const { marketplace, sweepId, jobNumber } = this.#job;
    await this.#parking.write(parked, this.#job, clock.now());
    const { refused } = await visits.send({
      v: 1,
      marketplace,
      sweepId,
      jobNumber,
      visits: this.#visits,
      discovered: [...this.#discovered.values()],
    });
    const [first] = refused;
    if (first)
      throw new RetryLater(`The snapshots queue refused ${refused.length} messages: ${first.detail}`);
    await this.#account();
    for (const [name, count] of this.#counts) metrics.count(name, count);
    log.info('Job scraped', {
      sweepId,
      jobNumber,
      references: this.#job.references.length,
      visits: this.#visits.length,
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
