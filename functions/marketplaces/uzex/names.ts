import type { PageResult, ParseContext } from '../../core/marketplace.ts';
import { formatChanged } from '../shared/refusals.ts';
import { askedKind, idText } from '../shared/values.ts';
import { text } from './values.ts';

/** Categories, regions, products: names by number. They are no lots and lead to none. */
export function namesResult(rows: readonly Record<string, unknown>[], context: ParseContext): PageResult {
  if (askedKind(context) === 'lot') return formatChanged('asked for a lot, got a reference list');
  for (const row of rows) {
    if (idText(row['id']) === null || text(row['name']) === null)
      return formatChanged('names: expected a list of {id, name}');
  }
  return { outcome: 'ok', schema: 'names', snapshots: [], references: [] };
}
