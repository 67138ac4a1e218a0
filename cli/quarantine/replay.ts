import { ask } from '../../functions/adapters/lambda/ask.ts';
import { quarantineReplaySchema, type Replayed } from '../../functions/contract/messages.ts';
import type { Stage } from '../stage/connect.ts';

/** Objects that the function is given at once. */
const KEYS_PER_CALL = 25;

export interface ReplayTotals {
  results: Replayed[];
  /** Why it ended before the last object; null when it did not. */
  stopped: string | null;
}

/**
 * Has the stage's own replay function replay these objects: the parsers that are deployed judge them, not those of this folder.
 * Calls it as often as it takes; ends when the function gets no further.
 */
export async function replayKeys(
  { clients, names }: Stage,
  keys: readonly string[],
  dryRun: boolean,
  tell: (done: number, of: number) => void,
): Promise<ReplayTotals> {
  const results: Replayed[] = [];
  let left = [...keys];
  while (left.length > 0) {
    const request = { quarantine: { keys: left.slice(0, KEYS_PER_CALL), dryRun } };
    const answer = await ask(clients.lambda, names.function('replay', null), request, quarantineReplaySchema);
    results.push(...answer.results);
    tell(results.length, keys.length);
    const outOfTime = answer.stopped === 'out of time';
    if (answer.stopped !== null && (!outOfTime || answer.results.length === 0))
      return { results, stopped: answer.stopped };
    left = left.slice(answer.results.length);
  }
  return { results, stopped: null };
}
