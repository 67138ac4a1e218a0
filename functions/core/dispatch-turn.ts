import type { DispatchEvent, DispatchMode, Job } from '../contract/messages.ts';
import { metric } from '../contract/metrics.ts';
import type { Breaker } from './model/breaker.ts';
import { RetryLater } from './model/errors.ts';
import type { Gate } from './model/gate.ts';
import { slotOf } from './model/sweep.ts';
import type { Checkpoints, Cursor } from './ports/checkpoints.ts';
import type { DueReferences } from './ports/database.ts';
import type { Ledger, Sweep } from './ports/ledger.ts';
import type { ParkedReferences } from './ports/parked.ts';
import type { JobsQueue } from './ports/queues.ts';
import type { Clock, Log, Metrics } from './ports/runtime.ts';
import type { Shared } from './ports/shared.ts';

export interface DispatchPorts {
  checkpoints: Checkpoints;
  jobs: JobsQueue;
  ledger: Ledger;
  parked: ParkedReferences;
  due: DueReferences;
  gates: Pick<Shared<Gate>, 'read'>;
  breakers: Pick<Shared<Breaker>, 'read'>;
  clock: Clock;
  log: Log;
  metrics: Metrics;
}

/** Jobs are planned, enqueued and made good by the cursor this many at a time: what a crash costs at most. */
const JOBS_PER_CHUNK = 50;

/** One slot of one marketplace and mode, under its lease: the cursor, and what was dispatched so far. */
export class Turn {
  readonly ports: DispatchPorts;
  readonly marketplace: string;
  readonly mode: DispatchMode;
  readonly slot: string;
  readonly #sweepDeadlineMs: number;
  readonly #mayGoOn: () => boolean;
  cursor: Cursor;
  jobs = 0;
  references = 0;

  constructor(
    ports: DispatchPorts,
    { marketplace, mode, scheduledTime }: DispatchEvent,
    cursor: Cursor,
    limits: { sweepDeadlineMs: number; mayGoOn: () => boolean },
  ) {
    this.ports = ports;
    this.marketplace = marketplace;
    this.mode = mode;
    this.slot = scheduledTime;
    this.cursor = cursor;
    this.#sweepDeadlineMs = limits.sweepDeadlineMs;
    this.#mayGoOn = limits.mayGoOn;
  }

  /** Moves the cursor and keeps the lease. Throws StaleOwner when this run has been replaced. */
  async move(next: Pick<Cursor, 'sweepId' | 'sweepStartedAt' | 'position'>): Promise<void> {
    const { slot } = this.cursor;
    this.cursor = await this.ports.checkpoints.advance(this.cursor, { ...next, slot, releaseLease: false });
  }

  /** Frees the lease; `whole` when the slot needs no other run, `sweepOver` when nothing of the sweep is left to do. */
  async end({ whole, sweepOver = false }: { whole: boolean; sweepOver?: boolean }): Promise<void> {
    const { sweepId, sweepStartedAt, position } = this.cursor;
    const sweep = sweepOver
      ? { sweepId: null, sweepStartedAt: null, position: null }
      : { sweepId, sweepStartedAt, position };
    const slot = whole ? this.slot : this.cursor.slot;
    this.cursor = await this.ports.checkpoints.advance(this.cursor, { ...sweep, slot, releaseLease: true });
  }

  async openSweep(sweepId: string): Promise<void> {
    const startedAt = new Date(slotOf(sweepId));
    const deadline = new Date(startedAt.getTime() + this.#sweepDeadlineMs);
    const { marketplace, mode } = this;
    const sweep: Sweep = { sweepId, marketplace, mode, startedAt, deadline, planned: false };
    await this.ports.ledger.openSweep(sweep);
  }

  async sweepPlanned(sweepId: string): Promise<void> {
    await this.ports.ledger.sweepPlanned(this.marketplace, sweepId);
  }

  /**
   * Writes jobs to the ledger and enqueues them, chunk by chunk; `accepted` is called with the contiguous prefix of each
   * chunk that the queue took. False when time ran out before all were sent. When the queue refused some, throws
   * RetryLater after everything before them was made good and the lease is free for the next attempt.
   */
  async enqueue(jobs: readonly Job[], accepted: (prefix: readonly Job[]) => Promise<void>): Promise<boolean> {
    const { ledger, jobs: queue, clock, metrics } = this.ports;
    for (let start = 0; start < jobs.length; start += JOBS_PER_CHUNK) {
      if (!this.#mayGoOn()) return false;
      const chunk = await ledger.planJobs(jobs.slice(start, start + JOBS_PER_CHUNK), clock.now());
      const sent = await queue.send(this.marketplace, chunk);
      const taken = new Set(sent.accepted);
      const gap = chunk.findIndex((job) => !taken.has(job));
      const prefix = gap === -1 ? chunk : chunk.slice(0, gap);
      if (prefix.length > 0) {
        await accepted(prefix);
        const references = prefix.reduce((sum, job) => sum + job.references.length, 0);
        this.jobs += prefix.length;
        this.references += references;
        metrics.count(metric.referencesDispatched, references);
      }
      if (gap !== -1) {
        await this.end({ whole: false });
        const detail = sent.refused[0]?.detail ?? 'no reason given';
        throw new RetryLater(`The jobs queue refused ${sent.refused.length} jobs: ${detail}`);
      }
    }
    return true;
  }
}
