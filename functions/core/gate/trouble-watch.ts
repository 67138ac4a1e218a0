import type { PageRequest } from '../marketplace.ts';
import type { Reference } from '../model/reference.ts';
import { directExit } from '../ports/fetching.ts';

/** A page that was understood not long ago: asking for it again tells a block from a page that is walled off by itself. */
export interface KnownPage {
  reference: Reference;
  request: PageRequest;
}

/** Failures in a row, with nobody answered in between, that make an outage; of a proxy, which is sooner at fault itself. */
const OUTAGE = 20;
const OUTAGE_OF_PROXY = 5;
/** Controls that found nothing before the next block is believed without one… */
const REPRIEVES = 3;
/** …unless so many pages were understood since. */
const REPRIEVE_AFTER = 5;

/**
 * What one worker makes of refusals and failures, exit by exit. One refused page among good ones is that page's own
 * (a region, an age limit, a blank answer in a million), and closing a marketplace for an hour over it would be
 * the greater fault; so a refusal is checked once, with a page that was fine, before it is called a block.
 */
export class TroubleWatch {
  #known: KnownPage | null = null;
  readonly #controls = new Map<string, Promise<boolean>>();
  readonly #cleared = new Map<string, Date>();
  readonly #failures = new Map<string, number>();
  #reprieves = 0;
  #understoodSince = 0;

  /** The page that probes and controls ask for; null before the first one. */
  get known(): KnownPage | null {
    return this.#known;
  }

  /** While a control of this exit is under way, nothing else goes through it. */
  underControl(exit: string): Promise<boolean> | null {
    return this.#controls.get(exit) ?? null;
  }

  understood(page: KnownPage, exit: string): void {
    this.#known = page;
    this.#failures.delete(exit);
    this.#understoodSince += 1;
    if (this.#understoodSince >= REPRIEVE_AFTER) this.#reprieves = 0;
  }

  /** The server answered, though with nothing of use. */
  answered(exit: string): void {
    this.#failures.delete(exit);
  }

  /** Nobody answered. True when that makes an outage. */
  failed(exit: string): boolean {
    const failures = (this.#failures.get(exit) ?? 0) + 1;
    this.#failures.set(exit, failures);
    return failures >= (exit === directExit ? OUTAGE : OUTAGE_OF_PROXY);
  }

  /**
   * Whether a refusal, of a request that was sent at `askedAt`, means that the exit is blocked. `control` asks for a known
   * page through the same exit and says whether that was understood; all refusals of the moment share one.
   */
  async isBlocked(
    exit: string,
    askedAt: Date,
    now: () => Date,
    control: (page: KnownPage) => Promise<boolean>,
  ): Promise<boolean> {
    this.#failures.delete(exit);
    const running = this.#controls.get(exit);
    if (running) return !(await running);
    const cleared = this.#cleared.get(exit);
    if (cleared && askedAt < cleared) return false;
    if (!this.#known || this.#reprieves >= REPRIEVES) return true;
    const asking = control(this.#known);
    this.#controls.set(exit, asking);
    const fine = await asking.finally(() => this.#controls.delete(exit));
    if (fine) {
      this.#cleared.set(exit, now());
      this.#reprieves += 1;
      this.#understoodSince = 0;
    }
    return !fine;
  }
}
