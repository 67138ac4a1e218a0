import type { Visit } from '../../functions/contract/messages.ts';
import type { VisitsQueue } from '../../functions/core/ports/queues.ts';
import { UsageError } from '../command.ts';
import { linesOf } from './lines.ts';
import { snapshotOfLine } from './prepare.ts';
import type { ImportState } from './state.ts';

/** Snapshots between two writes of the state: a few messages. */
const batchSnapshots = 2_000;

/**
 * Sends the snapshots from `state.sent` on, and has `state` saved after the queue has accepted each batch: whoever dies in
 * between sends one batch again, which changes nothing. `room` resolves when the queue may be given more. Throws a
 * UsageError when the queue refuses something.
 */
export async function sendVisits(
  visits: string,
  state: ImportState,
  {
    queue,
    room,
    save,
  }: { queue: VisitsQueue; room: () => Promise<void>; save: (state: ImportState) => Promise<void> },
): Promise<ImportState> {
  let saved = state;
  let batch: Visit[] = [];
  let end = state.sent;
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    await room();
    const { refused } = await queue.send({
      v: 1,
      marketplace: state.marketplace,
      sweepId: `import.${state.source.sha256.slice(0, 16)}`,
      jobNumber: saved.snapshotsSent,
      imported: true,
      visits: batch,
      discovered: [],
    });
    if (refused[0])
      throw new UsageError(
        `the queue refused ${refused.length} messages (${refused[0].detail}): call again, and it goes on where it was.`,
      );
    saved = { ...saved, sent: end, snapshotsSent: saved.snapshotsSent + batch.length };
    batch = [];
    await save(saved);
  };
  for await (const line of linesOf(visits, state.sent)) {
    batch.push({ outcome: 'ok', index: batch.length, snapshot: snapshotOfLine(line.text) });
    end = line.end;
    if (batch.length === batchSnapshots) await flush();
  }
  await flush();
  return saved;
}
