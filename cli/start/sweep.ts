import type { DispatchMode } from '../../functions/contract/messages.ts';
import type { Books } from '../../functions/core/model/outcome.ts';
import type { Ledger, Sweep } from '../../functions/core/ports.ts';
import type { Progress } from './progress.ts';

/** How long a sweep may stand still before the run gives up; above the visibility timeout that a killed worker costs. */
const STALLED_MS = 150_000;
const POLL_MS = 250;

export interface FinishedSweep {
  sweep: Sweep;
  books: Books;
  seconds: number;
}

/**
 * Fires a marketplace's schedule once, as EventBridge would, and waits until the books of the sweep it began have
 * nothing in flight. Null when there was nothing to dispatch. Throws when the sweep stands still.
 */
export async function sweepOnce(options: {
  marketplace: string;
  mode: DispatchMode;
  ledger: Ledger;
  fire: () => Promise<unknown>;
  progress: Progress;
}): Promise<FinishedSweep | null> {
  const { marketplace, mode, ledger, progress } = options;
  const known = new Set((await ledger.sweeps(marketplace, 50)).map((sweep) => sweep.sweepId));
  const began = performance.now();
  let fired = false;
  const firing = options.fire().finally(() => {
    fired = true;
  });
  // The caller must not wait for a sweep while its dispatch has already failed.
  let failure: unknown;
  firing.catch((error: unknown) => {
    failure = error;
  });

  let settled = -1;
  let movedAt = performance.now();
  for (;;) {
    if (failure !== undefined) throw failure;
    const sweep = (await ledger.sweeps(marketplace, 50)).find(
      (candidate) => candidate.mode === mode && !known.has(candidate.sweepId),
    );
    if (!sweep && fired) return null;
    if (sweep) {
      const books = await ledger.books(sweep.sweepId);
      const elapsed = performance.now() - began;
      progress.books(`${marketplace} ${mode}`, books, elapsed);
      if (sweep.planned && books.inFlight === 0) return { sweep, books, seconds: elapsed / 1000 };
      if (books.dispatched - books.inFlight !== settled) {
        settled = books.dispatched - books.inFlight;
        movedAt = performance.now();
      }
    }
    if (performance.now() - movedAt > STALLED_MS)
      throw new Error(
        `${marketplace} ${mode}: nothing has moved for ${STALLED_MS / 1000} s; the logs of the functions are in .narx/logs.`,
      );
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
