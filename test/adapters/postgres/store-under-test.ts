import type { Database } from '../../../functions/adapters/postgres/database.ts';
import { PostgresVisitStore } from '../../../functions/adapters/postgres/visit-store.ts';
import type { StorageSchema } from '../../../functions/contract/manifest.ts';
import type { Quarantine } from '../../../functions/core/ports/objects.ts';
import type { Log } from '../../../functions/core/ports/runtime.ts';
import { now } from './retail-database.ts';

export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

type Row = Parameters<Quarantine['putRow']>[0];

/** The store with a quarantine that can be looked into, a fixed clock and pauses that take no time. */
export function storeUnderTest(database: Database, schema: StorageSchema = 'retail') {
  const quarantined: Row[] = [];
  const pauses: number[] = [];
  const store = new PostgresVisitStore({
    database,
    schema,
    quarantine: {
      put: () => Promise.reject(new Error('the store never quarantines a page')),
      putRow: (row) => {
        quarantined.push(row);
        return Promise.resolve(`row-${quarantined.length}`);
      },
    },
    clock: { now: () => now },
    log: silentLog,
    pause: (ms) => {
      pauses.push(ms);
      return Promise.resolve();
    },
  });
  return { store, quarantined, pauses };
}
