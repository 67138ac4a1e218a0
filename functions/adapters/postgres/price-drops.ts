import type pg from 'pg';

/** The API is asked for a month at most. */
const keptDays = 35;

/** Deletes the drops that nobody can ask for any more. The client is the owner's. */
export async function forgetOldDrops(client: pg.Client, now: Date): Promise<number> {
  const { rowCount } = await client.query(
    `delete from price_drop where day < ($1::timestamptz at time zone 'UTC')::date - $2::int`,
    [now.toISOString(), keptDays],
  );
  return rowCount ?? 0;
}
