import { UsageError } from '../command.ts';
import type { Stage } from '../stage/connect.ts';
import type { StageQueue } from '../stage/names.ts';

/** `uzum-jobs`: what a person calls a queue. */
export function shortName({ owner, kind }: StageQueue): string {
  return `${owner}-${kind}`;
}

/** By its short name, its own or that of its dead-letter queue. Throws a UsageError that lists what there is. */
export function findQueue(stage: Stage, word: string | undefined): StageQueue {
  const known = stage.names.queues.map(shortName).join(', ');
  if (word === undefined) throw new UsageError(`which queue? There are ${known}.`);
  const found = stage.names.queues.find(
    (queue) => word === shortName(queue) || word === queue.name || word === queue.deadLetters.name,
  );
  if (!found) throw new UsageError(`no queue "${word}"; there are ${known}.`);
  return found;
}
