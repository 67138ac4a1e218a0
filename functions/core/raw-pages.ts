import { type Action, park } from './pages.ts';
import type { RawPages } from './ports/objects.ts';
import type { Log } from './ports/runtime.ts';

/**
 * Keeps the page that snapshots were read from, before anybody is told of them, and names it in each of their visits. A
 * page that cannot be kept is asked for again later: nothing is stored that no audit could look up.
 */
export async function keepRawPage(
  raw: RawPages | null,
  marketplace: string,
  action: Action,
  log: Log,
): Promise<Action> {
  if (raw === null || action.do !== 'visit') return action;
  if (!action.visits.some(({ outcome }) => outcome === 'ok')) return action;
  try {
    const rawKey = await raw.put(marketplace, action.page);
    const visits = action.visits.map((visit) => (visit.outcome === 'ok' ? { ...visit, rawKey } : visit));
    return { ...action, visits };
  } catch (error) {
    log.error('Raw page not kept: the reference is parked', { url: action.page.url, error });
    return park('raw-pages-unavailable', String(error));
  }
}
