import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Happening, Pipeline, sweepId } from './books-pipeline.ts';

const picked = fc.nat({ max: 20 });
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constant('deliver' as const), at: picked }) },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constantFrom('spill' as const, 'store' as const), at: picked }),
  },
  fc.record({ does: fc.constantFrom('replay' as const, 'replay and die' as const) }),
  fc.record({
    does: fc.constantFrom(
      'deliver twice' as const,
      'die' as const,
      'die unseen' as const,
      'redrive' as const,
      'vanish' as const,
      'forget' as const,
      'see elsewhere' as const,
    ),
    at: picked,
  }),
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constantFrom('restore' as const, 'audit' as const, 'gaps' as const, 'wait' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('look after the books' as const) }) },
);

test('whatever vanishes, dies, comes twice or late: the books add up at every step, and in the end everything is visited and stored', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 40 }), async (happenings) => {
      const pipeline = new Pipeline();
      const { ledger, jobs } = pipeline.world;
      await pipeline.begin();
      for (const it of happenings) {
        await pipeline.let(it);
        const { dispatched, ...accounts } = await ledger.books(sweepId);
        expect(dispatched).toBe(8);
        expect(Object.values(accounts).reduce((sum, count) => sum + count, 0)).toBe(8);
        expect(await pipeline.foretold()).toEqual([]);
      }
      // Nothing goes wrong any more: what is dead is redriven, what is queued delivered, and the two that look after the books go round.
      for (let round = 0; round < 6; round += 1) {
        while (pipeline.dead.length > 0) await pipeline.let({ does: 'redrive', at: 0 });
        while (pipeline.spilled.size > 0) await pipeline.let({ does: 'replay' });
        while (pipeline.snapshots.length > 0) await pipeline.let({ does: 'store', at: 0 });
        while (jobs.sent.length > 0) await pipeline.let({ does: 'deliver', at: 0 });
        await pipeline.let({ does: 'look after the books' });
      }
      expect(jobs.sent).toEqual([]);
      expect(await ledger.books(sweepId)).toMatchObject({ stored: 4, gone: 4, deadLettered: 0, inFlight: 0 });
      expect([...pipeline.rows.keys()].sort()).toEqual(['0a', '1a', '2a', '3a']);
    }),
    { numRuns: 300 },
  );
});
