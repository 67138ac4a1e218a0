import type { RateSettings } from '../../contract/env.ts';
import type { Pace } from '../model/pace.ts';
import type { Clock } from '../ports/runtime.ts';
import type { Watched } from '../watched.ts';
import { limitsAt } from './limits.ts';
import { quickened, reserved, type Stretch, slowed, WINDOW_MS } from './machine.ts';

export interface PacerSettings {
  rate: RateSettings;
  /** Factor on every wait. */
  timeScale: number;
}

/** A pause that is over by then is waited for; the references of a longer one are parked instead. */
const SHORT_PAUSE_MS = 5_000;
const OVERSLEPT_MS = 20;
/** A server that says "next month" is asked tomorrow. */
const LONGEST_PAUSE_MS = 24 * 3600_000;
/** Timeouts and server errors count as a pushback from this share of a job's pages, and this number, on. */
const FAILED_SHARE = 0.1;
const FEW = 5;

/**
 * Hands out the starts of one worker's requests. What several jobs want at the same time is taken from the shared pace
 * with one write; what they learn about the marketplace goes back with the next one, but for pushbacks, which go at once.
 */
export class Pacer {
  readonly #pace: Watched<Pace>;
  readonly #clock: Clock;
  readonly #sleep: (ms: number) => Promise<unknown>;
  readonly #settings: PacerSettings;
  readonly #wants: { wanted: number; horizonMs: number; give: (stretch: Stretch) => void }[] = [];
  #serving = false;
  /** Seconds of shared time without a pushback that have not been reported. */
  #cleanSeconds = 0;
  #reports: Promise<unknown> = Promise.resolve();

  constructor(
    pace: Watched<Pace>,
    clock: Clock,
    sleep: (ms: number) => Promise<unknown>,
    settings: PacerSettings,
  ) {
    this.#pace = pace;
    this.#clock = clock;
    this.#sleep = sleep;
    this.#settings = settings;
  }

  /** Starts for up to `wanted` requests within `horizonMs`. */
  async slice(wanted: number, horizonMs: number): Promise<Slice> {
    const stretch = await new Promise<Stretch>((give) => {
      this.#wants.push({ wanted, horizonMs, give });
      if (!this.#serving) void this.#serve();
    });
    return new Slice(this, stretch);
  }

  /** Waits until the reports that are under way are written. */
  async settle(): Promise<void> {
    await this.#reports;
  }

  /**
   * Waits for the start that was planned for `plannedAt`. Null: go. Otherwise the marketplace has asked for a pause that
   * ends at that time.
   */
  async start(plannedAt: number): Promise<Date | null> {
    for (;;) {
      const now = this.#now();
      const { notBefore } = this.#pace.value;
      if (notBefore - now > SHORT_PAUSE_MS) return new Date(notBefore);
      const wait = Math.max(plannedAt, notBefore) - now;
      // Timers are no finer than a millisecond.
      if (wait <= 1) return null;
      await this.#sleep(wait);
    }
  }

  /** The time between two starts that is right now: a slice that was taken before the rate fell slows down with it. */
  intervalMs(): number {
    return 1000 / this.#pace.value.rate;
  }

  now(): number {
    return this.#now();
  }

  /** The marketplace answered a request, sent at `askedAt`, with "too many requests". */
  pushedBack(askedAt: Date, retryAfterMs: number | null): void {
    const at = this.#now();
    const { timeScale } = this.#settings;
    const pauseMs = Math.min(retryAfterMs ?? 0, LONGEST_PAUSE_MS) * timeScale;
    const push = { askedAt: askedAt.getTime(), at, notBefore: retryAfterMs === null ? 0 : at + pauseMs };
    this.#cleanSeconds = 0;
    const slow = (pace: Pace): Pace => slowed(pace, push, WINDOW_MS * timeScale, this.#limits());
    // Everything in flight is pushed back at once: one write says it.
    if (slow(this.#pace.value) === this.#pace.value) return;
    this.#reports = Promise.all([this.#reports, this.#pace.change(slow)]);
  }

  /** What a job met that used `started` starts of a slice. `lastFailedAt` is when its last failed request was sent. */
  report(job: { started: number; failed: number; throttled: number; lastFailedAt: Date | null }): void {
    if (job.lastFailedAt && job.failed >= FEW && job.failed >= job.started * FAILED_SHARE) {
      this.pushedBack(job.lastFailedAt, null);
    } else if (job.throttled === 0) this.#cleanSeconds += (job.started * this.intervalMs()) / 1000;
  }

  async #serve(): Promise<void> {
    this.#serving = true;
    // Jobs of one batch ask in the same moment.
    await Promise.resolve();
    while (this.#wants.length > 0) {
      const wants = this.#wants.splice(0);
      const wanted = wants.reduce((sum, want) => sum + want.wanted, 0);
      const whole = await this.#reserve(wanted, Math.min(...wants.map(({ horizonMs }) => horizonMs)));
      let { startsAt, count } = whole;
      for (const want of wants) {
        const share = Math.min(want.wanted, count);
        want.give({ ...whole, startsAt, count: share });
        startsAt += share * whole.intervalMs;
        count -= share;
      }
    }
    this.#serving = false;
  }

  async #reserve(wanted: number, horizonMs: number): Promise<Stretch> {
    const seconds = this.#cleanSeconds;
    this.#cleanSeconds = 0;
    const limits = this.#limits();
    let stretch: Stretch = { startsAt: this.#now(), count: 0, intervalMs: 1000 };
    await this.#pace.change((pace) => {
      const result = reserved(quickened(pace, seconds, limits), wanted, this.#now(), horizonMs, limits);
      stretch = result.stretch;
      return result.stretch.count === 0 ? pace : result.pace;
    });
    return stretch;
  }

  #limits() {
    return limitsAt(this.#settings.rate, this.#clock.now());
  }

  #now(): number {
    return this.#clock.now().getTime();
  }
}

/** The starts of one job, in order. */
export class Slice {
  readonly #pacer: Pacer;
  #left: number;
  #next: number;
  started = 0;

  constructor(pacer: Pacer, stretch: Stretch) {
    this.#pacer = pacer;
    this.#left = stretch.count;
    this.#next = stretch.startsAt;
  }

  /** Waits for the next start. Null: go. Otherwise there is none before that time. */
  async turn(): Promise<Date | null> {
    if (this.#left === 0) return new Date(Math.max(this.#next, this.#pacer.now()));
    this.#left -= 1;
    // Starts that were missed while all connections were busy are not made up for in a burst; only what a timer overslept is.
    const planned = Math.max(this.#next, this.#pacer.now() - OVERSLEPT_MS);
    this.#next = planned + this.#pacer.intervalMs();
    const pause = await this.#pacer.start(planned);
    if (pause === null) this.started += 1;
    return pause;
  }
}
