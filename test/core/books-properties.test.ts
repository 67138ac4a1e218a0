import fc from 'fast-check';
import { expect, test } from 'vitest';
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
const sweepId = sweepIdOf(slot, 'uzum', 'refresh');
const plan = { referencesPerJob: 2, window: 8, maxBacklogMessages: 50, sweep: null, sweepDeadlineHours: 48 };

/** What can happen to a system whose books must not lie, in any order; `at` picks one of what there is. */
type Happening =
  | { does: 'deliver' | 'deliver twice' | 'die' | 'die unseen' | 'redrive' | 'vanish'; at: number }
  | { does: 'forget' | 'see elsewhere'; at: number }
  | { does: 'restore' | 'audit' | 'gaps' | 'wait' };

const picked = fc.nat({ max: 20 });
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constant('deliver' as const), at: picked }) },
  fc.record({
    does: fc.constantFrom(
      'deliver twice' as const,
      'die' as const,
      'die unseen' as const,
      'redrive' as const,
      'vanish' as const,
      'forget' as const,
      'see elsewhere' as const,
    ),
    at: picked,
  }),
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constantFrom('restore' as const, 'audit' as const, 'gaps' as const, 'wait' as const),
    }),
  },
);

/** One marketplace whose four jobs are on their way; scrape and store are one step. */
class Pipeline {
  readonly world = { ...dispatchWorld(), snapshots: { depth: async () => 0 } };
  readonly rows = new Map<string, StoredReference>();
  readonly dead: Job[] = [];
  /** Of rows that a restore of the database took away. */
  lostRows = 0;
  /** Jobs of which a message has been taken from the queue, to whatever end. */
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
    const { jobs, clock } = this.world;
    const from = happening.does === 'redrive' ? this.dead : jobs.sent;
    const at = 'at' in happening && from.length > 0 ? happening.at % from.length : null;
    const job = at === null ? undefined : from[at];
    if (job && happening.does !== 'see elsewhere') this.#taken.add(job.jobNumber);
    switch (happening.does) {
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
      case 'wait':
        return clock.pass(HOUR);
    }
  }

  /** Outcomes that the books have of jobs whose only message waits in the queue: of these nothing can be known. */
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
    await dispatchGaps(this.world, settings, 'uzum');
  }

  /** Every id that ends in b is one that the marketplace does not have. */
  async #visit(job: Job): Promise<void> {
    const outcomes = new Map<number, ReferenceOutcome>();
    for (const index of job.only ?? job.references.keys())
      outcomes.set(index, job.references[index]?.externalId.endsWith('b') ? 'gone' : 'stored');
    this.#store(job);
    await this.world.ledger.recordOutcomes(job, outcomes);
  }

  #store(job: Job): void {
    const now = this.world.clock.now();
    for (const index of job.only ?? job.references.keys()) {
      const { externalId = '' } = job.references[index] ?? {};
      if (!externalId.endsWith('b')) this.rows.set(externalId, { lastSeenAt: now, missingCheckedAt: null });
    }
  }
}

test('whatever vanishes, dies, comes twice or late: the books add up at every step, and in the end everything is visited and stored', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 40 }), async (happenings) => {
      const pipeline = new Pipeline();
      const { ledger, jobs, clock } = pipeline.world;
      await pipeline.begin();
      for (const it of happenings) {
        await pipeline.let(it);
        const { dispatched, ...accounts } = await ledger.books(sweepId);
        expect(dispatched).toBe(8);
        expect(Object.values(accounts).reduce((sum, count) => sum + count, 0)).toBe(8);
        expect(await pipeline.foretold()).toEqual([]);
      }
      // Nothing goes wrong any more: what is dead is redriven, what is queued delivered, and the two that look after the books go round.
      for (let round = 0; round < 6; round += 1) {
        while (pipeline.dead.length > 0) await pipeline.let({ does: 'redrive', at: 0 });
        while (jobs.sent.length > 0) await pipeline.let({ does: 'deliver', at: 0 });
        clock.pass(HOUR);
        await pipeline.audit();
        await pipeline.gaps();
      }
      expect(jobs.sent).toEqual([]);
      expect(await ledger.books(sweepId)).toMatchObject({ stored: 4, gone: 4, deadLettered: 0, inFlight: 0 });
      expect([...pipeline.rows.keys()].sort()).toEqual(['0a', '1a', '2a', '3a']);
    }),
    { numRuns: 300 },
  );
});
