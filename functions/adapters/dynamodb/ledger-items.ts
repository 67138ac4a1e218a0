import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import type { Job } from '../../contract/messages.ts';
import type { Books, Gap, ReferenceOutcome } from '../../core/model/outcome.ts';
import { slotOf } from '../../core/model/sweep.ts';
import type { LedgerJob, Sweep } from '../../core/ports/ledger.ts';
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
const gapLetters: Record<Gap, string> = { missing: 'x', lost: 'l' };
const allLetters = { ...letters, ...gapLetters };
const QUARANTINED = letters.quarantined;
/** Outcomes of a page that was understood. */
const brought: ReadonlySet<ReferenceOutcome | Gap> = new Set(['stored', 'unchanged', 'gone']);
/** No outcome yet. */
const NONE = '-';
const open = new Set([NONE, letters['dead-lettered'], ...Object.values(gapLetters)]);
const outcomeOf = new Map(
  Object.entries(allLetters).map(([outcome, letter]) => [letter, outcome as ReferenceOutcome | Gap]),
);
const accounts: Record<ReferenceOutcome, keyof Books> & Record<Gap, null> = {
  missing: null,
  lost: null,
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
  repeats: z.object({ N: z.string().regex(/^\d+$/) }).optional(),
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
  const asRead = item.outcomes?.S ?? null;
  const outcomes = Array.from({ length: count }, (_, i) => outcomeFrom(asRead?.[i] ?? NONE));
  const plannedAt = new Date(item.plannedAt?.S ?? slot);
  const sentAt = new Date(item.sentAt?.S ?? plannedAt);
  const repeats = Number(item.repeats?.N ?? 0);
  return { sweepId, jobNumber, job, outcomes, asRead, plannedAt, sentAt, repeats };
}

/** The outcomes of a job item as they are stored; null: none yet. Throws for what is no job item. */
export function storedOutcomes(raw: Record<string, AttributeValue>): string | null {
  return accountItem.parse(raw).outcomes?.S ?? null;
}

/**
 * First outcomes stand, but for what was not the end: a dead letter that was redriven, and a gap, become what became of them, and
 * a quarantined page that was replayed what it brought.
 */
export function merge(known: string, outcomes: ReadonlyMap<number, ReferenceOutcome>): string {
  return withLetters(
    known,
    outcomes,
    (letter, outcome) => open.has(letter) || (letter === QUARANTINED && brought.has(outcome)),
  );
}

/** Corrections stand in any case. */
export function corrected(known: string, corrections: ReadonlyMap<number, ReferenceOutcome | Gap>): string {
  return withLetters(known, corrections, () => true);
}

/** Gaps are in flight again. */
export function reopened(known: string): string {
  return known.replaceAll(/[xl]/g, NONE);
}

function withLetters(
  known: string,
  entries: ReadonlyMap<number, ReferenceOutcome | Gap>,
  mayReplace: (letter: string, entry: ReferenceOutcome | Gap) => boolean,
): string {
  const merged = [...known];
  for (const [index, entry] of entries) {
    while (merged.length <= index) merged.push(NONE);
    if (mayReplace(merged[index] ?? NONE, entry)) merged[index] = allLetters[entry];
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
    const account = outcome === null ? null : accounts[outcome];
    if (account === null) continue;
    books[account] += 1;
    books.inFlight -= 1;
  }
}

function outcomeFrom(letter: string): ReferenceOutcome | Gap | null {
  if (letter === NONE) return null;
  const outcome = outcomeOf.get(letter);
  if (outcome === undefined) throw new Error(`The ledger has an unknown outcome "${letter}".`);
  return outcome;
}
