import type { Call } from './call.ts';
import { modelledError, SqsError } from './errors.ts';
import { type Input, optionalInputs, optionalString } from './input.ts';

const maxEntries = 10;

/** The entries of a batch request. Throws what AWS throws for the batch as a whole. */
export function readEntries(input: Input): { id: string; entry: Input }[] {
  const entries = optionalInputs(input, 'Entries').map((entry) => ({
    id: optionalString(entry, 'Id') ?? '',
    entry,
  }));
  if (entries.length === 0) {
    throw modelledError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  }
  if (entries.length > maxEntries) {
    throw modelledError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${maxEntries}. You have sent ${entries.length}.`,
    );
  }
  if (!entries.every(({ id }) => /^[\w-]{1,80}$/.test(id))) {
    throw modelledError(
      'InvalidBatchEntryId',
      'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
    );
  }
  const ids = new Set<string>();
  for (const { id } of entries) {
    if (ids.has(id)) throw modelledError('BatchEntryIdsNotDistinct', `Id ${id} repeated.`);
    ids.add(id);
  }
  return entries;
}

/**
 * Serves each entry on its own: what it throws fails that entry only. Like AWS, leaves out a list that would be empty, so
 * that clients have to cope with that.
 */
export function runBatch(call: Call, serve: (entry: Input, id: string) => object): object {
  const Successful: object[] = [];
  const Failed: object[] = [];
  readEntries(call.input).forEach(({ id, entry }, index) => {
    if (call.refuse?.refuses(id, index) === true) {
      const { code, message } = call.refuse;
      Failed.push({ Id: id, SenderFault: false, Code: code, Message: message ?? 'Refused by a drill.' });
      return;
    }
    try {
      Successful.push({ Id: id, ...serve(entry, id) });
    } catch (error) {
      if (!(error instanceof SqsError)) throw error;
      Failed.push({ Id: id, SenderFault: error.status < 500, Code: error.code, Message: error.message });
    }
  });
  return { ...(Successful.length > 0 && { Successful }), ...(Failed.length > 0 && { Failed }) };
}
