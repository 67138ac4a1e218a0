import { describeFault, type Fault } from './faults.ts';
import type { Parts } from './parts.ts';
import { type Result, simulate } from './run.ts';

/**
 * Leaves faults out of a failing run for as long as it still fails: halves first, then single ones (delta debugging). What is
 * left fails, and without any one of its faults it would not.
 */
export async function shortest(failing: Result, parts?: Parts): Promise<Result> {
  let best = failing;
  for (let size = Math.ceil(best.faults.length / 2); size >= 1; ) {
    let shorter = false;
    for (let start = 0; start < best.faults.length; ) {
      const faults = best.faults.toSpliced(start, size);
      const result = await again(best.seed, faults, parts);
      if (result.broken !== null && result.faults.length < best.faults.length) {
        best = result;
        shorter = true;
      } else start += size;
    }
    if (size === 1 && !shorter) break;
    size = Math.ceil(size / 2);
  }
  return best;
}

/** A failing run as a page of text: what was promised, the fewest faults that break it, and how to see it again. */
export function describeFailure({ seed, broken, faults }: Result): string {
  const schedule = faults.map((fault) => `  ${describeFault(fault)}`);
  return [
    `seed ${seed}: ${broken}`,
    faults.length === 0
      ? 'It needs no fault.'
      : `The shortest schedule that breaks it (${faults.length} faults):`,
    ...schedule,
    `Again: npm run simulate -- --seed ${seed} --runs 1`,
  ].join('\n');
}

async function again(seed: number, faults: readonly Fault[], parts?: Parts): Promise<Result> {
  return await simulate(seed, { faults, ...(parts && { parts }) });
}
