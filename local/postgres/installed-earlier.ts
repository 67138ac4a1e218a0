import type { Client } from 'pg';

/**
 * Makes a storage domain's database that holds no price yet one that was installed at `at`: with the months from the one before it
 * on. `owner` owns the tables. For whoever needs old months: nothing else makes a partition of the past.
 */
export async function installEarlier(owner: Client, at: Date): Promise<void> {
  const { rows } = await owner.query<{ name: string }>(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'price_point'::regclass`,
  );
  await owner.query(`drop table ${rows.map(({ name }) => name).join(', ')}`);
  await owner.query('select create_partitions($1)', [at.toISOString()]);
  await owner.query('select create_partitions(now())');
}

/** First day of the newest month that ended longer ago than the retention. */
export function monthToArchive(now: Date, retentionDays: number): Date {
  const limit = new Date(now.getTime() - retentionDays * 86_400_000);
  return new Date(Date.UTC(limit.getUTCFullYear(), limit.getUTCMonth() - 1, 1));
}
