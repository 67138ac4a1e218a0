import type { Job } from '../contract/messages.ts';
import type { Reference } from './model/reference.ts';
import type { ParkReason } from './pages.ts';
import type { ParkedReferences } from './ports.ts';

/**
 * Back-off before the next visit where the server names no time: short where the fault is likely to pass, longer where
 * asking again soon would make it worse. Milliseconds.
 */
const backOff: Record<ParkReason, number> = {
  throttled: 60_000,
  'server-error': 60_000,
  timeout: 60_000,
  connection: 60_000,
  'quarantine-unavailable': 300_000,
  'raw-pages-unavailable': 300_000,
  blocked: 900_000,
  empty: 900_000,
  deadline: 0,
};
/** A server that says "next month" is asked tomorrow. */
const LONGEST_MS = 24 * 3600_000;

export interface ParkingSettings {
  /** Factor on every wait. */
  timeScale: number;
  /** Uniform in [0, 1). */
  random: () => number;
}

/** Collects a job's references that wait for a later visit: one entry per reason, so that a storm costs few writes. */
export class Parking {
  readonly #settings: ParkingSettings;
  readonly #groups = new Map<ParkReason, { references: Reference[]; retryAfterMs: number | null }>();

  constructor(settings: ParkingSettings) {
    this.#settings = settings;
  }

  add(reference: Reference, reason: ParkReason, retryAfterMs: number | null): void {
    const group = this.#groups.get(reason);
    if (!group) {
      this.#groups.set(reason, { references: [reference], retryAfterMs });
      return;
    }
    group.references.push(reference);
    if (retryAfterMs !== null) group.retryAfterMs = Math.max(retryAfterMs, group.retryAfterMs ?? 0);
  }

  /** References by reason, for the log. */
  counts(): Record<string, number> {
    return Object.fromEntries(
      [...this.#groups].map(([reason, { references }]) => [reason, references.length]),
    );
  }

  async write(to: ParkedReferences, job: Job, now: Date): Promise<void> {
    for (const [reason, { references, retryAfterMs }] of this.#groups) {
      const dueAt = new Date(now.getTime() + this.#waitMs(reason, retryAfterMs));
      await to.park({ marketplace: job.marketplace, job, references, dueAt, reason });
    }
  }

  /** Half to one and a half of the back-off; never before the time that the server named, and at most a tenth after it. */
  #waitMs(reason: ParkReason, retryAfterMs: number | null): number {
    const { timeScale, random } = this.#settings;
    const wait =
      retryAfterMs === null ? backOff[reason] * (0.5 + random()) : retryAfterMs * (1 + random() / 10);
    return Math.min(wait, LONGEST_MS) * timeScale;
  }
}
