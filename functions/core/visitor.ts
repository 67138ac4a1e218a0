import type { ProbeResult } from '../contract/messages.ts';
import type { Exits } from './exits.ts';
import { Passage, type PassagePorts, type PassageSettings } from './gate/passage.ts';
import type { KnownPage } from './gate/trouble-watch.ts';
import type { Marketplace, PageRequest } from './marketplace.ts';
import type { Slice } from './pace/pacer.ts';
import { type Action, judge, park } from './pages.ts';
import type { Fetcher } from './ports/fetching.ts';
import type { Robots } from './robots/robots.ts';
import type { TimeBudget } from './scrape-limits.ts';

export interface VisitorPorts extends PassagePorts {
  marketplace: Marketplace;
  fetcher: Fetcher;
  exits: Exits;
  robots: Robots;
}

/** What one reference asks for. `index` is its place in the job. */
export interface Errand extends KnownPage {
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

/** What a job's requests met, for the pace. */
class Met {
  failed = 0;
  throttled = 0;
  lastFailedAt: Date | null = null;
  understood = false;

  add(action: Action, askedAt: Date): void {
    if (action.do === 'visit') this.understood = true;
    if (action.do !== 'park') return;
    if (action.reason === 'throttled') this.throttled += 1;
    if (action.reason !== 'timeout' && action.reason !== 'server-error') return;
    this.failed += 1;
    this.lastFailedAt = askedAt;
  }
}

/**
 * How one worker approaches a marketplace: past the gate, at the shared pace, where robots.txt lets it, through an exit that
 * is not benched. One per environment, because what it learns in one job it needs in the next.
 */
export class Visitor {
  readonly #ports: VisitorPorts;
  readonly #passage: Passage;

  constructor(ports: VisitorPorts, settings: PassageSettings) {
    this.#ports = ports;
    this.#passage = new Passage(ports, settings);
  }

  /** Prepares a job of `wanted` visits: looks at the gate and, when it is open, takes as many starts from the pace. */
  async begin(wanted: number, budget: TimeBudget): Promise<Round> {
    const { gate, pacer } = this.#ports;
    // A gate that was closed may have been opened for this very job.
    await gate.refresh(gate.value.state !== 'open');
    const slice = gate.value.state === 'open' ? await pacer.slice(wanted, budget.startableMs()) : null;
    const met = new Met();
    return {
      visit: (errand) => this.#visit(errand, slice, budget, met),
      end: async () => {
        if (slice) pacer.report({ ...met, started: slice.started });
        await pacer.settle();
        if (met.understood) await this.#passage.forget();
      },
    };
  }

  /**
   * One careful request past the closed gate, to find out whether it may open. Outside the pace, without a control, and
   * without a look at robots.txt, which allowed this page before.
   */
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

  async #visit(errand: Errand, slice: Slice | null, budget: TimeBudget, met: Met): Promise<Visited> {
    const { clock, robots } = this.#ports;
    if (!budget.mayStart()) return { action: park('deadline', ''), refused: 0 };
    const pause = await slice?.turn();
    for (let refused = 0; ; refused += 1) {
      const exit = await this.#passage.next();
      if (typeof exit !== 'string') return { action: exit, refused };
      if (pause || !slice) {
        const until = pause ?? clock.now();
        return { action: { ...park('paced', 'The shared pace has no start before.'), until }, refused };
      }
      if (!budget.mayStart()) return { action: park('deadline', ''), refused };
      const askedAt = clock.now();
      const fetch = (request: PageRequest) => this.#ports.fetcher.fetch(request, budget.requestMs(), exit);
      const ruling = await robots.rule(errand.request.url, fetch);
      // The file may have taken its time.
      if (!ruling && !budget.mayStart()) return { action: park('deadline', ''), refused };
      const action = ruling ?? (await this.#ask(errand, exit, budget));
      met.add(action, askedAt);
      const control = async (page: KnownPage): Promise<boolean> =>
        budget.mayStart() && (await this.#ask({ ...page, index: 0 }, exit, budget)).do === 'visit';
      const again = await this.#passage.learn({ page: errand, action, exit, askedAt }, control);
      if (!again) return { action: this.#untilOpen(action), refused };
    }
  }

  async #ask({ reference, request, index }: Errand, exit: string, budget: TimeBudget): Promise<Action> {
    const { fetcher, marketplace, clock } = this.#ports;
    const response = await fetcher.fetch(request, budget.requestMs(), exit);
    return judge(marketplace, reference, index, response, () => clock.now());
  }

  /** A refused reference waits as long as the gate does. */
  #untilOpen(action: Action): Action {
    const closed = action.do === 'park' && action.reason === 'blocked' ? this.#passage.closed() : null;
    return closed ? { ...closed, reason: 'blocked' } : action;
  }
}
