import type { Job } from '../contract/messages.ts';
import type { Reference } from './model/reference.ts';
import type { Action, ParkReason } from './pages.ts';
import type { ParkedReferences } from './ports/parked.ts';

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
  // Doubled each time: some servers answer so for ever for what they no longer have.
  empty: 900_000,
  deadline: 0,
  'robots-unreachable': 300_000,
  // Until it is worth another look; the file itself is read once a day.
  robots: 7 * 24 * 3600_000,
  // These come with an instant of their own.
  'gate-closed': 0,
  paced: 0,
};
/** A server that says "next month" is asked tomorrow. */
const LONGEST_MS = 24 * 3600_000;

function backOffMs(reason: ParkReason, emptied: number): number {
  return emptied > 1 ? Math.min(backOff[reason] * 2 ** (emptied - 1), LONGEST_MS) : backOff[reason];
}

export interface ParkingSettings {
  /** Factor on every wait. */
  timeScale: number;
  /** Uniform in [0, 1). */
  random: () => number;
}

type Waiting = Pick<Extract<Action, { do: 'park' }>, 'reason' | 'retryAfterMs' | 'until'>;

interface Group {
  reason: ParkReason;
  until: Date | null;
  references: Reference[];
  retryAfterMs: number | null;
  /** Of every reference of the group. */
  emptied: number;
}

/** Collects a job's references that wait for a later visit: one entry per reason and time, so that a storm costs few writes. */
export class Parking {
  readonly #settings: ParkingSettings;
  readonly #groups = new Map<string, Group>();

  constructor(settings: ParkingSettings) {
    this.#settings = settings;
  }

  add(reference: Reference, { reason, retryAfterMs, until }: Waiting): void {
    const emptied = reason === 'empty' ? (reference.emptied ?? 0) + 1 : 0;
    // What has no start on the shared pace is one group, however fine the pace divides time.
    const key = reason === 'paced' ? reason : `${reason} ${until?.toISOString()} ${emptied}`;
    const group = this.#groups.get(key) ?? {
      reason,
      until: until ?? null,
      references: [],
      retryAfterMs: null,
      emptied,
    };
    this.#groups.set(key, group);
    group.references.push(emptied > 0 ? { ...reference, emptied } : reference);
    if (retryAfterMs !== null) group.retryAfterMs = Math.max(retryAfterMs, group.retryAfterMs ?? 0);
  }

  /** References by reason, for the log. */
  counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { reason, references } of this.#groups.values())
      counts[reason] = (counts[reason] ?? 0) + references.length;
    return counts;
  }

  async write(to: ParkedReferences, job: Job, now: Date): Promise<void> {
    const taken = new Set<string>();
    for (const group of this.#groups.values()) {
      const { reason, references } = group;
      let dueAt = group.until ?? new Date(now.getTime() + this.#waitMs(group));
      // Reason and due time name an entry of a job: two groups must not be one.
      while (taken.has(`${reason} ${dueAt.getTime()}`)) dueAt = new Date(dueAt.getTime() + 1);
      taken.add(`${reason} ${dueAt.getTime()}`);
      await to.park({ marketplace: job.marketplace, job, references, dueAt, reason });
    }
  }

  /** Half to one and a half of the back-off; never before the time that the server named, and at most a tenth after it. */
  #waitMs({ reason, retryAfterMs, emptied }: Group): number {
    const { timeScale, random } = this.#settings;
    const wait =
      retryAfterMs === null
        ? backOffMs(reason, emptied) * (0.5 + random())
        : Math.min(retryAfterMs * (1 + random() / 10), LONGEST_MS);
    return wait * timeScale;
  }
}
