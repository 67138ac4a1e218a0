import type { Page, PageRequest } from '../marketplace.ts';
import { type Action, park } from '../pages.ts';
import type { FetchFailure } from '../ports/fetching.ts';
import type { Clock, Log } from '../ports/runtime.ts';
import { allowAll, isAllowed, matchesAddress, parseRobots, type RobotsRules } from './rules.ts';

/** The name by which robots.txt may call us: the product in our user agent. */
export const product = 'narx';

export interface RobotsSettings {
  /** What an operator decided to ask for all the same. */
  overrides: readonly { path: string; reason: string }[];
  /** How long a file holds (RFC 9309, 2.4: a day). */
  freshMs: number;
  /** After a file could not be had, it is asked for again this much later. */
  retryMs: number;
}

type Fetch = (request: PageRequest) => Promise<Page | FetchFailure>;
type Parked = Extract<Action, { do: 'park' }>;

/** What is known of an origin. Without `rules` nobody knows what they are, and `detail` says why. */
interface Known {
  rules: RobotsRules | null;
  detail: string;
  until: number;
}

/**
 * The robots.txt of each origin, fetched when it is first needed and once a day. Without a file (4xx) everything is allowed;
 * while the server cannot give it (5xx, 429, no answer) nothing is, unless an older one is known (RFC 9309, 2.3.1).
 */
export class Robots {
  readonly #settings: RobotsSettings;
  readonly #ports: { clock: Clock; log: Log };
  readonly #isBlocked: (page: Page) => boolean;
  readonly #known = new Map<string, Known>();
  readonly #fetching = new Map<string, Promise<Parked | null>>();

  /** `isBlocked` recognises the marketplace's refusals. */
  constructor(
    settings: RobotsSettings,
    ports: { clock: Clock; log: Log },
    isBlocked: (page: Page) => boolean,
  ) {
    this.#settings = settings;
    this.#ports = ports;
    this.#isBlocked = isBlocked;
  }

  /**
   * Null when `url` may be asked for; otherwise what becomes of its reference. `blocked` when a refusal came in place of the
   * file, which `fetch` fetches when it has to be.
   */
  async rule(url: string, fetch: Fetch): Promise<Parked | null> {
    const address = new URL(url);
    if (this.#settings.overrides.some(({ path }) => matchesAddress(path, address))) return null;
    const { origin } = address;
    if ((this.#known.get(origin)?.until ?? 0) <= this.#now()) {
      const refusal = await this.#learnOnce(origin, fetch);
      if (refusal) return refusal;
    }
    const { rules, detail } = this.#known.get(origin) ?? { rules: null, detail: '' };
    if (!rules) return park('robots-unreachable', detail);
    return isAllowed(rules, address)
      ? null
      : park('robots', `${origin}/robots.txt disallows ${address.pathname}.`);
  }

  /** Requests of the same moment wait for one file. */
  async #learnOnce(origin: string, fetch: Fetch): Promise<Parked | null> {
    const fetching =
      this.#fetching.get(origin) ?? this.#learn(origin, fetch).finally(() => this.#fetching.delete(origin));
    this.#fetching.set(origin, fetching);
    return await fetching;
  }

  async #learn(origin: string, fetch: Fetch): Promise<Parked | null> {
    const { log } = this.#ports;
    const url = `${origin}/robots.txt`;
    const response = await fetch({ method: 'GET', url, headers: { accept: 'text/plain' }, body: null });
    if (this.#isRefusal(response)) return park('blocked', `A refusal in place of ${url}.`);
    const rules = this.#read(response);
    if (rules) {
      this.#known.set(origin, { rules, detail: '', until: this.#now() + this.#settings.freshMs });
      log.info('robots.txt read', { url, rules: rules.rules.length });
      return null;
    }
    const detail = `${url}: ${'failure' in response ? response.detail : `HTTP ${response.status}`}`;
    log.warn('robots.txt cannot be had', { url, detail });
    const older = this.#known.get(origin)?.rules ?? null;
    this.#known.set(origin, { rules: older, detail, until: this.#now() + this.#settings.retryMs });
    return null;
  }

  /** A status of its own (403 above all) only says that there is no file; an empty file allows everything. */
  #isRefusal(response: Page | FetchFailure): boolean {
    if ('failure' in response || response.status >= 300 || response.body.length === 0) return false;
    return this.#isBlocked(response);
  }

  /** Null when the server could not say. */
  #read(response: Page | FetchFailure): RobotsRules | null {
    // A file that is kept on a host of its own cannot be read: as if there were none.
    if ('failure' in response) return response.failure === 'host-not-allowed' ? allowAll : null;
    if (response.status === 429 || response.status >= 500) return null;
    if (response.status >= 300) return allowAll;
    return parseRobots(new TextDecoder().decode(response.body), product);
  }

  #now(): number {
    return this.#ports.clock.now().getTime();
  }
}
