/**
 * Every metric of our own: shared by what emits it (functions), what alarms on it (lib) and docs/metrics.md. A metric's name is
 * its key with a capital letter, so `metric.pagesOk` is `PagesOk`.
 *
 * To add one: a line here. It says what the value is and who emits it with which dimension. Dimensions are bounded, a
 * marketplace or a storage domain and never a SKU, because every combination is a metric that is paid for.
 */
export const metricNamespace = 'Narx';

/** What one value of the metric belongs to; `stage` has no dimension but the service. */
export type MetricOwner = 'marketplace' | 'domain' | 'stage';
/** `scrape/marketplace`: emitted by functions/scrape.lambda.ts, with its marketplace as dimension. */
export type Emitter = `${string}/${MetricOwner}`;
/** As CloudWatch spells them. */
export type Unit = 'None' | 'Count' | 'Seconds' | 'Milliseconds' | 'Bytes' | 'Megabytes' | 'Percent';

export interface MetricDefinition {
  unit: Unit;
  /** One sentence. */
  says: string;
  emitters: readonly [Emitter, ...Emitter[]];
}

const of =
  (unit: Unit) =>
  (says: string, ...emitters: [Emitter, ...Emitter[]]): MetricDefinition => ({ unit, says, emitters });
const count = of('Count');
const seconds = of('Seconds');
const milliseconds = of('Milliseconds');
const megabytes = of('Megabytes');
const percent = of('Percent');
/** CloudWatch has no unit for days. */
const days = of('None');

