/**
 * Every alarm, by id. Each id has a page in `docs/runbook/<id>.md`; an alarm cannot be made without an entry here.
 */
export type Level = 'warning' | 'critical';

export interface AlarmDefinition {
  /** One alarm per level; with two, the level is part of the alarm's name. */
  levels: readonly [Level] | readonly ['warning', 'critical'];
  /** Who is hurt, and how. The first thing that an on-call person reads. */
  impact: string;
  /** Rows of the failure analysis. */
  failureModes: readonly string[];
  /**
   * It says that work has stopped: what pages is one alarm over all such of its owner (a marketplace, a storage domain), or of
   * the whole stage. So a cause pages once, whatever follows from it (docs/decisions/0061).
   */
  pagedWith?: 'owner' | 'stage';
  /** While it is in ALARM, what depends on its owner follows from it and does not page: a domain's marketplaces, all of a stage. */
  spreads?: true;
  /** What CloudWatch makes of a period without data. */
  missing: { treat: 'breaching' | 'notBreaching'; because: string };
}

const noErrors = { treat: 'notBreaching', because: 'errors are only counted when there are some' } as const;
const auditSpeaks = {
  treat: 'breaching',
  because: 'the audit reports every five minutes, so silence means that nobody knows',
} as const;
const emptyQueue = {
  treat: 'notBreaching',
  because: 'SQS stops reporting a queue that has been empty for hours',
} as const;
const noPages = {
  treat: 'notBreaching',
  because: 'no pages were fetched, which observations-stopped reports',
} as const;
const databaseSilent = {
  treat: 'notBreaching',
  because: 'a database that reports nothing is down, which breaker-open reports',
} as const;

