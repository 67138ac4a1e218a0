import type { ScheduleSpec } from '../cloud-model.ts';
import type { Invocation } from '../interfaces.ts';
import { Delivery, type DeliveryOptions, type DeliveryReport } from './delivery.ts';
import { type ScheduleTimes, scheduleTimes } from './schedule-times.ts';

export interface SchedulerOptions extends DeliveryOptions {
  schedules: ScheduleSpec[];
  /** Told how each scheduled time ended; those that `stop` interrupts are not reported. */
  onDelivery?: (report: DeliveryReport) => void;
}

/** The longest sleep in one piece: timers overflow after 24 days. */
const longestSleepMs = 86_400_000;

/**
 * EventBridge Scheduler on the stack's clock. With a time scale below 1 a schedule fires that much more often, and the
 * scheduled time is the wall-clock time at which it fires: the functions compare it with their own clock.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #loops: Promise<void>[] = [];
  readonly #deliveries = new Set<Promise<void>>();
  readonly #halt = new AbortController();
  #rest = new AbortController();

  /** Throws an Error that names the schedule whose expression, zone or input AWS would refuse. */
  constructor(options: SchedulerOptions) {
    this.#options = options;
    for (const schedule of options.schedules) {
      try {
        scheduleTimes(schedule.expression, schedule.timezone, 0, 1).next(0);
        JSON.parse(schedule.input);
      } catch (error) {
        throw new Error(`schedule ${schedule.name}: ${error instanceof Error ? error.message : error}`);
      }
    }
  }

  /**
   * Fires the enabled schedules (those that `which` picks) from now on; rates begin within a minute of the stack's clock,
   * those with one interval evenly spread over it. The cloud promises no more of a schedule without start date: it fires
   * within 60 seconds of its time (EventBridge Scheduler's guide, "Schedule types"). All at once they would fill the
   * machine. Does nothing when it was called before, unless `rest` came in between.
   */
  start(which: (schedule: ScheduleSpec) => boolean = () => true): void {
    if (this.#loops.length > 0) return;
    this.#rest = new AbortController();
    const { clock, schedules, timeScale } = this.#options;
    const now = clock.now();
    const started = schedules.filter((schedule) => schedule.enabled && which(schedule));
    for (const alike of Map.groupBy(started, ({ expression }) => expression).values()) {
      const spacingMs = (60_000 * timeScale) / alike.length;
      for (const [turn, schedule] of alike.entries()) {
        const { expression, timezone } = schedule;
        const times = scheduleTimes(expression, timezone, now + turn * spacingMs, timeScale);
        // Not what the clock says by now: the first time would be past, and the next is a whole interval later.
        this.#loops.push(this.#run(schedule, times, now, this.#rest.signal));
      }
    }
  }

  /** Fires no more until `start`, as if every schedule were disabled; what is being delivered goes on. */
  rest(): void {
    this.#rest.abort();
    this.#loops.length = 0;
  }

  /** Fires no more, gives up waiting retries, and resolves when no delivery runs any longer or after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#rest.abort();
    this.#halt.abort();
    const waiting = new AbortController();
    const ended = Promise.all([...this.#loops.splice(0), ...this.#deliveries]);
    await Promise.race([ended, this.#options.clock.sleep(graceMs, waiting.signal)]);
    waiting.abort();
  }

  /**
   * Delivers one scheduled time by hand, exactly once and without retries, whether the schedule is enabled or not.
   * Resolves with the invocation's result; rejects for an unknown schedule and when the function cannot be invoked.
   */
  async fire(name: string, at: Date): Promise<Invocation> {
    return new Delivery(this.#options, this.#find(name), at.getTime()).once();
  }

  /**
   * Delivers one scheduled time by hand as if it had come: with the retries of Scheduler and of Lambda, whether the
   * schedule is enabled or not. Null when `stop` came first; rejects for an unknown schedule.
   */
  async deliver(name: string, at: Date): Promise<DeliveryReport | null> {
    return new Delivery(this.#options, this.#find(name), at.getTime()).settle(this.#halt.signal);
  }

  #find(name: string): ScheduleSpec {
    const schedule = this.#options.schedules.find((candidate) => candidate.name === name);
    if (schedule) return schedule;
    const known = this.#options.schedules.map((candidate) => candidate.name).join(', ');
    throw new Error(`there is no schedule ${name}; there are: ${known}`);
  }

  async #run(schedule: ScheduleSpec, times: ScheduleTimes, from: number, rest: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let due = times.next(from - 1);
    while (due !== null && !rest.aborted) {
      if (clock.now() < due) {
        await clock.sleep(Math.min(due - clock.now(), longestSleepMs), rest);
        continue;
      }
      this.#deliver(schedule, due, this.#halt.signal);
      // Times that passed while the machine slept are skipped: only the next one is due.
      due = times.next(Math.max(due, clock.now()));
    }
  }

  #deliver(schedule: ScheduleSpec, at: number, halt: AbortSignal): void {
    const delivery = new Delivery(this.#options, schedule, at)
      .settle(halt)
      .then((report) => {
        if (report) this.#options.onDelivery?.(report);
      })
      .finally(() => this.#deliveries.delete(delivery));
    this.#deliveries.add(delivery);
  }
}
