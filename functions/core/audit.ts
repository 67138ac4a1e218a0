import type { Ledger, Sweep } from './ports/ledger.ts';

/** More than a marketplace starts within its longest deadline and a day, at one sweep every five minutes. */
const recentSweeps = 2_000;
/** Sweeps that ended longer ago have been looked at, and reported, before. */
const lookBackMs = 24 * 3_600_000;

/** Sweeps that are open, or whose deadline passed within the last day; oldest first. */
export async function sweepsInView(
  ledger: Pick<Ledger, 'sweeps'>,
  marketplace: string,
  now: Date,
): Promise<Sweep[]> {
  const sweeps = await ledger.sweeps(marketplace, recentSweeps);
  return sweeps.filter(({ deadline }) => now.getTime() - deadline.getTime() <= lookBackMs).reverse();
}

/** References that are still in flight although their sweep's deadline passed within the last day, and those sweeps. */
export async function overdueReferences(
  ledger: Pick<Ledger, 'sweeps' | 'books'>,
  marketplace: string,
  now: Date,
): Promise<{ references: number; sweepIds: string[] }> {
  const sweepIds: string[] = [];
  let references = 0;
  for (const sweep of await sweepsInView(ledger, marketplace, now)) {
    if (now < sweep.deadline) continue;
    const { inFlight } = await ledger.books(sweep.sweepId);
    if (inFlight === 0) continue;
    references += inFlight;
    sweepIds.push(sweep.sweepId);
  }
  return { references, sweepIds };
}