export const catalogue = {
  'dispatch-failing': {
    levels: ['critical'],
    impact: 'No new work is planned: prices grow stale from now on, though nothing that was planned is lost.',
    failureModes: ['F11', 'F15', 'F26'],
    pagedWith: 'stage',
    missing: noErrors,
  },
  'dispatch-not-running': {
    levels: ['critical'],
    impact: 'Nobody plans work, for any marketplace: every price grows stale, silently.',
    failureModes: ['F50'],
    pagedWith: 'stage',
    spreads: true,
    missing: { treat: 'breaching', because: 'a function that is not called reports nothing at all' },
  },
  'schedule-undeliverable': {
    levels: ['warning'],
    impact: 'A schedule could not start its function: a slot of this marketplace or audit was left out.',
    failureModes: ['F50', 'F15'],
    missing: emptyQueue,
  },
  'scrape-failing': {
    levels: ['warning'],
    impact: 'Fetching of this marketplace fails and is repeated; if it goes on, its jobs are dead-lettered.',
    failureModes: ['F17', 'F18', 'F19'],
    missing: noErrors,
  },
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
    failureModes: ['F53', 'F01'],
    missing: noErrors,
  },
  'dlq-not-empty': {
    levels: ['critical'],
    impact:
      'Messages were given up after all their receives; they are kept for 14 days from when they were first sent.',
    failureModes: ['F20', 'F13'],
    missing: emptyQueue,
  },
  'queue-age': {
    levels: ['warning', 'critical'],
    impact:
      'Messages wait for hours: what they carry becomes stale, and at the end of the retention it is lost.',
    failureModes: ['F13', 'F02'],
    pagedWith: 'owner',
    missing: emptyQueue,
  },
  backlog: {
    levels: ['warning', 'critical'],
    impact: 'Consumers do not keep up: prices reach the database late.',
    failureModes: ['F16'],
    pagedWith: 'owner',
    missing: emptyQueue,
  },
  'audit-not-running': {
    levels: ['critical'],
    impact: 'Freshness and books of this storage domain are not checked: other failures would go unseen.',
    failureModes: ['F50'],
    pagedWith: 'owner',
    missing: { treat: 'breaching', because: 'the absence of the heartbeat is the signal' },
  },
  'observations-stopped': {
    levels: ['critical'],
    impact: 'Not one price of this marketplace has arrived for a while: its history has a gap that grows.',
    failureModes: ['F50', 'F36', 'F30'],
    pagedWith: 'owner',
    missing: auditSpeaks,
  },
  'observations-stale': {
    levels: ['warning'],
    impact:
      'Some prices of this marketplace were confirmed longer ago than promised, and look current to readers.',
    failureModes: ['F33'],
    missing: auditSpeaks,
  },
  'confirmed-per-day': {
    levels: ['warning'],
    impact: 'Fewer products of this marketplace were confirmed in a day than promised.',
    failureModes: ['F33'],
    missing: auditSpeaks,
  },
  'books-unbalanced': {
    levels: ['critical'],
    impact: 'References were dispatched and nobody knows what became of them: this marketplace has gaps.',
    failureModes: ['F09', 'F24', 'F25'],
    missing: { treat: 'notBreaching', because: 'audit-not-running reports an audit that is silent' },
  },
  'checkpoint-conflict': {
    levels: ['warning'],
    impact:
      'Two dispatchers worked on one cursor and one was refused: nothing is lost, but it must not go on.',
    failureModes: ['F10', 'F23'],
    missing: noErrors,
  },
  'checkpoint-invalid': {
    levels: ['critical'],
    impact:
      'A cursor cannot be read, and its marketplace stands still until it is repaired; or it is ahead of what was planned.',
    failureModes: ['F10', 'F25'],
    missing: noErrors,
  },
  'gaps-redispatched': {
    levels: ['warning'],
    impact: 'Jobs vanished and were dispatched again: their prices come late, and something loses messages.',
    failureModes: ['F24', 'F09', 'F25'],
    missing: noErrors,
  },
  'gaps-given-up': {
    levels: ['critical'],
    impact: 'Jobs vanish each time they are dispatched: their prices are not fetched until somebody looks.',
    failureModes: ['F24', 'F20'],
    missing: noErrors,
  },
  'ledger-write-failed': {
    levels: ['warning'],
    impact: 'Outcomes were not entered in the books: work is done, but the audit cannot prove it.',
    failureModes: ['F15', 'F09'],
    missing: noErrors,
  },
  'parse-success': {
    levels: ['warning', 'critical'],
    impact:
      'Pages of this marketplace are not understood: they are quarantined, and their prices are missing.',
    failureModes: ['F32', 'F34', 'F39'],
    pagedWith: 'owner',
    missing: noPages,
  },
  'blocked-share': {
    levels: ['critical'],
    impact: 'The marketplace refuses us: its prices are not refreshed, and going on makes the block longer.',
    failureModes: ['F30', 'F31'],
    pagedWith: 'owner',
    missing: noPages,
  },
  'throttled-share': {
    levels: ['warning'],
    impact: 'The marketplace asks us to slow down: its prices are refreshed later than planned.',
    failureModes: ['F35'],
    missing: noPages,
  },
  'gate-closed': {
    levels: ['warning'],
    impact:
      'The marketplace refused us or is down, and is left alone for a while: its prices are not refreshed.',
    failureModes: ['F30', 'F36'],
    missing: { treat: 'notBreaching', because: 'gatekeeper-not-running reports a gatekeeper that is silent' },
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
  'due-failing': {
    levels: ['warning'],
    impact:
      'Nobody says which prices are due: what is known of this storage domain grows stale. Sweeps go on.',
    failureModes: ['F02', 'F04', 'F26'],
    missing: noErrors,
  },
  'gatekeeper-not-running': {
    levels: ['critical'],
    impact:
      'Nobody looks after this gate or breaker: once closed to traffic it stays so, and new trouble does not pause the queue.',
    failureModes: ['F50', 'F30', 'F02'],
    pagedWith: 'owner',
    missing: { treat: 'breaching', because: 'the absence of the heartbeat is the signal' },
  },
  'spill-waiting': {
    levels: ['warning'],
    impact:
      'The snapshots queue did not take fetched prices: they wait in the spill bucket and reach readers late.',
    failureModes: ['F12'],
    missing: { treat: 'notBreaching', because: 'replay-not-running reports a replay that is silent' },
  },
  'spill-old': {
    levels: ['warning', 'critical'],
    impact: 'Fetched prices have been waiting in the spill bucket for hours; after 14 days they are deleted.',
    failureModes: ['F12', 'F13'],
    missing: { treat: 'notBreaching', because: 'replay-not-running reports a replay that is silent' },
  },
  'replay-not-running': {
    levels: ['critical'],
    impact: 'Nobody looks after the spill bucket: fetched prices that wait there do not reach the database.',
    failureModes: ['F50', 'F12'],
    pagedWith: 'owner',
    missing: { treat: 'breaching', because: 'the absence of the heartbeat is the signal' },
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
    failureModes: ['F06', 'F07'],
    missing: { treat: 'notBreaching', because: 'nobody asks' },
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
  'partition-missing': {
    levels: ['critical'],
    impact:
      'Prices of this month or of the next have no place in the database: they wait in the queue until they have.',
    failureModes: ['F01', 'F53'],
    missing: { treat: 'notBreaching', because: 'audit-not-running reports an audit that is silent' },
  },
  'database-connections': {
    levels: ['warning', 'critical'],
    impact: 'The database is about to refuse connections; then nothing is stored or planned in this domain.',
    failureModes: ['F04'],
    pagedWith: 'owner',
    missing: databaseSilent,
  },
  'free-storage': {
    levels: ['warning', 'critical'],
    impact: 'The database is filling up; when it is full it stops, and prices wait in the queue.',
    failureModes: ['F01'],
    pagedWith: 'owner',
    spreads: true,
    missing: databaseSilent,
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
  'storage-forecast': {
    levels: ['warning'],
    impact:
      'At the pace of the last days the database’s disk is full in two weeks; it grows by itself only up to its maximum.',
    failureModes: ['F01'],
    missing: { treat: 'notBreaching', because: 'a disk that does not fill up has no forecast' },
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
  'schedule-stopped': {
    levels: ['critical'],
    impact:
      'The schedules of this marketplace start nothing: no work is planned and every price grows stale.',
    failureModes: ['F50', 'F33'],
    pagedWith: 'owner',
    missing: { treat: 'breaching', because: 'a schedule that has stopped leaves no trace but silence' },
  },
  'worker-silent': {
    levels: ['critical'],
    impact: 'Work waits in the queue and nobody does it: the worker is dead or its mapping is off.',
    failureModes: ['F50', 'F17', 'F53'],
    pagedWith: 'owner',
    spreads: true,
    missing: emptyQueue,
  },
  'finds-nothing': {
    levels: ['critical'],
    impact: 'Pages are fetched and not one of them holds anything: prices look fetched and grow stale.',
    failureModes: ['F39', 'F32', 'F33'],
    pagedWith: 'owner',
    missing: noPages,
  },
  'success-rate': {
    levels: ['critical'],
    impact: 'Most requests to this marketplace bring no answer that can be used: its prices grow stale.',
    failureModes: ['F30', 'F36', 'F39'],
    pagedWith: 'owner',
    missing: noPages,
  },
  'empty-share': {
    levels: ['warning'],
    impact: 'Pages that must hold something are empty: a soft block, or lists that became shorter.',
    failureModes: ['F39', 'F30'],
    missing: noPages,
  },
  'rejected-share': {
    levels: ['warning'],
    impact:
      'Pages show absurd prices and are quarantined: these products keep their old price, and look stale.',
    failureModes: ['F34', 'F38'],
    missing: noPages,
  },
  'old-shape-share': {
    levels: ['warning'],
    impact:
      'The marketplace answers in a shape that a newer one has replaced: the parser’s next change may miss it.',
    failureModes: ['F32'],
    missing: noPages,
  },
  'price-changes-per-day': {
    levels: ['warning'],
    impact:
      'Fewer prices of this marketplace changed in a day than ever do: what is read may not be what is asked.',
    failureModes: ['F33', 'F39'],
    missing: auditSpeaks,
  },
  'worker-crashes': {
    levels: ['warning'],
    impact:
      'A worker dies in the middle of its work, which is done again: slower, dearer, and soon dead-lettered.',
    failureModes: ['F17', 'F18', 'F19'],
    missing: noErrors,
  },
  'memory-used': {
    levels: ['warning'],
    impact: 'A worker is about to run out of memory; then Lambda kills it in the middle of its work.',
    failureModes: ['F18'],
    missing: { treat: 'notBreaching', because: 'a function that is not called uses no memory' },
  },
  'duration-near-limit': {
    levels: ['warning'],
    impact:
      'A function nearly runs into its time limit; then it is ended in the middle and its work repeated.',
    failureModes: ['F19', 'F26', 'F06'],
    missing: { treat: 'notBreaching', because: 'a function that is not called takes no time' },
  },
  'slow-queries': {
    levels: ['warning'],
    impact: 'Statements of the store take seconds: storing falls behind, and readers wait as well.',
    failureModes: ['F06', 'F01'],
    missing: { treat: 'notBreaching', because: 'nothing was stored, which worker-silent reports' },
  },
  'coordination-errors': {
    levels: ['critical'],
    impact:
      'The coordination table does not answer: nothing new is planned; what is queued goes on with old gates.',
    failureModes: ['F15', 'F26'],
    pagedWith: 'stage',
    spreads: true,
    missing: noErrors,
  },
  'migrate-not-running': {
    levels: ['warning'],
    impact:
      'Nobody makes the partitions of the coming months; after three of them new prices cannot be stored.',
    failureModes: ['F50', 'F01'],
    missing: { treat: 'breaching', because: 'a function that is not called reports nothing at all' },
  },
  'log-volume': {
    levels: ['warning'],
    impact:
      'A function writes far more to its log than it should: it costs by the gigabyte, and may hold payloads.',
    failureModes: ['F52', 'F55'],
    missing: { treat: 'notBreaching', because: 'a function that writes nothing costs nothing' },
  },
  'cost-per-million': {
    levels: ['warning'],
    impact: 'A visit costs many times what it should: the bill runs away, unseen until the end of the month.',
    failureModes: ['F55', 'F35'],
    missing: { treat: 'notBreaching', because: 'nothing was visited, so nothing was spent on it' },
  },
} as const satisfies Record<string, AlarmDefinition>;

export type AlarmId = keyof typeof catalogue;
