import { describe, expect, test } from 'vitest';
import { brokenParts } from './broken-parts.ts';
import { type Result, simulate } from './run.ts';
import { describeFailure, shortest } from './shortest.ts';

const enoughRuns = 150;

describe('the simulation finds out when', () => {
  test.each(Object.entries(brokenParts))('%s', async (_, parts) => {
    const found = await firstBroken(parts);
    expect(found).not.toBeNull();
  });
});

async function firstBroken(parts: (typeof brokenParts)[string]): Promise<Result | null> {
  for (let seed = 1; seed <= enoughRuns; seed += 1) {
    const result = await simulate(seed, { parts });
    if (result.broken !== null) return result;
  }
  return null;
}

describe('a failing run', () => {
  const parts = brokenParts['what could not be parked is forgotten'];
  if (!parts) throw new Error('no such part');

  test('is reported with the fewest faults that break it, each of which is needed', async () => {
    const found = await firstBroken(parts);
    if (!found) throw new Error('not found');
    const short = await shortest(found, parts);
    expect(short.broken).not.toBeNull();
    expect(short.faults.length).toBeLessThan(found.faults.length);
    for (const fault of short.faults) {
      const faults = short.faults.filter((other) => other !== fault);
      expect((await simulate(short.seed, { faults, parts })).broken).toBeNull();
    }
    const report = describeFailure(short);
    expect(report).toContain('was deleted although nothing is known of');
    expect(report).toMatch(/scrape: PutItem PARKED #\d+: \w+/);
  });

  test('fails again in the same way from its seed, and from the faults that it met', async () => {
    const found = await firstBroken(parts);
    if (!found) throw new Error('not found');
    expect(await simulate(found.seed, { parts })).toEqual(found);
    expect(await simulate(found.seed, { faults: found.faults, parts })).toEqual(found);
  });
});
