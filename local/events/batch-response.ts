/** What becomes of a batch: the message ids that are done, and those that stay in the queue until they are visible again. */
export interface BatchVerdict {
  succeeded: string[];
  failed: string[];
  /** Why the batch failed whole; null when it did not. */
  wholeBatch: string | null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads a function's response as Lambda does for a mapping with ReportBatchItemFailures: null, `{}`, a null list and an
 * empty list mean that all succeeded; anything that is not the documented shape, and any identifier that is empty or not
 * of this batch, fails the whole batch. Source: "Implementing partial batch responses", Lambda Developer Guide.
 */
export function judgeResponse(messageIds: readonly string[], response: unknown): BatchVerdict {
  const whole = (reason: string): BatchVerdict => ({
    succeeded: [],
    failed: [...messageIds],
    wholeBatch: reason,
  });
  const done: BatchVerdict = { succeeded: [...messageIds], failed: [], wholeBatch: null };

  if (response === null || response === undefined) return done;
  if (!isObject(response)) return whole('the response is not an object');
  const list = response['batchItemFailures'];
  if (list === null || list === undefined) return done;
  if (!Array.isArray(list)) return whole('batchItemFailures is not a list');

  const known = new Set(messageIds);
  const failed = new Set<string>();
  for (const item of list as unknown[]) {
    const id = isObject(item) ? item['itemIdentifier'] : undefined;
    if (typeof id !== 'string' || id === '') return whole('an itemIdentifier is missing or empty');
    if (!known.has(id)) return whole(`itemIdentifier ${id} is not in the batch`);
    failed.add(id);
  }
  return {
    succeeded: messageIds.filter((id) => !failed.has(id)),
    failed: messageIds.filter((id) => failed.has(id)),
    wholeBatch: null,
  };
}
