import type { DispatchMode, Job, VisitsMessage } from '../../functions/contract/messages.ts';
import { StaleOwner } from '../../functions/core/model/errors.ts';
import type { Reference } from '../../functions/core/model/reference.ts';
import type { Checkpoints, Cursor, CursorKey } from '../../functions/core/ports/checkpoints.ts';
import type { DueReferences } from '../../functions/core/ports/database.ts';
import type { Quarantine } from '../../functions/core/ports/objects.ts';
import type { Parked, ParkedReferences } from '../../functions/core/ports/parked.ts';
import type { JobsQueue, QueueConsumers, Sent, VisitsQueue } from '../../functions/core/ports/queues.ts';
import type { Log, Metrics } from '../../functions/core/ports/runtime.ts';
import type { Shared } from '../../functions/core/ports/shared.ts';

/** Ports with the promises of `core/ports/`, kept in memory, whose state tests look into. */

export class MemoryClock {
  time = new Date('2031-02-03T04:05:06.000Z');
  now(): Date {
    return this.time;
  }
  pass(ms: number): void {
    this.time = new Date(this.time.getTime() + ms);
  }
}

export class MemoryMetrics implements Metrics {
  readonly counts: Record<string, number> = {};
  count(name: string, value: number): void {
    this.counts[name] = (this.counts[name] ?? 0) + value;
  }
  gauge(_name: string, _value: number): void {
    throw new Error('Nothing here measures a level.');
  }
}

export class MemoryLog implements Log {
  readonly lines: { level: string; message: string; fields: Record<string, unknown> }[] = [];
  debug = (message: string, fields = {}) => void this.lines.push({ level: 'debug', message, fields });
  info = (message: string, fields = {}) => void this.lines.push({ level: 'info', message, fields });
  warn = (message: string, fields = {}) => void this.lines.push({ level: 'warn', message, fields });
  error = (message: string, fields = {}) => void this.lines.push({ level: 'error', message, fields });
}

export class MemoryCheckpoints implements Checkpoints {
  readonly cursors = new Map<string, Cursor>();
  readonly #clock: MemoryClock;
  constructor(clock: MemoryClock) {
    this.#clock = clock;
  }

  async read({ marketplace, mode }: CursorKey): Promise<Cursor | null> {
    return this.cursor(marketplace, mode) ?? null;
  }

  async acquire(key: CursorKey, slot: string, owner: string, leaseMs: number) {
    const name = `${key.marketplace}/${key.mode}`;
    const current = this.cursors.get(name);
    if (current?.slot && slot <= current.slot) return { collapsed: 'slot-done' as const };
    if (current && current.owner !== owner && current.leaseExpiresAt > this.#clock.now()) {
      return { collapsed: 'leased' as const };
    }
    const fresh = { sweepId: null, sweepStartedAt: null, position: null, previousPosition: null, slot: null };
    const cursor: Cursor = {
      ...(current ?? fresh),
      ...key,
      version: (current?.version ?? 0) + 1,
      owner,
      leaseExpiresAt: new Date(this.#clock.now().getTime() + leaseMs),
      updatedAt: this.#clock.now(),
    };
    this.cursors.set(name, cursor);
    return { cursor };
  }

  async advance(cursor: Cursor, next: Parameters<Checkpoints['advance']>[1]): Promise<Cursor> {
    const name = `${cursor.marketplace}/${cursor.mode}`;
    if (this.cursors.get(name)?.version !== cursor.version) throw new StaleOwner('stale');
    const { releaseLease, ...state } = next;
    const written = {
      ...cursor,
      ...state,
      version: cursor.version + 1,
      leaseExpiresAt: releaseLease ? this.#clock.now() : cursor.leaseExpiresAt,
      previousPosition: cursor.position,
    };
    this.cursors.set(name, written);
    return written;
  }

  cursor(marketplace: string, mode: DispatchMode): Cursor | undefined {
    return this.cursors.get(`${marketplace}/${mode}`);
  }
}

export class MemoryParked implements ParkedReferences {
  readonly entries = new Map<string, Parked & { dueAt: Date }>();

