import type { Books } from '../../functions/core/model/outcome.ts';
import type { PriceHistory } from './chart.ts';
import type { TruthResult } from './truth.ts';

export interface MarketplaceReport extends Books {
  /** References accounted for per second of sweeping and refreshing. */
  perSecond: number;
  /** Price points in the database. */
  pricePoints: number;
  /** Age of the oldest confirmation among the things that are not gone; null when there are none. */
  oldestConfirmedSeconds: number | null;
}

/** `.narx/report.json`. */
export interface Report {
  durationMs: number;
  balanced: boolean;
  truth: Omit<TruthResult, 'examples'>;
  marketplaces: Record<string, MarketplaceReport>;
  alarms: { alarm: string[] };
}

/** A report that also carries what only a person looks at. */
export interface PrintedReport extends Report {
  truth: TruthResult;
  sweeps: { sweepId: string; mode: string; books: Books }[];
  histories: PriceHistory[];
  phases: { name: string; seconds: number }[];
  /** Why each alarm is in ALARM, by name. */
  alarmReasons: Record<string, string>;
}

/** Books balance when every reference that was dispatched is accounted for and none is still in flight. */
export function isBalanced(books: Books): boolean {
  const settled =
    books.stored + books.unchanged + books.gone + books.quarantined + books.parked + books.deadLettered;
  return books.inFlight === 0 && settled === books.dispatched;
}

export function addBooks(a: Books, b: Books): Books {
  return {
    dispatched: a.dispatched + b.dispatched,
    stored: a.stored + b.stored,
    unchanged: a.unchanged + b.unchanged,
    gone: a.gone + b.gone,
    quarantined: a.quarantined + b.quarantined,
    parked: a.parked + b.parked,
    deadLettered: a.deadLettered + b.deadLettered,
    inFlight: a.inFlight + b.inFlight,
  };
}
