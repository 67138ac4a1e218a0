import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Job, Visit, VisitsMessage } from '../../functions/contract/messages.ts';
import { outbox } from '../../functions/core/dispatch-refresh.ts';
import type { Reference } from '../../functions/core/model/reference.ts';
import type { Item } from './services/expressions.ts';

type Key = { pk: string; sk: string };
interface Entry {
  at: number;
  references: string[];
  job: string;
  isOutbox: boolean;
}

/**
 * Watches every durable effect, and keeps the first promise that was broken: nothing durable goes before what follows from
 * it is durable, cursors only go forward and only over what the queue has, and outcomes that stand are not replaced.
 */
export class Witness {
  broken: string | null = null;
  readonly #now: () => number;
  /** Jobs that the queue accepted, and when last. */
  readonly enqueued = new Map<string, { job: Job; at: number }>();
  /** Per job, the references that are accounted for outside it. */
  readonly #settled = new Map<string, Set<string>>();
  /** Of these, the ones that wait neither in a queue nor in the spill. */
  readonly #arrived = new Map<string, Set<string>>();
  readonly #committed = new Set<string>();
  readonly #parked = new Map<string, Entry>();
  readonly #died = new Set<string>();
  readonly accepted: VisitsMessage[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  break(promise: string): void {
    this.broken ??= `${promise} (at ${new Date(this.#now()).toISOString()})`;
  }

  get parked(): number {
    return this.#parked.size;
  }

  jobEnqueued(job: Job): void {
    const name = nameOf(job);
    const known = this.enqueued.get(name);
    if (known && JSON.stringify(known.job) !== JSON.stringify(job)) {
      this.break(`The job ${name} was enqueued twice, with different contents`);
    }
    this.enqueued.set(name, { job, at: this.#now() });
  }

  jobDeleted(job: Job): void {
    const settled = this.#settled.get(nameOf(job));
    for (const reference of job.references) {
      if (settled?.has(keyOf(reference))) continue;
      this.break(`The job ${nameOf(job)} was deleted although nothing is known of ${keyOf(reference)}`);
    }
  }

  died(message: Pick<Job, 'sweepId' | 'jobNumber'>): void {
    this.#died.add(nameOf(message));
  }

  visitsEnqueued(message: VisitsMessage): void {
    this.accepted.push(message);
    for (const visit of message.visits) this.#settle(nameOf(message), referenceOf(visit));
  }

  visitsSpilled(message: VisitsMessage): void {
    for (const visit of message.visits) this.#settle(nameOf(message), referenceOf(visit));
  }

  spillRemoved(key: string, messages: readonly VisitsMessage[]): void {
    if (!messages.every((message) => this.accepted.includes(message))) {
      this.break(`The spilled object ${key} was removed although the queue never had its visits`);
    }
  }

  visitsDeleted({ visits }: VisitsMessage): void {
    for (const visit of visits) {
      if (!this.#committed.has(nameOfVisit(visit))) {
        this.break(`A message was deleted although its visit is not stored: ${nameOfVisit(visit)}`);
      }
    }
  }

  messageCommitted(message: VisitsMessage): void {
    for (const visit of message.visits) add(this.#arrived, nameOf(message), referenceOf(visit));
  }

  visitCommitted(visit: Visit): void {
    this.#committed.add(nameOfVisit(visit));
  }

  quarantined(job: Pick<Job, 'sweepId' | 'jobNumber'> | null, reference: Reference | null): void {
    if (job && reference) this.#arrive(nameOf(job), reference);
  }

  tableWritten({ pk, sk }: Key, before: Item | null, after: Item | null, by: string): void {
    const kind = pk.split('#')[0];
    if (kind === 'CURSOR') this.#cursorWritten(sk, before, after);
    if (kind === 'PARKED') this.#parkedWritten(sk, after, by);
    if (kind === 'CLEARANCE') this.#clearanceWritten(after);
    if (kind === 'SWEEP') this.#outcomesWritten(`${pk} ${sk}`, before, after);
  }

  #cursorWritten(mode: string, before: Item | null, after: Item | null): void {
    if (!after) {
      this.break(`The cursor of ${mode} was deleted`);
      return;
    }
    const [old, now] = [before ? unmarshall(before) : null, unmarshall(after)];
    if (old && now['version'] !== old['version'] + 1) {
      this.break(`The cursor of ${mode} went from version ${old['version']} to ${now['version']}`);
    }
    const [was, is] = [old?.['position'] ?? null, now['position'] ?? null];
    if (old && old['sweepId'] === now['sweepId'] && (was ?? -1) > (is ?? -1)) {
      this.break(`The cursor of ${mode} went back from ${was} to ${is}`);
    }
    if (old?.['slot'] && (now['slot'] ?? '') < old['slot'])
      this.break(`The cursor of ${mode} went back in time`);
    if (mode !== 'sweep' || is === null || is === was) return;
    const taken = new Set<string>();
    for (const { job } of this.enqueued.values()) {
      if (job.sweepId === now['sweepId']) for (const { externalId } of job.references) taken.add(externalId);
    }
    for (let id = 1; id <= is; id += 1) {
      if (!taken.has(String(id))) {
        this.break(`The cursor stands at ${is} although the queue never had ${id} of ${now['sweepId']}`);
        return;
      }
    }
  }

  #parkedWritten(id: string, after: Item | null, by: string): void {
    if (after) {
      const [, sweepId = '', number = '', reason] = id.split('#');
      const references = JSON.parse(after['references']?.S ?? '[]') as Reference[];
      const job = nameOf({ sweepId, jobNumber: Number(number) });
      const isOutbox = reason === outbox;
      this.#parked.set(id, { at: this.#now(), references: references.map(keyOf), job, isOutbox });
      if (!isOutbox && by === 'scrape') for (const reference of references) this.#arrive(job, reference);
      return;
    }
    const entry = this.#parked.get(id);
    this.#parked.delete(id);
    if (!entry) return;
    const missing = entry.isOutbox
      ? !this.enqueued.has(entry.job)
      : entry.references.some((reference) => !this.#follows(reference, entry.at));
    if (missing) this.break(`The parked entry ${id} was removed although nothing followed from it`);
  }

  /** Whether the reference waits in the outbox, or was enqueued since. */
  #follows(reference: string, since: number): boolean {
    for (const entry of this.#parked.values()) {
      if (entry.isOutbox && entry.references.includes(reference)) return true;
    }
    for (const { job, at } of this.enqueued.values()) {
      if (at >= since && job.references.some((other) => keyOf(other) === reference)) return true;
    }
    return false;
  }

  #outcomesWritten(job: string, before: Item | null, after: Item | null): void {
    const [old, now] = [before?.['outcomes']?.S ?? '', after?.['outcomes']?.S ?? ''];
    if (!after) {
      this.break(`The ledger lost ${job}`);
      return;
    }
    if (before && before['refs']?.N !== after['refs']?.N) this.break(`The ledger changed the size of ${job}`);
    for (const [index, letter] of [...old].entries()) {
      const isOpen = '-dxl'.includes(letter) || (letter === 'q' && 'sug'.includes(now[index] ?? '?'));
      if (!isOpen && letter !== now[index]) {
        this.break(`The ledger replaced an outcome of ${job}: ${old} became ${now}`);
      }
    }
  }

  /** What the queue took before the instant is under way no more. Of dead letters nothing is said. */
  #clearanceWritten(after: Item | null): void {
    const { before } = JSON.parse(after?.['state']?.S ?? '{}') as { before?: string | null };
    if (!before) return;
    for (const [name, { job, at }] of this.enqueued) {
      if (at > Date.parse(before) || this.#died.has(name)) continue;
      const left = job.references.find((reference) => !this.#arrived.get(name)?.has(keyOf(reference)));
      if (left) this.break(`The job ${name} was cleared although ${keyOf(left)} is under way`);
    }
  }

  #settle(job: string, reference: Reference): void {
    add(this.#settled, job, reference);
  }

  #arrive(job: string, reference: Reference): void {
    this.#settle(job, reference);
    add(this.#arrived, job, reference);
  }
}

function add(to: Map<string, Set<string>>, job: string, reference: Reference): void {
  const references = to.get(job) ?? new Set<string>();
  to.set(job, references);
  references.add(keyOf(reference));
}

function nameOf({ sweepId, jobNumber }: Pick<Job, 'sweepId' | 'jobNumber'>): string {
  return `${sweepId}#${jobNumber}`;
}

function keyOf({ kind, externalId }: Reference): string {
  return `${kind} ${externalId}`;
}

function referenceOf(visit: Visit): Reference {
  if (visit.outcome === 'gone') return visit.reference;
  const { kind, externalId } = visit.snapshot;
  return { kind, externalId };
}

function nameOfVisit(visit: Visit): string {
  const at = visit.outcome === 'ok' ? visit.snapshot.observedAt : visit.observedAt;
  const offers = visit.outcome === 'ok' ? visit.snapshot.offers.map(({ price }) => price).join() : 'gone';
  return `${keyOf(referenceOf(visit))} ${at} ${offers}`;
}
