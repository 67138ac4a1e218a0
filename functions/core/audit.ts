import type { Ledger } from './ports.ts';

/** More than a marketplace starts within its longest deadline and a day, at one sweep every five minutes. */
const recentSweeps = 2_000;
/** Sweeps that ended longer ago have been looked at, and reported, before. */
const lookBackMs = 24 * 3_600_000;

/** References that are still in flight although their sweep's deadline passed within the last day, and those sweeps. */
export async function overdueReferences(
  ledger: Pick<Ledger, 'sweeps' | 'books'>,
  marketplace: string,
  now: Date,
): Promise<{ references: number; sweepIds: string[] }> {
  const sweepIds: string[] = [];
  let references = 0;
  for (const sweep of await ledger.sweeps(marketplace, recentSweeps)) {
    const overdueMs = now.getTime() - sweep.deadline.getTime();
    if (overdueMs < 0 || overdueMs > lookBackMs) continue;
    const { inFlight } = await ledger.books(sweep.sweepId);
    if (inFlight === 0) continue;
    references += inFlight;
    sweepIds.push(sweep.sweepId);
  }
  return { references, sweepIds };
}
