import type { VisitsMessage } from '../contract/messages.ts';
import { metric } from '../contract/metrics.ts';
import type { Admission } from './breaker/admission.ts';
import { DatabaseSilent, DatabaseUnavailable, RetryLater } from './model/errors.ts';
import type { Clock, Log, Metrics } from './ports/runtime.ts';

/** Share of an invocation that is for storing: a batch waits for the breaker, and is tried again, in the rest. */
const KEPT_SHARE = 1 / 2;
/** Kept of an invocation for telling the breaker, and the queue, how it ended. */
export const RESERVE_SHARE = 1 / 10;

export interface StoreBatchPorts {
  /** Stores the messages in one transaction. Throws when that is not done within so many milliseconds. */
  readonly store: (messages: readonly VisitsMessage[], withinMs: number) => Promise<void>;
  readonly admission: Admission;
  readonly clock: Clock;
  readonly pause: (ms: number) => Promise<unknown>;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface StoreBatchSettings {
  /** Failures in a row that open the breaker. */
  readonly failures: number;
  /** Between two attempts of one batch: all that a breaker allows must last longer than a worker's view of it is old. */
  readonly retryMs: number;
}

/**
 * Between queue, breaker and database. The function it returns says why the messages must be delivered again; null when they
 * need not. While the database serves nobody the batch is kept and tried again, up to half of the invocation: a returned
 * message spends a receive, and a few of them, or one alone, must not spend them all before the breaker has seen enough
 * failures to open.
 */
export function createStoreBatch(
  ports: StoreBatchPorts,
  settings: StoreBatchSettings,
): (messages: readonly VisitsMessage[], owner: string, remainingMs: () => number) => Promise<Error | null> {
  const { admission, log, metrics, pause } = ports;
  return async (messages, owner, remainingMs) => {
    const keptMs = remainingMs() * KEPT_SHARE;
    const reserveMs = remainingMs() * RESERVE_SHARE;
    for (;;) {
      const heldBack = await admission.enter(owner, remainingMs, keptMs);
      if (heldBack !== null) {
        metrics.count(metric.batchesHeldBack, 1);
        log.warn('batch held back', { messages: messages.length, detail: heldBack });
        return new RetryLater(heldBack);
      }
      const failure = await tryToStore(ports, settings, messages, owner, remainingMs() - reserveMs);
      if (failure === null) return null;
      if (!(failure instanceof DatabaseUnavailable) || remainingMs() - settings.retryMs <= keptMs)
        return failure;
      await pause(settings.retryMs);
    }
  };
}

/** Null when the batch was stored and the breaker knows. */
async function tryToStore(
  { store, admission, clock, log, metrics }: StoreBatchPorts,
  { failures }: StoreBatchSettings,
  messages: readonly VisitsMessage[],
  owner: string,
  withinMs: number,
): Promise<Error | null> {
  const startedAt = clock.now();
  const attempt = () => ({ owner, startedAt, at: clock.now() });
  try {
    await store(messages, withinMs);
    await admission.succeeded(attempt());
    return null;
  } catch (error) {
    metrics.count(metric.storeFailures, 1);
    const reason = String(error);
    log.error('batch not stored', { messages: messages.length, detail: reason });
    if (error instanceof DatabaseUnavailable) {
      // Two invocations to which nobody answered open the breaker: more would cost their messages a receive each.
      const weight = error instanceof DatabaseSilent ? Math.ceil(failures / 2) : 1;
      await admission.failed(attempt(), { reason, weight });
    } else await admission.released(owner);
    return error instanceof Error ? error : new Error(reason);
  }
}
