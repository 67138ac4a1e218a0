import type { DispatchMode } from '../../functions/contract/messages.ts';
import { type Books, emptyBooks } from '../../functions/core/model/outcome.ts';
import type { Ledger, Sweep } from '../../functions/core/ports/ledger.ts';
import { type LocalClock, realClock } from '../../local/events/clock.ts';
import { UsageError } from '../command.ts';
import { addBooks } from '../report/model.ts';
import type { Progress } from './progress.ts';

const POLL_MS = 250;
/** Reading the whole ledger of a large sweep costs the process that also serves the queues: hardly any of its time. */
const POLL_SHARE = 0.03;
const LONGEST_POLL_MS = 3_000;
const NEARLY_DONE_SHARE = 0.05;
/** Scheduled times are whole seconds: a slot sooner than this could be the one before. */
const NEXT_SLOT_MS = 1_000;

/** What one marketplace and mode came to. */
export interface Pass {
  marketplace: string;
  /** One, or more where a sweep needed several slots. */
  sweeps: { sweep: Sweep; books: Books }[];
  seconds: number;
}

export interface PassOptions {
  marketplace: string;
  mode: DispatchMode;
  ledger: Pick<Ledger, 'sweeps' | 'books'>;
  /** Delivers one slot of the schedule, with its retries. */
  deliver: () => Promise<void>;
  progress: Pick<Progress, 'books'>;
  /** How long nothing may move before the run gives up; longer than the visibility timeout that a killed worker costs. */
  stalledMs: number;
  /** Between two looks at the ledger, at most. */
  longestPollMs?: number;
  clock?: LocalClock;
}

/**
 * Delivers slots of a marketplace's schedule, one after the other, until the sweeps that they began are planned whole, and
 * waits until the books have nothing in flight. There are no sweeps in the result when there was nothing to dispatch.
 * Throws when a delivery fails for good, or when nothing moves any more.
 */
export async function runPass(options: PassOptions): Promise<Pass> {
  const { marketplace, mode, ledger, progress, stalledMs, clock = realClock } = options;
  const { longestPollMs = LONGEST_POLL_MS } = options;
  const known = new Set((await ledger.sweeps(marketplace, 50)).map((sweep) => sweep.sweepId));
  const began = clock.now();
  const slots = new Slots(options.deliver, clock);
  slots.next();
  let state = '';
  let movedAt = began;
  /** Once it is planned whole: what begins after that belongs to another pass. */
  let whole: ReadonlySet<string> | null = null;
  for (;;) {
    const delivered = slots.settled();
    const askedAt = clock.now();
    const newest = await ledger.sweeps(marketplace, 50);
    const ours = newest.filter(
      ({ sweepId, ...sweep }) =>
        sweep.mode === mode && !known.has(sweepId) && (whole === null || whole.has(sweepId)),
    );
    const sweeps = [];
    for (const sweep of ours) sweeps.push({ sweep, books: await ledger.books(sweep.sweepId) });
    const books = sweeps.map((entry) => entry.books).reduce(addBooks, emptyBooks());
    const planned = ours.every((sweep) => sweep.planned);
    const now = clock.now();
    progress.books(`${marketplace} ${mode}`, books, now - began);
    if (delivered && planned && books.inFlight === 0)
      return { marketplace, sweeps, seconds: (now - began) / 1000 };
    if (delivered && !planned) slots.next();
    if (delivered && planned) whole ??= new Set(ours.map(({ sweepId }) => sweepId));
    const current = JSON.stringify([books, planned, ours.length]);
    if (current !== state) movedAt = now;
    state = current;
    if (now - movedAt > stalledMs)
      throw new UsageError(
        `${marketplace} ${mode}: nothing has moved for ${Math.round(stalledMs / 1000)} s.`,
      );
    // The end is seen at once: until then nobody waits for an answer.
    const nearlyDone = books.inFlight < books.dispatched * NEARLY_DONE_SHARE;
    const pauseMs = nearlyDone ? POLL_MS : Math.min((now - askedAt) / POLL_SHARE, longestPollMs);
    await clock.sleep(Math.max(POLL_MS, pauseMs));
  }
}

/** One delivery at a time. */
class Slots {
  readonly #deliver: () => Promise<void>;
  readonly #clock: LocalClock;
  #underWay = false;
  #failure: unknown;

  constructor(deliver: () => Promise<void>, clock: LocalClock) {
    this.#deliver = deliver;
    this.#clock = clock;
  }

  next(): void {
    this.#underWay = true;
    void this.#run();
  }

  /** Whether no delivery is under way. Throws what the last one failed with. */
  settled(): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    return !this.#underWay;
  }

  async #run(): Promise<void> {
    try {
      await Promise.all([this.#deliver(), this.#clock.sleep(NEXT_SLOT_MS)]);
    } catch (error) {
      this.#failure = error;
    }
    this.#underWay = false;
  }
}
