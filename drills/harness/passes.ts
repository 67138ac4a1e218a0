import { setTimeout as sleep } from 'node:timers/promises';
import { addBooks } from '../../cli/report/model.ts';
import { parkedIsDue, walk } from '../../cli/start/pass.ts';
import type { Session } from '../../cli/start/session.ts';
import { type Pass, runPass } from '../../cli/start/sweep.ts';
import type { DispatchMode } from '../../functions/contract/messages.ts';
import { type Books, emptyBooks } from '../../functions/core/model/outcome.ts';
import { DrillFailure } from '../drill.ts';
import type { Stopwatch } from './stopwatch.ts';

/** Rounds of refreshing for what is parked. On a fast machine it takes many until the last of it is due. */
const PARKED_ROUNDS = 60;

/** A pass of a drill is small and its end is waited for: the read is cheap, and slow only because the machine is busy. */
const LONGEST_POLL_MS = 400;

/** A pass that is under way. */
export interface Underway {
  /** Resolves when its books have nothing in flight. */
  done: Promise<Pass>;
  /** Its books of now. */
  books(): Books;
}

/** Dispatches as the schedules would: slot after slot, whatever becomes of one, until the pass is planned and accounted for. */
export class Passes {
  readonly #session: Session;
  readonly #stopwatch: Stopwatch;
  readonly #limitMs: number;
  /** By epoch and marketplace: how many passes may have shown a thing. */
  readonly #begun = new Map<string, number>();
  readonly #used = new Set<string>();
  #epoch = 0;
  #stopped = false;

  constructor(session: Session, stopwatch: Stopwatch, limitMs: number) {
    this.#session = session;
    this.#stopwatch = stopwatch;
    this.#limitMs = limitMs;
  }

  /** Begins a sweep: every id of the marketplace's range. */
  sweep(marketplace = 'uzum'): Underway {
    return this.#begin(marketplace, 'sweep');
  }

  /** Begins a refresh: everything that is known, and what is parked and due. */
  refresh(marketplace = 'uzum'): Underway {
    return this.#begin(marketplace, 'refresh');
  }

  /** Begins one pass after the other until something has come; rejects when that does. */
  async repeat(mode: 'refresh' | 'discover', until: Promise<unknown>, marketplace = 'uzum'): Promise<void> {
    let come = false;
    const watched = until.finally(() => {
      come = true;
    });
    watched.catch(() => undefined);
    while (!come) await this.#begin(marketplace, mode).done;
    await watched;
  }

  discover(marketplace: string): Underway {
    return this.#begin(marketplace, 'discover');
  }

  /** Refreshes until everything that listings lead to has been visited: of a lot, a list shows a part only. */
  async walk(marketplace: string): Promise<void> {
    await walk(this.#session, marketplace, () => this.refresh(marketplace).done);
  }

  /** Prices change, products appear and vanish. Everything that was served must have been handed over by now. */
  async newPrices(): Promise<void> {
    this.#stopwatch.phase('prices change');
    await this.#session.simulator.nextEpoch();
    this.#epoch += 1;
  }

  /** Refreshes until nothing is parked any more. */
  async settle(marketplaces: Iterable<string> = this.#used): Promise<void> {
    for (const marketplace of marketplaces) {
      for (let rounds = 0; await parkedIsDue(this.#session, marketplace); ) {
        if (rounds === PARKED_ROUNDS)
          throw new DrillFailure(
            `nothing parked: ${marketplace} has still references parked after ${rounds} refreshes`,
          );
        this.#stopwatch.phase(`${marketplace}: visiting again what was parked`);
        const { sweeps } = await this.refresh(marketplace).done;
        // While the gate is closed nothing is handed out.
        if (sweeps.length > 0) rounds += 1;
      }
    }
  }

  /** Marketplaces that were dispatched. */
  get used(): string[] {
    return [...this.#used];
  }

  /** How often a thing may have been served in an epoch without being fetched twice. */
  most(marketplace: string, epoch: number): number {
    return this.#begun.get(`${epoch} ${marketplace}`) ?? 0;
  }

  /** Lets passes that are under way give up. */
  stop(): void {
    this.#stopped = true;
  }

  #begin(marketplace: string, mode: DispatchMode): Underway {
    const schedule = this.#session.schedule(marketplace, mode);
    if (schedule === null) throw new Error(`The template has no schedule to ${mode} ${marketplace}.`);
    const key = `${this.#epoch} ${marketplace}`;
    this.#begun.set(key, (this.#begun.get(key) ?? 0) + 1);
    this.#used.add(marketplace);
    this.#stopwatch.phase(`${mode} of ${marketplace} begins`);
    let books = emptyBooks();
    const done = runPass({
      marketplace,
      mode,
      ledger: this.#session.ledger,
      deliver: () => this.#deliver(schedule),
      progress: {
        books: (_label, current) => {
          if (this.#stopped) throw new DrillFailure(`${mode} of ${marketplace}: given up`);
          books = current;
        },
      },
      stalledMs: this.#limitMs,
      longestPollMs: LONGEST_POLL_MS,
    }).then((pass) => {
      const all = pass.sweeps.map((sweep) => sweep.books).reduce(addBooks, emptyBooks());
      this.#stopwatch.phase(`${mode} of ${marketplace}: ${all.dispatched} accounted for`);
      return pass;
    });
    // Whoever waits for it is told; until then a rejection is nobody's.
    done.catch(() => undefined);
    return { done, books: () => books };
  }

  /** A slot that fails for good is followed by the next one. */
  async #deliver(schedule: string): Promise<void> {
    for (;;) {
      const report = await this.#session.stack.deliver(schedule);
      if (report === null || this.#stopped) throw new DrillFailure(`${schedule}: the stack was stopped`);
      if (report.outcome === 'succeeded') return;
      this.#stopwatch.phase(`${schedule} ${report.outcome}; the next slot follows`);
      await sleep(1_000);
    }
  }
}
