import type { Session } from '../../cli/start/session.ts';
import { type AlarmId, catalogue } from '../../lib/alarms/catalogue.ts';
import type { Stopwatch } from './stopwatch.ts';
import { until } from './waiting.ts';

/** The alarms of the template, as the local CloudWatch evaluates them. */
export class Alarms {
  readonly #session: Session;
  readonly #stopwatch: Stopwatch;
  /** Alarms that the drill has waited for: they must be back to OK at the end. */
  readonly fired = new Set<AlarmId>();

  constructor(session: Session, stopwatch: Stopwatch) {
    this.#session = session;
    this.#stopwatch = stopwatch;
  }

  /** Names of the alarms of this page of the runbook that are in ALARM now. */
  on(page: AlarmId): string[] {
    return this.#session.stack
      .alarms()
      .filter(({ name, state }) => state === 'ALARM' && this.#isOf(page, name))
      .map(({ name }) => name);
  }

  /** Waits until an alarm of this page has gone to ALARM since the fault was injected: that is how it was seen. */
  async fires(page: AlarmId, { withinS = 60 } = {}): Promise<void> {
    const since = this.#since;
    await until(`alarm ${page} goes to ALARM`, () => this.on(page).length > 0 || this.#went(page, since), {
      withinS,
      seen: () => this.#states(page),
    });
    this.fired.add(page);
    this.#stopwatch.seen(`alarm ${page}`);
  }

  /** Waits until no alarm of this page is in ALARM. */
  async clears(page: AlarmId, { withinS = 60 } = {}): Promise<void> {
    await until(`alarm ${page} goes back to OK`, () => this.on(page).length === 0, {
      withinS,
      seen: () => this.#states(page),
    });
  }

  /** Pages with an alarm that went from OK to ALARM after the fault was injected, and is back: one that began in ALARM proves nothing. */
  recovered(): AlarmId[] {
    const since = this.#since;
    const went = this.#session.stack
      .alarmHistory()
      .filter(({ from, state, at }) => from === 'OK' && state === 'ALARM' && at.getTime() >= since);
    return (Object.keys(catalogue) as AlarmId[]).filter(
      (page) => went.some(({ name }) => this.#isOf(page, name)) && this.on(page).length === 0,
    );
  }

  /** Waits until every alarm of these pages is OK: what begins without data begins in ALARM. */
  async areOk(pages: readonly AlarmId[], { withinS = 60 } = {}): Promise<void> {
    for (const page of pages)
      await until(`alarm ${page} is OK`, () => this.#allOk(page), {
        withinS,
        seen: () => this.#states(page),
      });
  }

  #allOk(page: AlarmId): boolean {
    return this.#session.stack
      .alarms()
      .filter(({ name }) => this.#isOf(page, name))
      .every(({ state }) => state === 'OK');
  }

  /** When the fault was injected, in milliseconds; whoever injects it may take a moment. */
  get #since(): number {
    return this.#stopwatch.injectedAt.getTime() - 10;
  }

  #went(page: AlarmId, since: number): boolean {
    return this.#session.stack
      .alarmHistory()
      .some(({ name, state, at }) => state === 'ALARM' && at.getTime() >= since && this.#isOf(page, name));
  }

  #states(page: AlarmId): string[] {
    return this.#session.stack
      .alarms()
      .filter(({ name }) => this.#isOf(page, name))
      .map(
        ({ name, state, reason, latest }) =>
          `${name} ${state}: ${reason}; now [${latest.map(String).join(', ')}]`,
      );
  }

  #isOf(page: AlarmId, name: string): boolean {
    const wanted = `narx-${this.#session.settings.stage}-${page}`;
    return name === wanted || name.startsWith(`${wanted}-`);
  }
}
