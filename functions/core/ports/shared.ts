/**
 * One small value per marketplace, or per storage domain, that all workers share. Changes are pure functions of what is there, applied one after
 * the other: two workers that change it at once do not overwrite each other.
 */
export interface Shared<T> {
  read(marketplace: string): Promise<T>;
  /**
   * Applies `transition` to the newest value, again when somebody else was faster, and returns what is there afterwards. A
   * transition that returns its argument writes nothing.
   */
  change(marketplace: string, transition: (current: T) => T): Promise<T>;
}

/** How fresh one marketplace's data was when the audit measured it. */
export interface Measurement {
  measuredAt: Date;
  newestObservationAt: Date | null;
  /** Gone products left out. */
  oldestConfirmationAt: Date | null;
  confirmedLastDay: number;
}

/** What the audit found, for whoever cannot or should not measure it anew. */
export interface Measurements {
  /** An older measurement never replaces a newer one. */
  record(marketplace: string, measurement: Measurement): Promise<void>;
  read(marketplaces: readonly string[]): Promise<Map<string, Measurement>>;
}
