import type { FoldedProduct } from '../../core/history/product.ts';
import type { VisitOutcome } from '../../core/history/sighting.ts';
import type { ProductVisit } from '../../core/history/visit.ts';
import type { ProductKey } from './known.ts';

/** One visit to store. `outcome` is set when its transaction has run. */
export interface VisitItem {
  readonly type: 'visit';
  readonly key: ProductKey;
  readonly visit: ProductVisit;
  readonly rawKey: string | null;
  outcome: VisitOutcome | null;
}

/**
 * What a list says of a lot, without its items: it describes the lot, and discovers it, but observes no price and says
 * nothing of what is in it.
 */
export interface LotRowItem {
  readonly type: 'lot-row';
  readonly key: ProductKey;
  readonly visit: ProductVisit & { outcome: 'ok' };
  readonly rawKey: string | null;
  outcome: VisitOutcome | null;
}

/** One discovered reference. */
export interface ReferenceItem {
  readonly type: 'reference';
  readonly key: ProductKey;
}

export type StoreItem = VisitItem | LotRowItem | ReferenceItem;

/** All visits of one product in the batch, in order of time, and what they make of it. */
export interface FoldedVisits {
  readonly productId: string;
  readonly items: readonly VisitItem[];
  readonly folded: FoldedProduct;
}
