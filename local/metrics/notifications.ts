import type { AlarmSpec } from '../cloud-model.ts';
import type { AlarmState } from './alarm-rule.ts';

/** One message to a topic. */
export interface AlarmNotification {
  alarm: string;
  topic: string;
  state: 'ALARM' | 'OK';
  at: Date;
}

type States = (name: string) => { state: AlarmState; since: Date } | undefined;

const maxKept = 1_000;

/**
 * What the topics are told. A composite with a suppressor keeps silent while that one is in ALARM, for a while before (the
 * cause may be seen later than its effect) and for a while after. Source: PutCompositeAlarm, ActionsSuppressor.
 */
export class Notifications {
  readonly #alarms: readonly AlarmSpec[];
  readonly #timeScale: number;
  /** Alarms of which the topic knows that they are on. */
  readonly #told = new Set<string>();
  /** When a suppressor was last seen in ALARM. */
  readonly #suppressedUntil = new Map<string, number>();
  readonly #sent: AlarmNotification[] = [];

  constructor(alarms: readonly AlarmSpec[], timeScale: number) {
    this.#alarms = alarms.filter(({ topic }) => topic !== null);
    this.#timeScale = timeScale;
  }

  /** Looks at the states as they are now; call it after every evaluation. */
  look(states: States, now: Date): void {
    for (const alarm of this.#alarms) {
      const { name } = alarm;
      const current = states(name);
      if (current?.state === 'OK' && this.#told.delete(name)) this.#send(alarm, 'OK', now);
      const isHeld = this.#isHeld(alarm, states, current?.since ?? now, now);
      if (current?.state !== 'ALARM' || isHeld || this.#told.has(name)) continue;
      this.#told.add(name);
      this.#send(alarm, 'ALARM', now);
    }
  }

  /** The last 1,000, oldest first. */
  sent(): AlarmNotification[] {
    return [...this.#sent];
  }

  #isHeld({ suppressor }: AlarmSpec, states: States, since: Date, now: Date): boolean {
    if (suppressor === null) return false;
    const { name, waitSeconds, extensionSeconds } = suppressor;
    const scaled = (seconds: number): number => seconds * 1000 * this.#timeScale;
    if (states(name)?.state === 'ALARM') {
      this.#suppressedUntil.set(name, now.getTime() + scaled(extensionSeconds));
      return true;
    }
    if (now.getTime() < (this.#suppressedUntil.get(name) ?? 0)) return true;
    return now.getTime() - since.getTime() < scaled(waitSeconds);
  }

  #send({ name, topic }: AlarmSpec, state: AlarmNotification['state'], at: Date): void {
    this.#sent.push({ alarm: name, topic: topic ?? '', state, at });
    if (this.#sent.length > maxKept) this.#sent.shift();
  }
}
