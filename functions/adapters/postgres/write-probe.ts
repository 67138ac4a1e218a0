import type { Database } from './database.ts';

/** 64 pages: more than what is left over in files that are already there. */
const pages = 64;

/**
 * Commits rows that need new disk space: a server that answers but whose disk is full fails here rather than at the next
 * batch. The truncation gives the table a new file each time, so that it never grows. Throws what the database said.
 */
export async function probeByWriting(database: Database): Promise<void> {
  await database.inTransaction(async (session) => {
    await session.rows('truncate write_probe', []);
    await session.rows('insert into write_probe (page) select repeat($1, 8000) from generate_series(1, $2)', [
      'x',
      pages,
    ]);
  });
}
