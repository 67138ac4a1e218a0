import { expect, it } from 'vitest';
import type { Drill } from '../../drills/drill.ts';
import type { DrillResult } from '../../drills/harness/result.ts';
import { runDrills } from '../../drills/harness/runner.ts';

it('begins with the drills that take longest, and has the results in the order of the drills', async () => {
  const drills = [
    { id: 'F01' },
    { id: 'F02', takes: 60 },
    { id: 'F03' },
    { id: 'F04', takes: 40 },
  ] as Drill[];
  const began: string[] = [];
  const results = await runDrills(drills, 2, async ({ id }) => {
    began.push(id);
    return { row: { id } } as DrillResult;
  });
  expect(began).toEqual(['F02', 'F04', 'F01', 'F03']);
  expect(results.map(({ row }) => row.id)).toEqual(['F01', 'F02', 'F03', 'F04']);
});
