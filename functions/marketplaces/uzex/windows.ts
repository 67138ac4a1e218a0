/** Rows of a list, counted from 1. Whether the row `to` itself is included differs from list to list. */
export interface RowWindow {
  readonly from: number;
  readonly to: number;
}

/** Larger windows than this are answered, but in more time than a request has. */
const maxRows = 500;
/** No list is near this; a server that ignores the window and states no total would be asked for ever. */
const maxRow = 10_000_000;

/**
 * The window after this one, or null at the end. It begins at the previous `to`, because some lists leave that row out:
 * where they do not, one row comes twice. A short page is no end, rows shift while one pages: only the total tells, and
 * without a total the list goes on until a page is empty.
 */
export function nextWindow({ from, to }: RowWindow, total: number | null): RowWindow | null {
  if (to > (total ?? maxRow)) return null;
  return { from: to, to: to + (to - from) };
}

/** The number of rows that a list says it has: the largest `total_count`, because rows are added while it is read. */
export function statedTotal(rows: readonly Record<string, unknown>[]): number | null {
  const totals = rows
    .map((row) => row['total_count'])
    .filter(
      (total): total is number => typeof total === 'number' && Number.isSafeInteger(total) && total > 0,
    );
  return totals.length === 0 ? null : Math.max(...totals);
}

/** Reads `101/201`; null for windows that are empty, huge or not numbers. */
export function readWindow(text: string): RowWindow | null {
  const match = /^([1-9]\d{0,7})\/([1-9]\d{0,7})$/.exec(text);
  if (!match) return null;
  const [from, to] = [Number(match[1]), Number(match[2])];
  return to > from && to - from <= maxRows ? { from, to } : null;
}