  async park(parked: Parameters<ParkedReferences['park']>[0]): Promise<string> {
    const { job, references, dueAt, reason } = parked;
    const { sweepId, jobNumber } = job;
    const id = `${dueAt.toISOString()}#${jobName(job)}#${reason}`;
    this.entries.set(id, { id, job: { sweepId, jobNumber }, reason, references: [...references], dueAt });
    return id;
  }
  async due(_: string, now: Date, limit: number): Promise<Parked[]> {
    const due = [...this.entries.values()].filter(({ dueAt }) => dueAt <= now);
    return due.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
  }
  async remove(_: string, ids: readonly string[]): Promise<void> {
    for (const id of ids) this.entries.delete(id);
  }
}

export class MemoryJobsQueue implements JobsQueue {
  readonly sent: Job[] = [];
  waiting = 0;
  /** Jobs for which this returns true are refused. */
  refuses: (job: Job) => boolean = () => false;

  async backlog(): Promise<number> {
    return this.waiting;
  }
  async send(_: string, jobs: readonly Job[]): Promise<Sent<Job>> {
    const accepted = jobs.filter((job) => !this.refuses(job));
    this.sent.push(...accepted);
    const refused = jobs.filter((job) => this.refuses(job));
    return { accepted, refused: refused.map((message) => ({ message, detail: 'InternalError' })) };
  }
}

/** Claims are leases: what was claimed is not due again until `intervalPasses`. */
export class MemoryDue implements DueReferences {
  readonly references: Reference[] = [];
  #claimed = 0;

  async claim(_: string, limit: number): Promise<Reference[]> {
    const claimed = this.references.slice(this.#claimed, this.#claimed + limit);
    this.#claimed += claimed.length;
    return claimed;
  }
  intervalPasses(): void {
    this.#claimed = 0;
  }
}

/** One marketplace's shared value. */
export class MemoryShared<T> implements Shared<T> {
  value: T;
  writes = 0;
  reads = 0;
  /** While true, nothing can be read or written. */
  fails = false;
  constructor(value: T) {
    this.value = value;
  }
  async read(): Promise<T> {
    this.reads += 1;
    if (this.fails) throw new Error('ProvisionedThroughputExceededException');
    return this.value;
  }
  async change(_: string, transition: (current: T) => T): Promise<T> {
    if (this.fails) throw new Error('ProvisionedThroughputExceededException');
    const next = transition(this.value);
    if (next !== this.value) this.writes += 1;
    this.value = next;
    return next;
  }
}

/** One mapping. */
export class MemoryConsumers implements QueueConsumers {
  actual: 'enabled' | 'disabled' | 'changing' = 'enabled';
  changes: boolean[] = [];
  /** While true, another change is under way that `state` does not show yet. */
  busy = false;
  async state(): Promise<'enabled' | 'disabled' | 'changing'> {
    return this.actual;
  }
  async setEnabled(_: string, enabled: boolean): Promise<boolean> {
    if (this.busy) return false;
    this.changes.push(enabled);
    this.actual = enabled ? 'enabled' : 'disabled';
    return true;
  }
}

export class MemoryQuarantine implements Quarantine {
  readonly pages = new Map<string, Parameters<Quarantine['put']>[0]>();
  fails = false;

  async put(entry: Parameters<Quarantine['put']>[0]): Promise<string> {
    if (this.fails) throw new Error('SlowDown');
    const key = `${entry.reference?.externalId}-${entry.page.receivedAt.toISOString()}`;
    this.pages.set(key, entry);
    return key;
  }
  async putRow(): Promise<string> {
    throw new Error('Rows are quarantined by the store.');
  }
}

export class MemoryVisitsQueue implements VisitsQueue {
  readonly sent: VisitsMessage[] = [];
  refuses = false;

  async send(message: VisitsMessage): Promise<Sent<VisitsMessage>> {
    if (this.refuses) return { accepted: [], refused: [{ message, detail: 'InternalError' }] };
    if (message.visits.length + message.discovered.length > 0) this.sent.push(message);
    return { accepted: [message], refused: [] };
  }
}

export function jobName({ sweepId, jobNumber }: Pick<Job, 'sweepId' | 'jobNumber'>): string {
  return `${sweepId}#${jobNumber}`;
}
