import type { Archived } from '../../contract/api/responses.ts';
import type { ArchivedMonth } from '../ports/price-reader.ts';

/** What a response says about that which the database does not have any more. */
export function archivedOf(months: readonly ArchivedMonth[]): Archived {
  const newest = months.at(-1);
  if (newest === undefined) return null;
  return {
    before: newest.endsAt.toISOString(),
    restored: months.filter(({ isRestored }) => isRestored).map(({ month }) => month),
  };
}

/**
 * Whether prices between two stretches of a SKU may only be in the archive: a month that is not restored lies there, in part at
 * least. `from` null: since ever. Of the archived months the newest price has stayed, so that after it nothing is missing.
 */
export function isArchivedBetween(
  months: readonly ArchivedMonth[],
  from: string | null,
  to: string,
): boolean {
  const newest = months.at(-1);
  if (newest === undefined || Date.parse(to) >= newest.endsAt.getTime()) return false;
  return months.some(
    ({ month, endsAt, isRestored }) =>
      !isRestored && (from === null || Date.parse(from) < endsAt.getTime()) && to > `${month}-01`,
  );
}
