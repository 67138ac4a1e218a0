import type { Exits } from '../exits.ts';
import type { Gate, Trouble } from '../model/gate.ts';
import type { Reference } from '../model/reference.ts';
import type { Pacer } from '../pace/pacer.ts';
import { type Action, park } from '../pages.ts';
import type { Clock, Log } from '../ports/runtime.ts';
import type { Watched } from '../watched.ts';
import { type GateSettings, isFree, succeeded, troubled } from './machine.ts';
import { type KnownPage, TroubleWatch } from './trouble-watch.ts';

export interface PassagePorts {
  gate: Watched<Gate>;
  pacer: Pacer;
  exits: Exits;
  clock: Clock;
  log: Log;
}

export interface PassageSettings {
  gate: GateSettings;
}

/** One answer, and what it was the answer to. */
export interface Answer {
  page: KnownPage;
  action: Action;
  exit: string;
  askedAt: Date;
}

type Parked = Extract<Action, { do: 'park' }>;

/** Gate and exits as one worker finds them, and what it makes of the answers that come through them. */
export class Passage {
  readonly #ports: PassagePorts;
  readonly #settings: PassageSettings;
  readonly #troubles = new TroubleWatch();

  constructor(ports: PassagePorts, settings: PassageSettings) {
    this.#ports = ports;
    this.#settings = settings;
  }

  /** The exit to take, once nothing keeps everybody from it; or what becomes of a reference while there is none. */
  async next(): Promise<string | Parked> {
    for (;;) {
      const closed = this.closed();
      if (closed) return closed;
      const { gate, exits, clock } = this.#ports;
      const exit = exits.next(gate.value, clock.now());
      const control = exit === null ? null : this.#troubles.underControl(exit);
      if (exit !== null && control === null) return exit;
      await control;
    }
  }

  /**
   * Null while the gate is open and an exit is free. What a closed gate keeps waiting is due since it closed: dispatch hands
   * out nothing before it is open, and then this first, whoever opened it and however early.
   */
  closed(): Parked | null {
    const { gate, exits, clock } = this.#ports;
    const { value } = gate;
    const now = clock.now();
    if (value.state !== 'open') return { ...park('gate-closed', value.reason), until: value.since };
    // All may be benched although the gate is open: after a change of proxies.
    const until = exits.benchedUntil(value, now);
    return until && { ...park('gate-closed', 'Every exit is benched.'), until };
  }

  /**
   * Makes of an answer what it says about its exit. True when the reference is to be tried through another one. `ask`
   * says whether a page is understood that is asked for through the same exit.
   */
  async learn(answer: Answer, ask: (page: KnownPage) => Promise<boolean>): Promise<boolean> {
    const { page, action, exit, askedAt } = answer;
    const troubles = this.#troubles;
    if (action.do === 'visit') troubles.understood(page, exit);
    else if (action.do === 'quarantine') troubles.answered(exit);
    else {
      const { reason, detail, retryAfterMs } = action;
      switch (reason) {
        case 'throttled':
          troubles.answered(exit);
          this.#ports.pacer.pushedBack(askedAt, retryAfterMs);
          break;
        case 'timeout':
        case 'connection':
        case 'server-error':
          if (troubles.failed(exit)) await this.#report(answer, 'unavailable', `${reason}: ${detail}`);
          break;
        case 'blocked':
          return await this.#learnBlock(answer, detail, ask);
        case 'robots':
        case 'robots-unreachable':
          // The page was not asked for.
          break;
        default:
          troubles.answered(exit);
      }
    }
    return false;
  }

  /** A page was understood, some time ago the gate was opened: when that has held, the past is forgotten. */
  async forget(): Promise<void> {
    const { gate, clock } = this.#ports;
    const forget = (current: Gate): Gate => succeeded(current, clock.now());
    if (forget(gate.value) !== gate.value) await gate.change(forget);
  }

  async #learnBlock(
    answer: Answer,
    detail: string,
    ask: (page: KnownPage) => Promise<boolean>,
  ): Promise<boolean> {
    const { gate, clock } = this.#ports;
    const { exit, askedAt } = answer;
    // Whatever was in flight when the exit was benched tells nothing new.
    const isNews = !this.closed() && isFree(gate.value, exit, clock.now());
    if (isNews) {
      if (!(await this.#troubles.isBlocked(exit, askedAt, () => clock.now(), ask))) return false;
      await this.#report(answer, 'blocked', detail);
    }
    return !this.closed();
  }

  /** Benches the exit for all workers, or closes the gate when it was the last. */
  async #report({ page, exit, askedAt }: Answer, trouble: Trouble, reason: string): Promise<void> {
    const { gate, exits, clock, log } = this.#ports;
    const report = { trouble, exit, reason, probes: this.#probes(page), askedAt, at: clock.now() };
    let isNews = false;
    const next = await gate.change((current) => {
      const changed = troubled(current, report, exits.all, this.#settings.gate);
      isNews = changed !== current;
      return changed;
    });
    // Several requests wait for one control; the first of them has said it.
    if (!isNews) return;
    const { reference } = page;
    log.warn('Exit benched', { exit, trouble, reason, reference, gate: next.state, closings: next.closings });
  }

  /** What was fine a moment ago tells more about the block than what was refused. */
  #probes({ reference }: KnownPage): Reference[] {
    const { known } = this.#troubles;
    return known && known.reference !== reference ? [known.reference, reference] : [reference];
  }
}
