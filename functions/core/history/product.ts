import { applyObservation, type Run } from './runs.ts';
import { isNewestSnapshot, onlyConfirms, type Sighting, sight, type VisitOutcome } from './sighting.ts';
import { type ObservedValue, sameValue } from './value.ts';
import type { ProductVisit, SeenOffer } from './visit.ts';

/** A SKU as the database knows it. `listed`: it was in the product's newest snapshot. */
export interface KnownSku {
  readonly id: string;
  readonly externalId: string;
  readonly title: string | null;
  readonly value: ObservedValue;
  /** Start of its newest run, epoch milliseconds. */
  readonly startedAt: number;
  readonly listed: boolean;
}

/** A SKU while visits are folded into it. */
export interface FoldedSku {
  readonly known: KnownSku | null;
  readonly externalId: string;
  title: string | null;
  /** The runs before folding: all of them, or the newest alone where that is enough. */
  readonly before: readonly Run[];
  runs: readonly Run[];
}

export interface FoldCounts {
  late: number;
  ties: number;
}

export interface FoldedProduct {
  readonly sighting: Sighting;
  /** One per visit, in their order. */
  readonly outcomes: readonly VisitOutcome[];
  readonly skus: readonly FoldedSku[];
  /** The visit that decides the product's title, seller and category; null when none of these was newest. */
  readonly newest: (ProductVisit & { outcome: 'ok' }) | null;
  readonly counts: FoldCounts;
}

/** In the order in which they are folded. */
export function byTime(a: ProductVisit, b: ProductVisit): number {
  return a.at - b.at;
}

/** Whether the visits (in order of time) can be folded without knowing the product's SKUs. */
export function needsNoSkus(sighting: Sighting, visits: readonly ProductVisit[]): boolean {
  return visits.every((visit) => onlyConfirms(sighting, visit));
}

/** Whether some visit reaches behind the SKU's newest run, or contradicts it, so that all its runs are needed. */
export function needsHistory(
  sku: KnownSku,
  lastSeenAt: number | null,
  visits: readonly ProductVisit[],
): boolean {
  return visits.some(
    (visit) =>
      visit.outcome === 'ok' &&
      lastSeenAt !== null &&
      visit.at <= lastSeenAt &&
      visit.offers.some(
        (offer) => offer.externalId === sku.externalId && reachesBack(sku, lastSeenAt, visit.at, offer),
      ),
  );
}

function reachesBack(sku: KnownSku, lastSeenAt: number, at: number, offer: SeenOffer): boolean {
  if (!sku.listed) return at < lastSeenAt;
  return at < sku.startedAt || !sameValue(sku.value, offer.value);
}

/**
 * Folds visits, in order of time, into what is known of a product. `histories` has all runs of those SKUs that need them,
 * by SKU id. Absence from a snapshot is no observation: it only ends the confirmation of the newest run.
 */
export function foldVisits(
  sighting: Sighting,
  knownSkus: readonly KnownSku[],
  histories: ReadonlyMap<string, readonly Run[]>,
  visits: readonly ProductVisit[],
): FoldedProduct {
  const skus = new Map<string, FoldedSku>();
  for (const known of knownSkus) {
    const before = histories.get(known.id) ?? [newestRun(known, sighting.lastSeenAt)];
    skus.set(known.externalId, {
      known,
      externalId: known.externalId,
      title: known.title,
      before,
      runs: before,
    });
  }
  const counts: FoldCounts = { late: 0, ties: 0 };
  const outcomes: VisitOutcome[] = [];
  let current = sighting;
  let newest: FoldedProduct['newest'] = null;
  for (const visit of visits) {
    let changed = false;
    if (visit.outcome === 'ok' && !onlyConfirms(current, visit)) {
      changed = foldSnapshot(skus, current, visit, counts);
      if (isNewestSnapshot(current, visit.at)) newest = visit;
    } else if (visit.outcome === 'ok') {
      confirmListed(skus, current.lastSeenAt, visit.at);
    }
    const seen = sight(current, visit, changed);
    current = seen.sighting;
    outcomes.push(seen.outcome);
  }
  return { sighting: current, outcomes, skus: [...skus.values()], newest, counts };
}

function confirmListed(skus: ReadonlyMap<string, FoldedSku>, lastSeenAt: number | null, at: number): void {
  for (const sku of skus.values()) {
    const run = sku.runs.at(-1);
    if (run !== undefined && run.last === lastSeenAt) sku.runs = sku.runs.with(-1, { ...run, last: at });
  }
}

/** Returns whether anything but the time of confirmation changed. */
function foldSnapshot(
  skus: Map<string, FoldedSku>,
  current: Sighting,
  visit: ProductVisit & { outcome: 'ok' },
  counts: FoldCounts,
): boolean {
  const newest = isNewestSnapshot(current, visit.at);
  const known = current.fingerprint !== null || current.lastSeenAt === null;
  let changed = newest && known && current.fingerprint !== visit.fingerprint;
  for (const offer of visit.offers) {
    let sku = skus.get(offer.externalId);
    if (sku === undefined) {
      sku = { known: null, externalId: offer.externalId, title: offer.title, before: [], runs: [] };
      skus.set(offer.externalId, sku);
    }
    if (newest && sku.title !== offer.title) sku.title = offer.title;
    if (observe(sku, current.lastSeenAt, visit.at, offer.value, counts)) changed = true;
  }
  if (!newest || current.lastSeenAt === null) return changed;
  for (const sku of skus.values()) {
    if (sku.runs.at(-1)?.last === current.lastSeenAt) return true;
  }
  return changed;
}

function observe(
  sku: FoldedSku,
  lastSeenAt: number | null,
  at: number,
  value: ObservedValue,
  counts: FoldCounts,
): boolean {
  const previousLast = sku.runs.at(-1)?.last ?? null;
  const { runs, effect } = applyObservation(sku.runs, { at, value });
  sku.runs = runs;
  if (previousLast !== null && at < previousLast) counts.late += 1;
  switch (effect) {
    case 'confirmed':
    case 'unconfirmed':
      return false;
    case 'extended':
      // A SKU that was not in the newest snapshot is listed again.
      return previousLast !== lastSeenAt;
    case 'tie-kept':
      counts.ties += 1;
      return false;
    case 'tie-replaced':
      counts.ties += 1;
      return true;
    case 'added':
    case 'refined':
    case 'split':
      return true;
  }
}

/**
 * The newest run from the SKU row alone. Of a SKU that is not listed the end is not known here, only that it lies before
 * the newest snapshot: its start stands for it, which nothing that is folded without history can tell apart.
 */
function newestRun(sku: KnownSku, lastSeenAt: number | null): Run {
  return {
    first: sku.startedAt,
    last: sku.listed && lastSeenAt !== null ? lastSeenAt : sku.startedAt,
    value: sku.value,
    hiddenBefore: 'nothing',
  };
}
