import { setTimeout as sleep } from 'node:timers/promises';
import { DrillFailure } from '../drill.ts';

const LOOK_EVERY_MS = 50;

/**
 * Waits until the condition holds and resolves with what it came to. Rejects with a DrillFailure that says what was waited
 * for when it does not hold in time; `seen` tells what is the case instead. A condition that throws holds not yet.
 */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  { withinS = 30, seen }: { withinS?: number; seen?: () => unknown } = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + withinS * 1000;
  let trouble: unknown = null;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      trouble = null;
    } catch (error) {
      trouble = error;
    }
    if (performance.now() > deadline) {
      const instead = seen ? `; saw ${JSON.stringify(await seen())}` : '';
      const because = trouble ? ` (${String(trouble)})` : '';
      throw new DrillFailure(`${what}: expected within ${withinS} s, did not come${instead}${because}`);
    }
    await sleep(LOOK_EVERY_MS);
  }
}
