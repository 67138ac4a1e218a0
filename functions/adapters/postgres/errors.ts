import pg from 'pg';

/** A row that this transaction was about to insert was inserted by another one meanwhile: run it again and read it. */
export class ConcurrentInsert extends Error {
  override readonly name = 'ConcurrentInsert';
}

/** What to do after a statement or a transaction failed. */
export type Remedy = 'repeat-transaction' | 'find-bad-row' | 'retry-later' | 'give-up';

const DEADLOCK = '40P01';
const SERIALIZATION_FAILURE = '40001';

/**
 * SQLSTATE classes (postgresql.org/docs/18/errcodes-appendix.html) of a server that cannot serve now: 08 connection,
 * 25 transaction state (a replica after failover, an idle session that was ended), 53 resources, 55 object in use or
 * lock timeout, 57 cancelled or shutting down, 58 system, XX internal.
 */
const passingClasses = new Set(['08', '25', '53', '55', '57', '58', 'XX']);
/** 22 data exception, 23 constraint, 54 a row or an index entry that is too large. */
const dataClasses = new Set(['22', '23', '54']);

/**
 * Of the passing ones, those that every other batch meets too: 08 connection, 53 resources (no disk, no memory, no
 * connection), 58 system (input or output fails), XX internal (a page that cannot be read). Of 57 the server's own going
 * (shutdown, crash, start-up) but not a cancelled statement, and of 25 a server that has become a replica.
 */
const unavailableClasses = new Set(['08', '53', '58', 'XX']);
const unavailableCodes = new Set(['57P01', '57P02', '57P03', '57P04', '57P05', '25006']);

/** Whether the server said, with an SQLSTATE, that it can serve nobody now. */
export function saysUnavailable(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false;
  const code = error.code ?? '';
  return unavailableClasses.has(code.slice(0, 2)) || unavailableCodes.has(code);
}

/** Everything the server did not answer with an SQLSTATE (a lost connection, a timeout) passes and is retried later. */
export function remedyFor(error: unknown): Remedy {
  if (error instanceof ConcurrentInsert) return 'repeat-transaction';
  if (!(error instanceof pg.DatabaseError)) return 'give-up';
  const code = error.code ?? '';
  if (code === DEADLOCK || code === SERIALIZATION_FAILURE) return 'repeat-transaction';
  // A month without a partition is reported as a check violation, but no row is at fault: migrate has not run.
  if (error.routine === 'ExecFindPartition') return 'retry-later';
  if (dataClasses.has(code.slice(0, 2))) return 'find-bad-row';
  return passingClasses.has(code.slice(0, 2)) ? 'retry-later' : 'give-up';
}
