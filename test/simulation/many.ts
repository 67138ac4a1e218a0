import { expect } from 'vitest';
import { simulate } from './run.ts';
import { describeFailure, shortest } from './shortest.ts';

/** Random fault schedules that `npm test` runs: half of them each in two files, so that two cores share them. */
export const runs = Number(process.env['SIMULATION_RUNS'] ?? 2_000);
export const longest = Math.max(120_000, runs * 60);

/** Every other seed from `first` to `runs`: none may break a promise, and together they must have met faults enough. */
export async function expectEveryPromiseKept(first: 1 | 2): Promise<void> {
  let faults = 0;
  let faultless = 0;
  for (let seed = first; seed <= runs; seed += 2) {
    const result = await simulate(seed);
    if (result.broken !== null) expect.fail(describeFailure(await shortest(result)));
    faults += result.faults.length;
    if (result.faults.length === 0) faultless += 1;
    // The test runner has something to say, too.
    if (seed % 100 < 2) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(faults).toBeGreaterThan(2 * runs);
  expect(faultless).toBeLessThan(runs / 6);
}
