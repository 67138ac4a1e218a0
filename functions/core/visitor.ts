import type { ProbeResult } from '../contract/messages.ts';
import type { Exits } from './exits.ts';
import { type GateSettings, isFree, succeeded, troubled } from './gate/machine.ts';
import { type KnownPage, TroubleWatch } from './gate/trouble-watch.ts';
import type { Marketplace, PageRequest } from './marketplace.ts';
import type { Gate, Trouble } from './model/gate.ts';
import type { Reference } from './model/reference.ts';
import type { Pacer, Slice } from './pace/pacer.ts';
import { type Action, judge, park } from './pages.ts';
import type { Clock, Fetcher, Log } from './ports.ts';
import type { TimeBudget } from './scrape-limits.ts';
import type { Watched } from './watched.ts';

export interface VisitorPorts {
  marketplace: Marketplace;
  fetcher: Fetcher;
  gate: Watched<Gate>;
  pacer: Pacer;
  exits: Exits;
  clock: Clock;
  log: Log;
}

export interface VisitorSettings {
  gate: GateSettings;
  /** A closed gate without a time of its own is looked at again after this long. */
  closedMs: number;
}

/** What one reference asks for. `index` is its place in the job. */
export interface Errand {
  reference: Reference;
  request: PageRequest;
  index: number;
}

/** What became of an errand. `refused` counts the pages that were blocked before, through exits that are benched now. */
export interface Visited {
  action: Action;
  refused: number;
}

/** One job's visits. */
export interface Round {
  visit(errand: Errand): Promise<Visited>;
  /** Tells the other workers what was learnt. Before the invocation ends, because Lambda may freeze this one then. */
  end(): Promise<void>;
}

/**
 * How one worker approaches a marketplace: past the gate, at the shared pace, through an exit that is not benched. One per
 * environment, because what it learns in one job it needs in the next.
 */
export class Visitor {
  readonly #ports: VisitorPorts;
  readonly #settings: VisitorSettings;
  readonly #troubles = new TroubleWatch();

  constructor(ports: VisitorPorts, settings: VisitorSettings) {
    this.#ports = ports;
    this.#settings = settings;
  }

  /** Prepares a job of `wanted` visits: looks at the gate and, when it is open, takes as many starts from the pace. */
  async begin(wanted: number, budget: TimeBudget): Promise<Round> {
    const { gate, pacer } = this.#ports;
    // A gate that was closed may have been opened for this very job.
    await gate.refresh(gate.value.state !== 'open');
    const slice = gate.value.state === 'open' ? await pacer.slice(wanted, budget.startableMs()) : null;
    const met = { failed: 0, throttled: 0, lastFailedAt: null as Date | null, understood: false };
    const note = (action: Action, askedAt: Date): void => {
      if (action.do === 'visit') met.understood = true;
      if (action.do !== 'park') return;
      if (action.reason === 'throttled') met.throttled += 1;
      if (action.reason !== 'timeout' && action.reason !== 'server-error') return;
      met.failed += 1;
      met.lastFailedAt = askedAt;
    };
    return {
      visit: (errand) => this.#visit(errand, slice, budget, note),
      end: async () => {
        if (slice) pacer.report({ ...met, started: slice.started });
        await pacer.settle();
        if (met.understood) await this.#succeed();
      },
    };
  }

  /** One careful request past the closed gate, to find out whether it may open. Outside the pace, without a control. */
  async probe(errand: Errand, budget: TimeBudget): Promise<ProbeResult> {
    const { gate, exits } = this.#ports;
    await gate.refresh();
    const exit = exits.toProbe(gate.value);
    const action = await this.#ask(errand, exit, budget);
    if (action.do !== 'park') return { outcome: 'ok', exit };
    const { reason, detail, retryAfterMs } = action;
    // An empty page is how some marketplaces refuse (F39).
    if (reason === 'blocked' || reason === 'empty') return { outcome: 'blocked', exit, detail };
    return { outcome: 'failed', detail: `${reason}: ${detail}`, retryAfterMs };
  }

