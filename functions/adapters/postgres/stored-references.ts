import type { Reference } from '../../core/model/reference.ts';
import type { StoredReference, StoredReferences } from '../../core/ports/database.ts';
import type { Database } from './database.ts';
import { arrayOf, kindCode } from './values.ts';

/** Lookups are lateral: as joins they would be estimated, and tables read whole (F06). */
const FIND = `
select g.n::int, s.last_seen_at, s.missing_checked_at
from unnest($2::"char"[], $3::text[]) with ordinality as g (kind, external_id, n)
cross join lateral (
  select id from product
  where marketplace_id = (select id from marketplace where code = $1)
    and kind = g.kind and external_id = g.external_id
  limit 1) p
cross join lateral (
  select last_seen_at, missing_checked_at from product_schedule where product_id = p.id limit 1) s`;

/** Some 10 ms a statement, however many references are asked for. */
const REFERENCES_PER_STATEMENT = 2_000;

export class PostgresStoredReferences implements StoredReferences {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(marketplace: string, references: readonly Reference[]): Promise<(StoredReference | null)[]> {
    const found: (StoredReference | null)[] = references.map(() => null);
    for (let start = 0; start < references.length; start += REFERENCES_PER_STATEMENT) {
      const part = references.slice(start, start + REFERENCES_PER_STATEMENT);
      const rows = await this.#database.rows<[number, number | null, number | null]>(FIND, [
        marketplace,
        arrayOf(part.map(({ kind }) => kindCode.letter(kind))),
        arrayOf(part.map(({ externalId }) => externalId)),
      ]);
      for (const [n, lastSeenAt, missingCheckedAt] of rows) {
        found[start + n - 1] = { lastSeenAt: dateOf(lastSeenAt), missingCheckedAt: dateOf(missingCheckedAt) };
      }
    }
    return found;
  }
}

function dateOf(at: number | null): Date | null {
  return at === null ? null : new Date(at);
}
