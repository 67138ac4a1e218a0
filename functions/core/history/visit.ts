import { hash } from 'node:crypto';
import type { Snapshot } from '../model/snapshot.ts';
import { itemFacts, lotFacts } from './lot.ts';
import { type ObservedValue, observedValue } from './value.ts';

/** What one visit saw of one SKU. */
export interface SeenOffer {
  readonly externalId: string;
  readonly title: string | null;
  readonly value: ObservedValue;
}

/** One visit of one product. `at` is in epoch milliseconds. `fingerprint` covers everything that is stored of it. */
export type ProductVisit =
  | { readonly outcome: 'gone'; readonly at: number }
  | {
      readonly outcome: 'ok';
      readonly at: number;
      readonly fingerprint: string;
      readonly snapshot: Snapshot;
      readonly offers: readonly SeenOffer[];
    };

export function snapshotVisit(snapshot: Snapshot): ProductVisit & { outcome: 'ok' } {
  const offers = snapshot.offers.map((offer) => ({
    externalId: offer.externalId,
    title: offer.title,
    value: observedValue(offer, snapshot.currency),
  }));
  return {
    outcome: 'ok',
    at: Date.parse(snapshot.observedAt),
    fingerprint: fingerprint(snapshot, offers),
    snapshot,
    offers,
  };
}

/**
 * 64 bits of a hash of everything that the tables keep of a snapshot, as a signed decimal. Equal fingerprints mean
 * that a re-check needs to read no SKU; that two different snapshots of one product share one is a chance of 1 in 2^64.
 */
function fingerprint(snapshot: Snapshot, offers: readonly SeenOffer[]): string {
  const listed = offers
    .map(({ externalId, title, value }) => [
      externalId,
      title,
      value.price,
      value.oldPrice,
      value.availability,
    ])
    // A marketplace may list the same SKUs in another order each time.
    .sort(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1));
  const { title, currency, seller, category } = snapshot;
  const text = JSON.stringify([
    title,
    currency,
    seller && [seller.externalId, seller.title],
    category?.map((level) => [level.externalId, level.title]),
    listed,
    ...(snapshot.kind === 'lot' ? [lotFacts(snapshot), itemFacts(snapshot)] : []),
  ]);
  return hash('sha1', text, 'buffer').readBigInt64BE(0).toString();
}
