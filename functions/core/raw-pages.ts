import type { Page } from './marketplace.ts';
import type { Action } from './pages.ts';
import type { FetchFailure, Log, RawPages } from './ports.ts';

/**
 * Keeps the page that snapshots were read from, before anybody is told of them, and names it in each of their visits. A
 * page that cannot be kept is asked for again later: nothing is stored that no audit could look up.
 */
export async function keepRawPage(
  raw: RawPages | null,
  marketplace: string,
  response: Page | FetchFailure,
  action: Action,
  log: Log,
): Promise<Action> {
  if (raw === null || action.do !== 'visit' || 'failure' in response) return action;
  if (!action.visits.some(({ outcome }) => outcome === 'ok')) return action;
  try {
    const rawKey = await raw.put(marketplace, response);
    const visits = action.visits.map((visit) => (visit.outcome === 'ok' ? { ...visit, rawKey } : visit));
    return { ...action, visits };
  } catch (error) {
    log.error('Raw page not kept: the reference is parked', { url: response.url, error });
    return { do: 'park', reason: 'raw-pages-unavailable', detail: String(error), retryAfterMs: null };
  }
}
