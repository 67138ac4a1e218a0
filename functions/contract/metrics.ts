/** Names shared by what emits (functions) and what alarms (lib). Dimensions are bounded: a marketplace or a storage
 * domain, never a SKU, because every combination is billed. */
export const metricNamespace = 'Narx';

export const metric = {
  /** dispatch; dimension marketplace */
  referencesDispatched: 'ReferencesDispatched',
  dispatchSkippedBacklog: 'DispatchSkippedBacklog',
  dispatchSkippedGate: 'DispatchSkippedGate',
  /** The references that are due could not be had: their storage domain is out of order. */
  dispatchSkippedDue: 'DispatchSkippedDue',
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
  /** gatekeeper; dimension marketplace. 1 while the marketplace is not asked, 0 while it is. */
  gateClosed: 'GateClosed',
  /** gatekeeper; dimension domain. 1 while the domain is not written to, or only tried; 0 while it is. */
  breakerOpen: 'BreakerOpen',
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
  /** Batches that the breaker did not let in before their time was up. */
  batchesHeldBack: 'BatchesHeldBack',
  /** audit; dimension marketplace */
  oldestConfirmationSeconds: 'OldestConfirmationSeconds',
  newestObservationAgeSeconds: 'NewestObservationAgeSeconds',
  confirmedLastDay: 'ConfirmedLastDay',
  booksUnbalanced: 'BooksUnbalanced',
  /** audit; dimension domain */
  duplicateRows: 'DuplicateRows',
  /** audit (dimension domain) and gatekeeper (each marketplace, each domain). Their absence alarms (F50). */
  heartbeat: 'Heartbeat',
} as const;
export type MetricName = (typeof metric)[keyof typeof metric];
