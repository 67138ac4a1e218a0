import type { Visit } from '../contract/messages.ts';
import { type MetricName, metric } from '../contract/metrics.ts';
import type { Marketplace, Page, PageResult } from './marketplace.ts';
import type { Reference } from './model/reference.ts';
import type { FetchFailure } from './ports/fetching.ts';

/** What to do about one fetched reference. */
export type Action =
  | {
      do: 'visit';
      visits: Visit[];
      discovered: Reference[];
      oldShape: boolean;
      isEmpty?: true;
      page: Page;
    }
  /** Come back later: nothing is known about the thing that was asked for. `until` goes before any other wait. */
  | { do: 'park'; reason: ParkReason; detail: string; retryAfterMs: number | null; until?: Date }
  | { do: 'quarantine'; reason: QuarantineReason; detail: string; page: Page };

export type ParkReason =
  | 'throttled'
  | 'blocked'
  | 'server-error'
  | 'timeout'
  | 'connection'
  | 'empty'
  | 'quarantine-unavailable'
  | 'raw-pages-unavailable'
  | 'deadline'
  /** Not asked for: the gate is closed, or the shared pace has no start left. */
  | 'gate-closed'
  | 'paced'
  /** Not asked for: robots.txt forbids it, or cannot be had. */
  | 'robots'
  | 'robots-unreachable';
export type QuarantineReason = 'format-changed' | 'rejected' | 'foreign-snapshot' | 'body-too-large';

/** Classifies before it parses. Pure, and total: a parser that throws makes a quarantined page, not a failed job. */
export function judge(
  marketplace: Marketplace,
  reference: Reference,
  index: number,
  response: Page | FetchFailure,
  now: () => Date,
): Action {
  if ('failure' in response) return judgeFailure(response, marketplace, reference, now);
  const result = read(marketplace, reference, response);
  switch (result.outcome) {
    case 'ok':
      return judgeContent(result, reference, index, response);
    case 'gone':
      return missing(reference, index, response);
    case 'throttled':
      return park('throttled', result.detail, result.retryAfterMs);
    case 'blocked':
    case 'server-error':
      return park(result.outcome, result.detail);
    case 'empty':
      // A list that became shorter ends so, and a soft refusal looks the same: either way the page is asked again, less and
      // less often, until another page leads to it again. Nothing that it listed counts as gone.
      if (reference.kind === 'listing') return { ...missing(reference, index, response), isEmpty: true };
      return park(result.outcome, result.detail);
    case 'format-changed':
    case 'rejected':
      return { do: 'quarantine', reason: result.outcome, detail: result.detail, page: response };
  }
}

/** The metric that counts a page of this kind; null for references that were not asked for. */
export function pageMetric(action: Action): MetricName | null {
  if (action.do === 'quarantine') return metric.pagesQuarantined;
  if (action.do === 'visit') {
    if (action.isEmpty) return metric.pagesEmpty;
    return action.visits.some(({ outcome }) => outcome === 'gone') ? metric.pagesGone : metric.pagesOk;
  }
  switch (action.reason) {
    case 'throttled':
      return metric.pagesThrottled;
    case 'blocked':
      return metric.pagesBlocked;
    case 'empty':
      return metric.pagesEmpty;
    case 'server-error':
    case 'timeout':
    case 'connection':
      return metric.pagesFailed;
    case 'quarantine-unavailable':
      return metric.pagesQuarantined;
    case 'raw-pages-unavailable':
      return metric.pagesOk;
    case 'deadline':
    case 'gate-closed':
    case 'paced':
    case 'robots-unreachable':
      return null;
    case 'robots':
      return metric.referencesDisallowed;
  }
}

function read(marketplace: Marketplace, reference: Reference, page: Page): PageResult {
  try {
    return marketplace.classify(page) ?? marketplace.parse(page, { reference });
  } catch (error) {
    return { outcome: 'format-changed', detail: `The parser threw: ${String(error)}` };
  }
}

function judgeContent(
  result: Extract<PageResult, { outcome: 'ok' }>,
  reference: Reference,
  index: number,
  page: Page,
): Action {
  const { snapshots, references: discovered, oldShape = false } = result;
  const isListing = reference.kind === 'listing';
  const foreign = snapshots.find((s) => s.kind !== reference.kind || s.externalId !== reference.externalId);
  // What a list shows of a thing is a visit of that thing: parsers give snapshots of lists only where they are true.
  if (foreign && !isListing) {
    const detail = `Asked for ${reference.kind} ${reference.externalId}, got ${foreign.kind} ${foreign.externalId}.`;
    return { do: 'quarantine', reason: 'foreign-snapshot', detail, page };
  }
  if (snapshots.length === 0 && !isListing) {
    const detail = `The page of ${reference.kind} ${reference.externalId} holds no ${reference.kind}.`;
    return { do: 'quarantine', reason: 'format-changed', detail, page };
  }
  const visits = snapshots.map((snapshot): Visit => ({ outcome: 'ok', index, snapshot }));
  return { do: 'visit', visits, discovered, oldShape, page };
}

/** A visit that found nothing where it was sent. */
function missing(reference: Reference, index: number, page: Page): Extract<Action, { do: 'visit' }> {
  const observedAt = page.receivedAt.toISOString();
  const visits: Visit[] = [{ outcome: 'gone', index, reference, observedAt }];
  return { do: 'visit', visits, discovered: [], oldShape: false, page };
}

function judgeFailure(
  { failure, detail }: FetchFailure,
  marketplace: Marketplace,
  reference: Reference,
  now: () => Date,
): Action {
  // Walls are often reached by a redirect to a host of their own (F30).
  if (failure === 'host-not-allowed') return park('blocked', detail);
  if (failure !== 'body-too-large') return park(failure, detail);
  // The body was not read; what is kept says that it was there.
  const { url } = marketplace.request(reference);
  const page = { url, status: 0, headers: {}, body: new Uint8Array(), receivedAt: now() };
  return { do: 'quarantine', reason: failure, detail, page };
}

/** Parks for the reason's usual back-off, or for as long as the server named. */
export function park(
  reason: ParkReason,
  detail: string,
  retryAfterMs: number | null = null,
): Extract<Action, { do: 'park' }> {
  return { do: 'park', reason, detail, retryAfterMs };
}
