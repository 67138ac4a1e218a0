/**
 * Connections as a counted resource: at most `count` holders at once over everything that shares the instance, first
 * come first served.
 */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}

/** What one invocation may still do, derived from the time that Lambda has left for it. */
export interface TimeBudget {
  /** Whether a request that is started now can time out and still leave time to hand over what was fetched. */
  mayStart(): boolean;
  /** How long requests may still be started, in milliseconds; not below 0. */
  startableMs(): number;
  /** Most that a request may take, in milliseconds. */
  requestMs(): number;
  /** How long the snapshots queue may take, in milliseconds; what is left then is for the spill (F12). */
  sendMs(): number;
  /** How long the spill may take, so that the rest of the batch can still be answered for. */
  spillMs(): number;
}

/** Kept for quarantine, parking, sending (or else the spill) and the ledger. */
const HANDOVER_MS = 10_000;

/**
 * Where the function's timeout is short, no part of the reserve takes more than a quarter of it: some work is always
 * possible. Call at the start of an invocation.
 */
export function timeBudget(remainingMs: () => number, requestTimeoutMs: number): TimeBudget {
  const share = remainingMs() / 4;
  const handoverMs = Math.min(HANDOVER_MS, share);
  const reserveMs = handoverMs + Math.min(requestTimeoutMs, share);
  return {
    mayStart: () => remainingMs() >= reserveMs,
    startableMs: () => Math.max(0, remainingMs() - reserveMs),
    requestMs: () => Math.min(requestTimeoutMs, remainingMs() - handoverMs),
    sendMs: () => Math.max(1, remainingMs() - handoverMs / 2),
    spillMs: () => Math.max(1, remainingMs() - handoverMs / 8),
  };
}
