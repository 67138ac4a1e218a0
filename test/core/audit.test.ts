import { describe, expect, it } from 'vitest';
import { overdueReferences } from '../../functions/core/audit.ts';
import { emptyBooks } from '../../functions/core/model/outcome.ts';

const now = new Date('2026-09-14T12:00:00.000Z');
const hours = (count: number) => new Date(now.getTime() + count * 3_600_000);

/** Sweeps by name: when they are due, relative to now in hours, and how many references are in flight. */
function ledgerOf(sweeps: Record<string, { deadline: number; inFlight: number }>) {
  return {
    sweeps: async () =>
      Object.entries(sweeps).map(([sweepId, { deadline }]) => ({
        sweepId,
        marketplace: 'uzum',
        mode: 'sweep' as const,
        startedAt: hours(deadline - 24),
        deadline: hours(deadline),
        planned: true,
      })),
    books: async (sweepId: string) => ({ ...emptyBooks(), inFlight: sweeps[sweepId]?.inFlight ?? 0 }),
  };
}

describe('the audit of the books', () => {
  it('counts what is in flight after the deadline, sweep by sweep', async () => {
    const ledger = ledgerOf({
      running: { deadline: 1, inFlight: 50 },
      late: { deadline: -1, inFlight: 3 },
      balanced: { deadline: -2, inFlight: 0 },
      later: { deadline: -23, inFlight: 4 },
      forgotten: { deadline: -25, inFlight: 9 },
    });
    expect(await overdueReferences(ledger, 'uzum', now)).toEqual({
      references: 7,
      sweepIds: ['later', 'late'],
    });
  });
});
