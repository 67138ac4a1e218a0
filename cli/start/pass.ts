import { setTimeout as sleep } from 'node:timers/promises';
import type { DispatchMode } from '../../functions/contract/messages.ts';
import { UsageError } from '../command.ts';
import { openReportDatabase } from './compare.ts';
import type { Progress } from './progress.ts';
import type { Session } from './session.ts';
import { type Pass, runPass } from './sweep.ts';

/** Listings lead to listings, one page after the other: no list of the simulated world is longer than this. */
const DISCOVERY_ROUNDS = 40;

/** One slot of a schedule, with every retry that the cloud gives it: a killed function is no reason to give up. */
export async function deliver({ stack }: Session, schedule: string): Promise<void> {
  const report = await stack.deliver(schedule);
  if (report === null) throw new Error(`${schedule}: the stack was stopped.`);
  if (report.outcome !== 'succeeded') throw new UsageError(`${schedule} ${report.outcome}: ${report.detail}`);
}

/** Runs one marketplace's pass to its end; null where the template has no schedule for the mode. */
export async function passOf(
  session: Session,
  marketplace: string,
  mode: DispatchMode,
  progress: Pick<Progress, 'books'>,
): Promise<Pass | null> {
  const schedule = session.schedule(marketplace, mode);
  if (schedule === null) return null;
  return runPass({
    marketplace,
    mode,
    ledger: session.ledger,
    deliver: () => deliver(session, schedule),
    progress,
    stalledMs: session.stalledMs,
  });
}

/** Refreshes until everything that the marketplace's listings lead to has been visited. */
export async function walk(
  session: Session,
  marketplace: string,
  refresh: () => Promise<unknown>,
): Promise<void> {
  let known = 0;
  for (let round = 0; round < DISCOVERY_ROUNDS; round += 1) {
    const found = await discovered(session, marketplace);
    if (found.unvisited === 0 && found.known === known) return;
    known = found.known;
    await refresh();
  }
}

async function discovered(session: Session, marketplace: string) {
  const database = await openReportDatabase(session, marketplace);
  try {
    return await database.discovered(marketplace);
  } finally {
    await database.close();
  }
}

/** Waits until something that is parked may be visited again. False when nothing is parked. */
export async function parkedIsDue({ parked, stalledMs }: Session, marketplace: string): Promise<boolean> {
  const deadline = performance.now() + stalledMs;
  const whenever = new Date('9999-12-31T23:59:59.999Z');
  for (;;) {
    if ((await parked.due(marketplace, new Date(), 1)).length > 0) return true;
    if ((await parked.due(marketplace, whenever, 1)).length === 0) return false;
    if (performance.now() > deadline) return true;
    await sleep(500);
  }
}
