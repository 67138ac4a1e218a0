import type { Pause } from './pauses.ts';
import type { QueueConsumers } from './ports/queues.ts';
import type { Log } from './ports/runtime.ts';

/**
 * Makes a mapping match what is wanted of it, whoever changed it last: a deployment switches on what it creates. Looks at
 * what is there, so that it may be repeated. Throws what the Lambda API threw.
 */
export async function reconcile(
  { consumers, log }: { consumers: QueueConsumers; log: Log },
  of: { marketplace: string } | { domain: string },
  mapping: string,
  pauses: readonly Pause[],
): Promise<void> {
  const wanted = pauses.length === 0 ? 'enabled' : 'disabled';
  const actual = await consumers.state(mapping);
  if (actual === wanted) return;
  const begun = actual !== 'changing' && (await consumers.setEnabled(mapping, wanted === 'enabled'));
  log.info(begun ? 'Mapping changed' : 'Mapping is being changed: the next run looks again', {
    ...of,
    mapping,
    actual,
    wanted,
    pauses,
  });
}
