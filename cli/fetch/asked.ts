import type { Page, PageRequest, PageResult } from '../../functions/core/marketplace.ts';
import type { Action } from '../../functions/core/pages.ts';
import type { Fetcher, FetchFailure } from '../../functions/core/ports/fetching.ts';

/** What became of asking once: what the page turned out to be, or why it was not asked for. */
export type Asked = PageResult | { outcome: 'not-asked'; detail: string };

/** Keeps what came back last for one address, and by how many ways it was asked for. */
export class WatchedFetcher implements Fetcher {
  readonly #fetcher: Fetcher;
  readonly #url: string;
  readonly #exits = new Set<string>();
  /** As it arrived, whatever it is; null when nothing came. */
  page: Page | null = null;

  constructor(fetcher: Fetcher, url: string) {
    this.#fetcher = fetcher;
    this.#url = url;
  }

  get exits(): number {
    return this.#exits.size;
  }

  async fetch(request: PageRequest, withinMs?: number, exit?: string): Promise<Page | FetchFailure> {
    const response = await this.#fetcher.fetch(request, withinMs, exit);
    // robots.txt comes through here too.
    if (request.url === this.#url) {
      this.#exits.add(exit ?? '');
      this.page = 'failure' in response ? null : response;
    }
    return response;
  }
}

/** What the pipeline would do with the page, as what was found out. `read` parses a page that it does not refuse. */
export function asked(action: Action, exits: number, read: (page: Page) => PageResult): Asked {
  if (action.do === 'visit') return read(action.page);
  if (action.do === 'quarantine') {
    const { reason, detail } = action;
    const isWrong = reason === 'rejected' || reason === 'foreign-snapshot';
    return { outcome: isWrong ? 'rejected' : 'format-changed', detail };
  }
  const { reason, detail, retryAfterMs } = action;
  switch (reason) {
    case 'throttled':
      return { outcome: 'throttled', detail: `${detail}${waiting(retryAfterMs)}`, retryAfterMs };
    case 'blocked':
      return {
        outcome: 'blocked',
        detail: exits > 1 ? `${detail}, through each of ${exits} proxies` : detail,
      };
    case 'empty':
      return { outcome: 'empty', detail };
    case 'server-error':
      return { outcome: 'server-error', detail };
    case 'timeout':
    case 'connection':
      return { outcome: 'server-error', detail: `${reason}: ${detail}` };
    default:
      return { outcome: 'not-asked', detail };
  }
}

function waiting(retryAfterMs: number | null): string {
  return retryAfterMs === null ? '' : `; come back in ${Math.ceil(retryAfterMs / 1000)} s`;
}
