import type { Page, ParseContext } from '../../core/marketplace.ts';
import type { Reference } from '../../core/model/reference.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import type { Checked } from '../shared/values.ts';

/**
 * Where a lot is asked for. Each system counts its lots by itself (auctions and etender are both in the hundreds of
 * thousands), so that a number alone names no lot.
 */
const lotSpaces = [
  'auction',
  'auction-open',
  'shop',
  'national',
  'shop-unsold',
  'national-unsold',
  'etender',
] as const;
export type LotSpace = (typeof lotSpaces)[number];

/** External id of a lot's reference: the bare number for a finished auction, `etender:600001` and the like elsewhere. */
export function lotName(space: LotSpace, id: string): string {
  return space === 'auction' ? id : `${space}:${id}`;
}

/** Reads back what `lotName` wrote; null for anything else. */
export function readLotName(externalId: string): { space: LotSpace; id: string } | null {
  const match = /^(?:([a-z-]+):)?([1-9]\d{0,14})$/.exec(externalId);
  const [, prefix, id] = match ?? [];
  if (id === undefined || prefix === 'auction') return null;
  const space = lotSpaces.find((known) => known === (prefix ?? 'auction'));
  return space === undefined ? null : { space, id };
}

/** Where finished auctions are: the only answers in which a bare number means one of them. */
const finishedAuctions = /^https:\/\/xarid-api-auction\.uzex\.uz\/Common\/GetCompletedDeal/i;

/** The lot that was asked for. `space` is null for a bare number beside a body from elsewhere: it may be of any system. */
export function askedLot(page: Page, context: ParseContext): { space: LotSpace | null; id: string } | null {
  const { reference } = context;
  const named = reference?.kind === 'lot' ? readLotName(reference.externalId) : null;
  if (!named) return null;
  return named.space === 'auction' && !finishedAuctions.test(page.url) ? { ...named, space: null } : named;
}

/** All of a snapshot but who it is and when it was seen. */
export type LotFacts = Omit<Snapshot, 'kind' | 'externalId' | 'observedAt'>;

/** One lot as a page states it. `follow` is where more is said about it; `facts` are at fault when values cannot be. */
export interface StatedLot {
  space: LotSpace;
  id: string;
  follow: LotSpace | null;
  facts: Checked<LotFacts>;
}
/** A lot, or the clause that says how its shape differs from the known one; `of` is whose, where that much is known. */
export type ReadLot = StatedLot | { unknown: string; of?: Pick<StatedLot, 'space' | 'id'> };

/**
 * The external id of a lot's snapshot: that of its reference. A body about which nothing was said keeps the marketplace's
 * own number, and `extra.system` says whose it is.
 */
function snapshotName(lot: StatedLot, page: Page, context: ParseContext): string {
  const asked = askedLot(page, context);
  return context.reference === null || asked?.space === null ? lot.id : lotName(lot.space, lot.id);
}

/** The snapshot of a lot whose values can be. */
export function snapshotOf(lot: StatedLot, facts: LotFacts, page: Page, context: ParseContext): Snapshot {
  return {
    kind: 'lot',
    externalId: snapshotName(lot, page, context),
    observedAt: page.receivedAt.toISOString(),
    ...facts,
  };
}

/** Whether this is the lot that was asked for. */
export function isAsked(lot: StatedLot, asked: { space: LotSpace | null; id: string }): boolean {
  return lot.id === asked.id && (asked.space === null || asked.space === lot.space);
}

export const lotReference = (space: LotSpace, id: string): Reference => ({
  kind: 'lot',
  externalId: lotName(space, id),
});