export const metricCatalogue = {
  // Planning.
  referencesDispatched: count('References in jobs that the queue accepted.', 'dispatch/marketplace'),
  dispatchSkippedBacklog: count(
    'Slots left out because enough is waiting already (F16).',
    'dispatch/marketplace',
  ),
  dispatchSkippedGate: count('Slots left out because the gate is closed.', 'dispatch/marketplace'),
  dispatchSkippedDue: count(
    'Slots for which nobody could say what is due: their storage domain is out of order (F02).',
    'dispatch/marketplace',
  ),
  dispatchCollapsed: count('Slots that were dispatched already or by another run.', 'dispatch/marketplace'),
  checkpointConflict: count(
    'Cursor writes refused because another run owns it (F23).',
    'dispatch/marketplace',
  ),
  checkpointInvalid: count(
    'Cursors that could not be read, or are ahead of what was planned (F10, F25).',
    'dispatch/marketplace',
  ),

  // Fetching: pages by what they turned out to be.
  pagesOk: count('Pages that were understood and held something.', 'scrape/marketplace'),
  pagesOldShape: count(
    'Of those, the ones in a shape that a newer one has replaced (F32).',
    'scrape/marketplace',
  ),
  pagesGone: count(
    'Pages that said, in the marketplace’s own words, that the thing is gone.',
    'scrape/marketplace',
  ),
  pagesBlocked: count('Refusals: 403, CAPTCHA, wall (F30).', 'scrape/marketplace'),
  pagesThrottled: count('429 and its like (F35).', 'scrape/marketplace'),
  pagesFailed: count('Server errors, timeouts, broken connections (F36).', 'scrape/marketplace'),
  pagesEmpty: count('Pages that must hold something and held nothing (F39).', 'scrape/marketplace'),
  pagesRejected: count('Of those quarantined, the ones with absurd values (F34).', 'scrape/marketplace'),
  pagesQuarantined: count(
    'Pages that were not understood or held absurd values (F32, F34).',
    'scrape/marketplace',
  ),
  referencesParked: count('References put off to a later visit.', 'scrape/marketplace'),
  referencesDisallowed: count('References that robots.txt forbids.', 'scrape/marketplace'),

  // Between fetching and storing.
  visitsSpilled: count(
    'Visits that the snapshots queue did not take and that went to the spill bucket (F12).',
    'scrape/marketplace',
  ),
  spillObjects: count('Objects that wait in the spill bucket after a run of replay (F12).', 'replay/domain'),
  oldestSpillAgeSeconds: seconds(
    'Since the oldest of them was written, on the stage’s own clock.',
    'replay/domain',
  ),

  gateClosed: count('1 while the marketplace is not asked, 0 while it is.', 'gatekeeper/marketplace'),
  storePaused: count(
    '1 while the snapshots queue is left alone, for whatever reason, else 0.',
    'gatekeeper/domain',
  ),
  breakerOpen: count(
    '1 while the domain is not written to, or only on trial; 0 while it is (F02).',
    'gatekeeper/domain',
  ),
  storageHeld: count(
    '1 while nothing is written because the disk is nearly full, else 0 (F01).',
    'gatekeeper/domain',
  ),
  daysUntilFull: days(
    'Until nothing is free on the database’s disk, at the pace of the last days; none while it does not fill up (F01).',
    'gatekeeper/domain',
  ),
  restorableAgeSeconds: seconds(
    'Since the latest instant that the database could be restored to, on the stage’s own clock; none without a backup (F08).',
    'gatekeeper/domain',
  ),

  // Storing.
  visitsStored: count('Visits that brought something new.', 'store/domain'),
  visitsUnchanged: count('Visits that confirmed what was known.', 'store/domain'),
  pricePointsAdded: count('Price points that were added to histories.', 'store/domain'),
  observationsLate: count('Observations older than what was stored already (F21).', 'store/domain'),
  observationTies: count('Two values of one SKU at one instant.', 'store/domain'),
  currencyChanges: count('SKUs whose currency changed.', 'store/domain'),
  priceJumps: count('Prices stored although they are far from the one before (F34).', 'store/domain'),
  rowsQuarantined: count('Rows that the database refused (F03).', 'store/domain'),
  transactionRetries: count('Deadlocks and serialization failures that were repeated.', 'store/domain'),
  messagesUndecodable: count('Messages that no version of the contract reads (F20).', 'store/domain'),
  storeFailures: count('Batches returned to the queue because they could not be stored.', 'store/domain'),
  batchesHeldBack: count('Batches returned because the breaker did not let them in (F02).', 'store/domain'),

  // Reading.
  apiFailures: count('Requests answered with 500 or 503, but for those of /health.', 'api/domain'),

  referencesDeadLettered: count(
    'References whose message failed for the last time (F20).',
    'scrape/marketplace',
    'store/domain',
  ),
  ledgerWriteFailed: count(
    'Outcomes that the ledger could not be told.',
    'scrape/marketplace',
    'store/domain',
  ),

  // Keeping the books.
  referencesLost: count(
    'References that the books called done and the database lacks (F09).',
    'audit/marketplace',
  ),
  booksClosedFromDatabase: count(
    'References without an outcome that the database showed to be done.',
    'audit/marketplace',
  ),
  gapsRedispatched: count(
    'References that were dispatched again because they had vanished (F24).',
    'dispatch/marketplace',
  ),
  gapsGivenUp: count(
    'References that vanished again and again, and are left to the books (F24).',
    'dispatch/marketplace',
  ),

  // Measured in the data and the books, by something other than what fills them.
  oldestConfirmationSeconds: seconds(
    'Since the product that waited longest was confirmed (F33).',
    'audit/marketplace',
  ),
  newestObservationAgeSeconds: seconds('Since the newest observation.', 'audit/marketplace'),
  confirmedLastDay: count('Products confirmed within 24 hours.', 'audit/marketplace'),
  booksUnbalanced: count(
    'References in flight after their sweep’s deadline, or done in the books only.',
    'audit/marketplace',
  ),
  duplicateRows: count(
    'Rows beyond the first of one identity, orphans, repeated price points (F05).',
    'audit/domain',
  ),

  p95ConfirmationSeconds: seconds(
    'Since the confirmation that 95 of 100 products are newer than.',
    'audit/marketplace',
  ),
  priceChangesLastDay: count(
    'Price points of the last 24 hours that follow another one of their SKU (F33).',
    'audit/marketplace',
  ),
  connectionsUsedPercent: percent(
    'Connections in use, of those that the server allows (F04).',
    'audit/domain',
  ),

  // What an environment knows of itself; createMetrics adds these.
  memoryUsedMegabytes: megabytes(
    'Resident memory at the end of an invocation (F18).',
    'scrape/marketplace',
    'store/domain',
    'audit/domain',
  ),
  coordinationErrors: count(
    'Calls to the coordination table that failed after all their attempts (F15).',
    'dispatch/marketplace',
    'scrape/marketplace',
    'gatekeeper/marketplace',
    'store/domain',
    'audit/domain',
  ),
  slowestStatementMilliseconds: milliseconds(
    'The slowest statement of an invocation (F06).',
    'store/domain',
    'audit/domain',
  ),

  // Archiving.
  pointsArchived: count('Price points that were written to S3 and read back equal.', 'archive/domain'),
  monthsArchived: count('Months dropped from the database after that.', 'archive/domain'),
  partitionsMissing: count(
    'Of this month and the next, those that price points cannot be stored in (F01).',
    'audit/domain',
  ),

  /** Their absence alarms (F50). */
  heartbeat: count(
    'One per run that came to its end; of dispatch, per run that its schedule started.',
    'audit/domain',
    'archive/domain',
    'replay/domain',
    'gatekeeper/marketplace',
    'gatekeeper/domain',
    'dispatch/marketplace',
  ),
} as const satisfies Record<string, MetricDefinition>;

type Key = keyof typeof metricCatalogue;
export type MetricName = Capitalize<Key>;

const nameOf = (key: string): string => key.charAt(0).toUpperCase() + key.slice(1);

/** `metric.pagesOk` is `PagesOk`. */
export const metric = Object.fromEntries(Object.keys(metricCatalogue).map((key) => [key, nameOf(key)])) as {
  readonly [K in Key]: Capitalize<K>;
};

const definitions: ReadonlyMap<string, MetricDefinition> = new Map(
  Object.entries(metricCatalogue).map(([key, definition]) => [nameOf(key), definition]),
);

export function definitionOf(name: MetricName): MetricDefinition {
  const definition = definitions.get(name);
  if (!definition) throw new Error(`There is no metric ${name} in functions/contract/metrics.ts.`);
  return definition;
}

/** Whether the catalogue says that the service emits the metric with this dimension. */
export function emits(name: MetricName, service: string, owner: MetricOwner): boolean {
  return definitionOf(name).emitters.includes(`${service}/${owner}`);
}
