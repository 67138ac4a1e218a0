import type { Visit, VisitsMessage } from '../../../functions/contract/messages.ts';
import type { Offer, Snapshot } from '../../../functions/core/model/snapshot.ts';

export function offer(externalId: string, price: string | null, more: Partial<Offer> = {}): Offer {
  return {
    externalId,
    title: `SKU ${externalId}`,
    price,
    oldPrice: null,
    available: 3,
    availability: 'in_stock',
    ...more,
  };
}

export function snapshot(
  externalId: string,
  at: string,
  offers: Offer[],
  more: Partial<Snapshot> = {},
): Snapshot {
  return {
    kind: 'product',
    externalId,
    observedAt: at,
    title: `Product ${externalId}`,
    currency: 'UZS',
    seller: { externalId: 's1', title: 'Seller' },
    category: [
      { externalId: 'c1', title: 'Root' },
      { externalId: 'c2', title: 'Leaf' },
    ],
    offers,
    ...more,
  };
}

export function ok(index: number, of: Snapshot): Visit {
  return { outcome: 'ok', index, snapshot: of };
}

export function gone(index: number, externalId: string, observedAt: string): Visit {
  return { outcome: 'gone', index, reference: { kind: 'product', externalId }, observedAt };
}

export function message(visits: Visit[], more: Partial<VisitsMessage> = {}): VisitsMessage {
  return {
    v: 1,
    marketplace: 'uzum',
    sweepId: '2026-09-14T12:00:00.000Z.uzum.sweep',
    jobNumber: 1,
    visits,
    discovered: [],
    ...more,
  };
}

/** One message with one visit per snapshot, indexed in order. */
export function snapshots(...of: Snapshot[]): VisitsMessage {
  return message(of.map((one, index) => ok(index, one)));
}
