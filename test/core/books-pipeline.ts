import { expect } from 'vitest';
import type { Job } from '../../functions/contract/messages.ts';
import { accountDeadLetter } from '../../functions/core/dead-letters.ts';
import { dispatchGaps } from '../../functions/core/gaps.ts';
import type { ReferenceOutcome } from '../../functions/core/model/outcome.ts';
import type { Reference } from '../../functions/core/model/reference.ts';
import { newRound } from '../../functions/core/model/round.ts';
import { sweepIdOf } from '../../functions/core/model/sweep.ts';
import type { StoredReference } from '../../functions/core/ports/database.ts';
import { reconcile } from '../../functions/core/reconcile.ts';
import { dispatchWorld } from './dispatch-world.ts';
import { MemoryShared } from './in-memory.ts';

const HOUR = 3_600_000;
const slot = '2031-02-03T04:05:00.000Z';
export const sweepId = sweepIdOf(slot, 'uzum', 'refresh');
const plan = { referencesPerJob: 2, window: 8, maxBacklogMessages: 50, sweep: null, sweepDeadlineHours: 48 };

/** What can happen to a system whose books must not lie, in any order; `at` picks one of what there is. */
export type Happening =
  | { does: 'deliver' | 'deliver twice' | 'die' | 'die unseen' | 'redrive' | 'vanish'; at: number }
  | { does: 'forget' | 'see elsewhere' | 'spill' | 'store'; at: number }
  | { does: 'replay' | 'replay and die' | 'restore' | 'audit' | 'gaps' | 'wait' | 'look after the books' };

/** A job that was scraped, and is not stored. */
interface Scraped {
  job: Job;
  at: Date;
}

/** One marketplace whose four jobs are on their way; scrape and store are one step, unless there is the spill in between. */
export class Pipeline {
  readonly world = { ...dispatchWorld(), snapshots: { depth: async () => this.snapshots.length } };
  readonly snapshots: Scraped[] = [];
  /** By the key of the object, oldest first. */
  readonly spilled = new Map<string, Scraped>();
  readonly rows = new Map<string, StoredReference>();
  readonly dead: Job[] = [];
  /** Of rows that a restore of the database took away. */
  lostRows = 0;
  #objects = 0;
  /** Jobs of which a message has been taken from the queue, but into the spill, to whatever end. */
  readonly #taken = new Set<number>();
  /** Redriven jobs. Of a dead letter the books wait for what its redrive brings, and nobody looks for one that is lost after it. */
  readonly #redriven = new Set<number>();
  readonly #rounds = new MemoryShared(newRound);

  async begin(): Promise<void> {
    const { ledger, clock, jobs } = this.world;
    const startedAt = new Date(slot);
    const deadline = new Date(startedAt.getTime() + 48 * HOUR);
    await ledger.openSweep({
      sweepId,
      marketplace: 'uzum',
      mode: 'refresh',
      startedAt,
      deadline,
      planned: true,
    });
    const planned = Array.from({ length: 4 }, (_, jobNumber): Job => {
      const references = ['a', 'b'].map(
        (name): Reference => ({ kind: 'product', externalId: `${jobNumber}${name}` }),
      );
      return { v: 1, marketplace: 'uzum', sweepId, jobNumber, slot, references };
    });
    await jobs.send('uzum', await ledger.planJobs(planned, clock.now()));
  }

