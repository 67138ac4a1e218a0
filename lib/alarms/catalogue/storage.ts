import { type AlarmDefinition, noErrors } from '../definition.ts';

const databaseSilent = {
  treat: 'notBreaching',
  because: 'a database that reports nothing is down, which breaker-open reports',
} as const;

/** What keeps prices: store, database, archive, audit and the API that reads them. */
export const storage = {
  'store-failing': {
    levels: ['critical'],
    impact: 'Fetched prices are not written. They wait in the queue for up to ten days, then they are lost.',
    failureModes: ['F02', 'F03', 'F04', 'F17'],
    pagedWith: 'owner',
    spreads: true,
    missing: noErrors,
  },
  'migration-failed': {
    levels: ['critical'],
    impact:
      'A deployment stopped before its new code took over, or the partition of a coming month was not made.',
    failureModes: ['F53', 'F02', 'F01'],
    missing: noErrors,
  },
  'migrate-not-running': {
    levels: ['warning'],
    impact:
      'Nobody makes the partitions of the coming months; after three of them new prices cannot be stored.',
    failureModes: ['F50', 'F01'],
    missing: { treat: 'breaching', because: 'a function that is not called reports nothing at all' },
  },
  'audit-not-running': {
    levels: ['critical'],
    impact: 'Freshness and books of this storage domain are not checked: other failures would go unseen.',
    failureModes: ['F50'],
    pagedWith: 'owner',
    missing: { treat: 'breaching', because: 'the absence of the heartbeat is the signal' },
  },
  'breaker-open': {
    levels: ['critical'],
    impact:
      'The database of this storage domain serves nobody, and nothing is written to it: fetched prices wait in the queue for up to ten days.',
    failureModes: ['F02', 'F01', 'F14'],
    pagedWith: 'owner',
    spreads: true,
    missing: { treat: 'notBreaching', because: 'gatekeeper-not-running reports a gatekeeper that is silent' },
  },
  'storage-held': {
    levels: ['critical'],
    impact:
      'The disk of this storage domain is nearly full and nothing is written to it: fetched prices wait in the queue for up to ten days.',
    failureModes: ['F01'],
    pagedWith: 'owner',
    spreads: true,
    missing: { treat: 'notBreaching', because: 'gatekeeper-not-running reports a gatekeeper that is silent' },
  },
  'free-storage': {
    levels: ['warning', 'critical'],
    impact: 'The database is filling up; when it is full it stops, and prices wait in the queue.',
    failureModes: ['F01'],
    pagedWith: 'owner',
    spreads: true,
    missing: databaseSilent,
  },
  'storage-forecast': {
    levels: ['warning'],
    impact:
      'At the pace of the last days the database’s disk is full in two weeks; it grows by itself only up to its maximum.',
    failureModes: ['F01'],
    missing: { treat: 'notBreaching', because: 'a disk that does not fill up has no forecast' },
  },
  'backup-missing': {
    levels: ['warning'],
    impact:
      'The database cannot be restored to what it was an hour ago: if it is lost, so are the prices since its last backup.',
    failureModes: ['F08'],
    missing: {
      treat: 'breaching',
      because:
        'a database without a backup has no age to report, and nobody knows of one that cannot be asked',
    },
  },
  'rows-quarantined': {
    levels: ['warning'],
    impact: 'The database refused single rows; the rest of their batch was stored, these prices are missing.',
    failureModes: ['F03', 'F34'],
    missing: noErrors,
  },
  'duplicate-rows': {
    levels: ['critical'],
    impact:
      'One product or price is in the database twice: readers count it twice, and its history contradicts itself.',
    failureModes: ['F05'],
    missing: { treat: 'notBreaching', because: 'audit-not-running reports an audit that is silent' },
  },
  'currency-changed': {
    levels: ['warning'],
    impact:
      'A product changed its currency: comparisons across the change are wrong until somebody has looked.',
    failureModes: ['F34'],
    missing: noErrors,
  },
  'partition-missing': {
    levels: ['critical'],
    impact:
      'Prices of this month or of the next have no place in the database: they wait in the queue until they have.',
    failureModes: ['F01', 'F53'],
    missing: { treat: 'notBreaching', because: 'audit-not-running reports an audit that is silent' },
  },
  'archive-failing': {
    levels: ['warning'],
    impact:
      'Old price history does not leave the database: nothing is lost, but the disk fills until it does.',
    failureModes: ['F01'],
    missing: noErrors,
  },
  'archive-run-missed': {
    levels: ['critical'],
    impact: 'Nobody moves old price history to S3: the disk fills, silently, until the database stops.',
    failureModes: ['F01', 'F50'],
    pagedWith: 'owner',
    missing: { treat: 'breaching', because: 'the absence of the heartbeat is the signal' },
  },
  'database-connections': {
    levels: ['warning', 'critical'],
    impact: 'The database is about to refuse connections; then nothing is stored or planned in this domain.',
    failureModes: ['F04'],
    pagedWith: 'owner',
    missing: databaseSilent,
  },
  'proxy-pinning': {
    levels: ['warning'],
    impact: 'Clients hold database connections for themselves, so that the proxy cannot share them out.',
    failureModes: ['F04'],
    missing: databaseSilent,
  },
  'proxy-borrow-latency': {
    levels: ['warning'],
    impact: 'Functions wait for a database connection; soon they will time out.',
    failureModes: ['F04', 'F26'],
    missing: databaseSilent,
  },
  'slow-queries': {
    levels: ['warning'],
    impact: 'Statements of the store take seconds: storing falls behind, and readers wait as well.',
    failureModes: ['F06', 'F04'],
    missing: { treat: 'notBreaching', because: 'nothing was stored, which worker-silent reports' },
  },
  'api-failing': {
    levels: ['critical'],
    impact: 'Readers of this storage domain get errors in place of prices. Fetching and storing go on.',
    failureModes: ['F02', 'F04'],
    pagedWith: 'owner',
    missing: noErrors,
  },
  'api-slow': {
    levels: ['warning'],
    impact: 'Readers of this storage domain wait: one request in a hundred for longer than a second.',
    failureModes: ['F04', 'F06', 'F07'],
    missing: { treat: 'notBreaching', because: 'nobody asks' },
  },
} as const satisfies Record<string, AlarmDefinition>;