  async #visit(
    errand: Errand,
    slice: Slice | null,
    budget: TimeBudget,
    note: (action: Action, askedAt: Date) => void,
  ): Promise<Visited> {
    const { gate, exits, clock } = this.#ports;
    if (!budget.mayStart()) return { action: park('deadline', ''), refused: 0 };
    const pause = (await slice?.turn()) ?? null;
    for (let refused = 0; ; ) {
      const closed = this.#closed();
      if (closed) return { action: closed, refused };
      if (pause || !slice) {
        const until = pause ?? clock.now();
        return { action: { ...park('paced', 'The shared pace has no start before.'), until }, refused };
      }
      const exit = exits.next(gate.value, clock.now());
      if (exit === null) continue;
      const control = this.#troubles.underControl(exit);
      if (control) {
        await control;
        continue;
      }
      if (!budget.mayStart()) return { action: park('deadline', ''), refused };
      const askedAt = clock.now();
      const action = await this.#ask(errand, exit, budget);
      note(action, askedAt);
      const again = await this.#learn(errand, action, exit, askedAt, budget);
      if (!again) return { action: this.#untilOpen(action), refused };
      refused += 1;
    }
  }

  async #ask({ reference, request, index }: Errand, exit: string, budget: TimeBudget): Promise<Action> {
    const { fetcher, marketplace, clock } = this.#ports;
    const response = await fetcher.fetch(request, budget.requestMs(), exit);
    return judge(marketplace, reference, index, response, () => clock.now());
  }

  /** Makes of an answer what it says about the exit. True when the errand is to be tried through another one. */
  async #learn(
    errand: Errand,
    action: Action,
    exit: string,
    askedAt: Date,
    budget: TimeBudget,
  ): Promise<boolean> {
    const { pacer, clock } = this.#ports;
    const troubles = this.#troubles;
    if (action.do === 'visit') {
      troubles.understood(errand, exit);
      return false;
    }
    if (action.do === 'quarantine') {
      troubles.answered(exit);
      return false;
    }
    const { reason, detail, retryAfterMs } = action;
    switch (reason) {
      case 'throttled':
        troubles.answered(exit);
        pacer.pushedBack(askedAt, retryAfterMs);
        return false;
      case 'timeout':
      case 'connection':
      case 'server-error':
        if (troubles.failed(exit))
          await this.#report('unavailable', exit, `${reason}: ${detail}`, errand, askedAt);
        return false;
      case 'blocked': {
        // Whatever was in flight when the exit was benched tells nothing new.
        if (this.#closed() || !this.#isFree(exit)) return !this.#closed();
        const control = async (page: KnownPage): Promise<boolean> => {
          if (!budget.mayStart()) return false;
          return (await this.#ask({ ...page, index: 0 }, exit, budget)).do === 'visit';
        };
        if (!(await troubles.isBlocked(exit, askedAt, () => clock.now(), control))) return false;
        await this.#report('blocked', exit, detail, errand, askedAt);
        return !this.#closed();
      }
      default:
        troubles.answered(exit);
        return false;
    }
  }

  /** Benches the exit for all workers, or closes the gate when it was the last. */
  async #report(
    trouble: Trouble,
    exit: string,
    reason: string,
    errand: Errand,
    askedAt: Date,
  ): Promise<void> {
    const { gate, exits, clock, log } = this.#ports;
    const { known } = this.#troubles;
    const fine = known && known.reference !== errand.reference ? [known.reference] : [];
    const probes = [...fine, errand.reference];
    const report = { trouble, exit, reason, probes, askedAt, at: clock.now() };
    const next = await gate.change((current) => troubled(current, report, exits.all, this.#settings.gate));
    const { reference } = errand;
    log.warn('Exit benched', { exit, trouble, reason, reference, gate: next.state, closings: next.closings });
  }

  async #succeed(): Promise<void> {
    const { gate, clock } = this.#ports;
    const forget = (current: Gate): Gate => succeeded(current, clock.now());
    if (forget(gate.value) !== gate.value) await gate.change(forget);
  }

  /** Null while the gate is open and an exit is free. */
  #closed(): Extract<Action, { do: 'park' }> | null {
    const { gate, exits, clock } = this.#ports;
    const { value } = gate;
    const now = clock.now();
    if (value.state === 'cooling') return { ...park('gate-closed', value.reason), until: value.until };
    if (value.state === 'closed') {
      return {
        ...park('gate-closed', value.reason),
        until: new Date(now.getTime() + this.#settings.closedMs),
      };
    }
    // All may be benched although the gate is open: after a change of proxies.
    const until = exits.benchedUntil(value, now);
    return until && { ...park('gate-closed', 'Every exit is benched.'), until };
  }

  /** A refused reference waits as long as the gate does. */
  #untilOpen(action: Action): Action {
    const closed = action.do === 'park' && action.reason === 'blocked' ? this.#closed() : null;
    return closed ? { ...closed, reason: 'blocked' } : action;
  }

  #isFree(exit: string): boolean {
    const { gate, clock } = this.#ports;
    return isFree(gate.value, exit, clock.now());
  }
}
