import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import type { Job } from '../../contract/messages.ts';
import type { Books, ReferenceOutcome } from '../../core/model/outcome.ts';
import { slotOf } from '../../core/model/sweep.ts';
import type { LedgerJob, Sweep } from '../../core/ports.ts';
import { expiry, type Item, sweepKey } from './items.ts';
import { decodeReferences } from './job-references.ts';

/** One letter per reference, in their order. */
const letters: Record<ReferenceOutcome, string> = {
  stored: 's',
  unchanged: 'u',
  gone: 'g',
  quarantined: 'q',
  parked: 'p',
  'dead-lettered': 'd',
};
const DEAD = letters['dead-lettered'];
/** No outcome yet. */
const NONE = '-';
const outcomeOf = new Map(
  Object.entries(letters).map(([outcome, letter]) => [letter, outcome as ReferenceOutcome]),
);
const accounts: Record<ReferenceOutcome, keyof Books> = {
  stored: 'stored',
  unchanged: 'unchanged',
  gone: 'gone',
  quarantined: 'quarantined',
  parked: 'parked',
  'dead-lettered': 'deadLettered',
};

const instant = z.object({ S: z.iso.datetime() });
const sweepItem = z.object({
  sk: z.object({ S: z.string() }),
  marketplace: z.object({ S: z.string() }),
  mode: z.object({ S: z.enum(['sweep', 'refresh', 'discover']) }),
  startedAt: instant,
  deadline: instant,
  planned: z.object({ BOOL: z.boolean() }),
});
const accountItem = z.object({
  refs: z.object({ N: z.string().regex(/^\d+$/) }),
  outcomes: z.object({ S: z.string() }).optional(),
});
const jobItem = accountItem.extend({
  sk: z.object({ S: z.string().regex(/^JOB#\d+$/) }),
  what: z.object({ S: z.string() }).optional(),
  plannedAt: instant.optional(),
  sentAt: instant.optional(),
});

export function encodeSweep(sweep: Sweep): Item {
  return {
    ...sweepKey(sweep.marketplace, sweep.sweepId),
    marketplace: { S: sweep.marketplace },
    mode: { S: sweep.mode },
    startedAt: { S: sweep.startedAt.toISOString() },
    deadline: { S: sweep.deadline.toISOString() },
    planned: { BOOL: sweep.planned },
    ttl: expiry(sweep.startedAt),
  };
}

export function decodeSweep(raw: Record<string, AttributeValue>): Sweep {
  const item = sweepItem.parse(raw);
  return {
    sweepId: item.sk.S,
    marketplace: item.marketplace.S,
    mode: item.mode.S,
    startedAt: new Date(item.startedAt.S),
    deadline: new Date(item.deadline.S),
    planned: item.planned.BOOL,
  };
}

export function decodeJob(
  { marketplace, sweepId }: Pick<Sweep, 'marketplace' | 'sweepId'>,
  raw: Record<string, AttributeValue>,
): LedgerJob {
  const item = jobItem.parse(raw);
  const jobNumber = Number(item.sk.S.slice('JOB#'.length));
  const slot = slotOf(sweepId);
  const job: Job | null = item.what
    ? { v: 1, marketplace, sweepId, jobNumber, slot, references: decodeReferences(item.what.S) }
    : null;
  const count = Number(item.refs.N);
  if (job && job.references.length !== count) {
    throw new Error(
      `Job ${jobNumber} of ${sweepId} names ${job.references.length} references, not ${count}.`,
    );
  }
  const known = item.outcomes?.S ?? '';
  const outcomes = Array.from({ length: count }, (_, i) => outcomeFrom(known[i] ?? NONE));
  const plannedAt = new Date(item.plannedAt?.S ?? slot);
  return { job, jobNumber, outcomes, plannedAt, sentAt: new Date(item.sentAt?.S ?? plannedAt) };
}

/** The outcomes of a job item as they are stored; null: none yet. Throws for what is no job item. */
export function storedOutcomes(raw: Record<string, AttributeValue>): string | null {
  return accountItem.parse(raw).outcomes?.S ?? null;
}

/** First outcomes stand; a dead letter that was redriven becomes what became of it. */
export function merge(known: string, outcomes: ReadonlyMap<number, ReferenceOutcome>): string {
  const merged = [...known];
  for (const [index, outcome] of outcomes) {
    while (merged.length <= index) merged.push(NONE);
    if (merged[index] === NONE || merged[index] === DEAD) merged[index] = letters[outcome];
  }
  return merged.join('');
}

export function addJob(books: Books, raw: Record<string, AttributeValue>): void {
  const job = accountItem.parse(raw);
  const references = Number(job.refs.N);
  books.dispatched += references;
  books.inFlight += references;
  for (const letter of job.outcomes?.S ?? '') {
    const outcome = outcomeFrom(letter);
    if (outcome === null) continue;
    books[accounts[outcome]] += 1;
    books.inFlight -= 1;
  }
}

function outcomeFrom(letter: string): ReferenceOutcome | null {
  if (letter === NONE) return null;
  const outcome = outcomeOf.get(letter);
  if (outcome === undefined) throw new Error(`The ledger has an unknown outcome "${letter}".`);
  return outcome;
}
