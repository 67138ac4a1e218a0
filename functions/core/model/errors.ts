/**
 * Errors are named by what the system does next. Only handlers turn them into SQS results; expected outcomes of a
 * page are values (`PageResult`), not errors.
 */
export abstract class NarxError extends Error {
  abstract readonly reason: string;
  override get name(): string {
    return this.constructor.name;
  }
}

/** A dependency failed in a way that passes. The message is returned to its queue and spends a receive. */
export class RetryLater extends NarxError {
  readonly reason = 'retry-later';
}

/**
 * A storage domain's database serves nobody: it is down, full, or does not answer. As RetryLater; enough of these in a row
 * open the domain's breaker.
 */
export class DatabaseUnavailable extends RetryLater {}

/** It did not answer for as long as an invocation can wait: whoever meets this cannot try again, and counts for several. */
export class DatabaseSilent extends DatabaseUnavailable {}

/** The message can never be processed (it does not decode). It goes to the dead-letter queue with this reason. */
export class PoisonMessage extends NarxError {
  readonly reason = 'poison-message';
}

/** Going on would corrupt state (an unreadable checkpoint): the marketplace stops until an operator repairs it. */
export class StopMarketplace extends NarxError {
  readonly reason = 'stop-marketplace';
}

/** Another owner holds the lease, or moved the checkpoint on: this worker's write was refused, nothing changed. */
export class StaleOwner extends NarxError {
  readonly reason = 'checkpoint-conflict';
}

/** What is archived and what the database holds contradict each other: nothing is dropped until an operator has looked. */
export class ArchiveConflict extends NarxError {
  readonly reason = 'archive-conflict';
}

/** Configuration or environment is wrong. `faults` are whole sentences that say what to change. */
export class ConfigurationError extends NarxError {
  readonly reason = 'configuration';
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}
