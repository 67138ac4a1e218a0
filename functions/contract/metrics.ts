/** Names shared by what emits (functions) and what alarms (lib). Dimensions are bounded: a marketplace or a storage
 * domain, never a SKU, because every combination is billed. */
export const metricNamespace = 'Narx';

export const metric = {
  /** dispatch; dimension marketplace */
  referencesDispatched: 'ReferencesDispatched',
  dispatchSkippedBacklog: 'DispatchSkippedBacklog',
  dispatchSkippedGate: 'DispatchSkippedGate',
  dispatchCollapsed: 'DispatchCollapsed',
  checkpointConflict: 'CheckpointConflict',
  checkpointInvalid: 'CheckpointInvalid',
  /** scrape; dimension marketplace. Pages by what they turned out to be. */
  pagesOk: 'PagesOk',
  pagesOldShape: 'PagesOldShape',
  pagesGone: 'PagesGone',
  pagesBlocked: 'PagesBlocked',
  pagesThrottled: 'PagesThrottled',
  pagesFailed: 'PagesFailed',
  pagesEmpty: 'PagesEmpty',
  pagesQuarantined: 'PagesQuarantined',
  referencesParked: 'ReferencesParked',
  /** Of the parked ones, those that robots.txt forbids. */
  referencesDisallowed: 'ReferencesDisallowed',
  /** scrape (dimension marketplace) and store (dimension domain) */
  referencesDeadLettered: 'ReferencesDeadLettered',
  /** gatekeeper; dimension marketplace. 1 while the marketplace is not asked, 0 while it is. */
  gateClosed: 'GateClosed',
  /** store; dimension domain */
  visitsStored: 'VisitsStored',
  visitsUnchanged: 'VisitsUnchanged',
  pricePointsAdded: 'PricePointsAdded',
  observationsLate: 'ObservationsLate',
  observationTies: 'ObservationTies',
  currencyChanges: 'CurrencyChanges',
  priceJumps: 'PriceJumps',
  rowsQuarantined: 'RowsQuarantined',
  transactionRetries: 'TransactionRetries',
  ledgerWriteFailed: 'LedgerWriteFailed',
  messagesUndecodable: 'MessagesUndecodable',
  storeFailures: 'StoreFailures',
  /** audit; dimension marketplace */
  oldestConfirmationSeconds: 'OldestConfirmationSeconds',
  newestObservationAgeSeconds: 'NewestObservationAgeSeconds',
  confirmedLastDay: 'ConfirmedLastDay',
  booksUnbalanced: 'BooksUnbalanced',
  /** audit; dimension domain */
  duplicateRows: 'DuplicateRows',
  /** audit (dimension domain) and gatekeeper (dimension marketplace). Their absence alarms (F50). */
  heartbeat: 'Heartbeat',
} as const;
export type MetricName = (typeof metric)[keyof typeof metric];
