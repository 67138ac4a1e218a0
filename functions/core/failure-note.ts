import type { FailureNotes } from './ports/queues.ts';
import type { Clock, Log } from './ports/runtime.ts';

/** Enough to tell causes apart; a message of an error can quote what it choked on. */
const LONGEST_REASON = 500;

/**
 * Notes why a message fails, so that its dead letter can be asked. Never throws: the message fails in any case, and a note that
 * could not be written only leaves the log to look into.
 */
export async function noteFailure(
  message: { queue: string; messageId: string },
  error: unknown,
  functionName: string,
  { notes, clock, log }: { notes: FailureNotes; clock: Clock; log: Log },
): Promise<void> {
  const { name, message: text } = error instanceof Error ? error : new Error(String(error));
  const reason = text.replace(/\s+/g, ' ').slice(0, LONGEST_REASON);
  try {
    await notes.note(message.queue, message.messageId, {
      error: name,
      reason,
      functionName,
      at: clock.now(),
    });
  } catch (failure) {
    log.error('Reason not noted', { messageId: message.messageId, detail: String(failure) });
  }
}
