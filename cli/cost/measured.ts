/**
 * What one unit of work takes, measured on the local stack (bench/RESULTS.md says how) and carried over to Lambda where it says
 * so. They are averages over Uzum's pages; change them when the pipeline changes.
 */
export const measured = {
  /** Bytes of a page as it crosses the network, compressed; and as it is parsed. */
  pageWireBytes: 4_000,
  pageBytes: 14_800,
  /** Bytes of a request with its headers. */
  requestBytes: 400,
  /** Bytes of one visit in a message of the snapshots queue. */
  visitBytes: 1_300,
  /** Write units of a job: its ledger item with the references, its outcomes by scrape and by store, its share of gate and pace. */
  writeUnitsPerJob: 8,
  readUnitsPerJob: 8,
  /**
   * Milliseconds of store for one visit: 0.3 ms of processor on a whole core, of which 512 MB buy 0.29, and the database's
   * answers.
   */
  storeMsPerVisit: 2,
  /** Seconds of an invocation that a schedule starts: mostly waiting for DynamoDB, SQS or Postgres. */
  scheduledSeconds: 1.5,
  /** The gatekeeper asks for the free space of a database every five minutes, and for that of the last week once an hour. */
  diskReadsPerHour: 13,
  /** Bytes of log for one invocation: START, END, REPORT, our own lines, and the metrics in them. */
  logBytesPerInvocation: 4_000,
  /** Bytes of tables and indexes for a product of four SKUs, and for each confirmed visit that changed nothing. */
  productBytes: 1_650,
  unchangedVisitBytes: 31,
  /** Price points that a visit adds on average, where 5 % of the SKUs change in a day, and bytes of one with its index. */
  pointsPerVisitDaily: 0.2,
  pointBytes: 110,
  /** Lambda's pollers of one mapping ask five at a time, each for 20 seconds. */
  emptyReceivesPerMonth: (5 * 3600 * 730) / 20,
} as const;