  async let(happening: Happening): Promise<void> {
    const { jobs, clock, spill } = this.world;
    const from = this.#jobsFor(happening.does);
    const at = 'at' in happening && from.length > 0 ? happening.at % from.length : null;
    const job = at === null ? undefined : from[at];
    if (job && happening.does !== 'see elsewhere' && happening.does !== 'spill')
      this.#taken.add(job.jobNumber);
    switch (happening.does) {
      case 'spill': {
        if (!job || at === null) return;
        jobs.sent.splice(at, 1);
        const key = String(this.#objects++);
        this.spilled.set(key, { job, at: clock.now() });
        const object = {
          v: 1 as const,
          domain: 'shops',
          at: clock.now().toISOString(),
          detail: '',
          messages: [],
        };
        spill.objects.set(key, object);
        return;
      }
      case 'replay':
      case 'replay and die': {
        const [oldest] = this.spilled;
        if (!oldest) return;
        this.snapshots.push(oldest[1]);
        if (happening.does === 'replay and die') return;
        this.spilled.delete(oldest[0]);
        spill.objects.delete(oldest[0]);
        return;
      }
      case 'store':
        if (at !== null)
          for (const scraped of this.snapshots.splice(at, 1)) await this.#visit(scraped.job, scraped.at);
        return;
      case 'deliver':
        if (job) await this.#visit(job);
        if (at !== null) jobs.sent.splice(at, 1);
        return;
      case 'deliver twice':
        if (job) await this.#visit(job);
        return;
      case 'die':
        if (job) await accountDeadLetter(job, job.only ?? job.references.keys(), this.world);
        if (job && at !== null) this.dead.push(...jobs.sent.splice(at, 1));
        return;
      case 'die unseen':
        if (at !== null) this.dead.push(...jobs.sent.splice(at, 1));
        return;
      case 'redrive':
        if (job) this.#redriven.add(job.jobNumber);
        if (at !== null) jobs.sent.push(...this.dead.splice(at, 1));
        return;
      case 'vanish':
        if (job && this.#redriven.has(job.jobNumber)) return;
        if (at !== null) jobs.sent.splice(at, 1);
        return;
      case 'forget': {
        if (job && this.#redriven.has(job.jobNumber)) return;
        // The row is written, and then the ledger cannot be told.
        if (job) this.#store(job);
        if (at !== null) jobs.sent.splice(at, 1);
        return;
      }
      case 'see elsewhere':
        // A visit for another sweep, which overtakes this job's own.
        if (job) this.#store(job);
        return;
      case 'restore':
        this.rows.clear();
        return;
      case 'audit':
        return await this.audit();
      case 'gaps':
        return await this.gaps();
      case 'look after the books':
        clock.pass(HOUR);
        await this.audit();
        return await this.gaps();
      case 'wait':
        return clock.pass(HOUR);
    }
  }

  #jobsFor(does: Happening['does']): Job[] {
    const onTheWay = [...this.spilled.values(), ...this.snapshots].map(({ job }) => job);
    if (does === 'see elsewhere') return [...this.world.jobs.sent, ...onTheWay];
    if (does === 'store') return this.snapshots.map(({ job }) => job);
    return does === 'redrive' ? this.dead : this.world.jobs.sent;
  }

  /** Outcomes that the books have of jobs whose only message waits in a queue or in the spill: of these nothing can be known. */
  async foretold(): Promise<unknown[]> {
    const found: unknown[] = [];
    for await (const { jobNumber, outcomes } of this.world.ledger.jobs({ sweepId }, null))
      if (!this.#taken.has(jobNumber))
        found.push(...outcomes.filter((it) => it !== null && it !== 'missing'));
    return found;
  }

  async audit(): Promise<void> {
    const find = async (_: string, references: readonly Reference[]) =>
      references.map(({ externalId }) => this.rows.get(externalId) ?? null);
    const settings = { most: 100, silenceMs: HOUR, skewMs: 0 };
    await reconcile({ ...this.world, stored: { find }, rounds: this.#rounds }, settings, 'uzum');
  }

  async gaps(): Promise<void> {
    const { jobs } = this.world;
    jobs.waiting = jobs.sent.length;
    const settings = {
      plan,
      sweepKind: null,
      silenceMs: HOUR,
      overtakenMs: 2 * HOUR,
      mostRepeats: 1_000,
      mayGoOn: () => true,
    };
    const lost = new Map<number, number[]>();
    for await (const { jobNumber, outcomes } of this.world.ledger.jobs({ sweepId }, null))
      lost.set(
        jobNumber,
        [...outcomes.keys()].filter((index) => outcomes[index] === 'lost'),
      );
    await dispatchGaps(this.world, settings, 'uzum');
    if (this.spilled.size + this.snapshots.length === 0) return;
    // Nothing is fetched twice but what the database has lost.
    for (const { jobNumber, only = [] } of jobs.sent.slice(jobs.waiting))
      expect(lost.get(jobNumber)).toEqual(expect.arrayContaining([...only]));
  }

  /** Every id that ends in b is one that the marketplace does not have. */
  async #visit(job: Job, at = this.world.clock.now()): Promise<void> {
    const outcomes = new Map<number, ReferenceOutcome>();
    for (const index of job.only ?? job.references.keys())
      outcomes.set(index, job.references[index]?.externalId.endsWith('b') ? 'gone' : 'stored');
    this.#store(job, at);
    await this.world.ledger.recordOutcomes(job, outcomes);
  }

  #store(job: Job, at = this.world.clock.now()): void {
    for (const index of job.only ?? job.references.keys()) {
      const { externalId = '' } = job.references[index] ?? {};
      const known = this.rows.get(externalId)?.lastSeenAt ?? at;
      const lastSeenAt = new Date(Math.max(known.getTime(), at.getTime()));
      if (!externalId.endsWith('b')) this.rows.set(externalId, { lastSeenAt, missingCheckedAt: null });
    }
  }
}
