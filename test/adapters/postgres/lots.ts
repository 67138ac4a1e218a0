import type { Visit, VisitsMessage } from '../../../functions/contract/messages.ts';
import type { Offer, Snapshot } from '../../../functions/core/model/snapshot.ts';
import { message, offer } from './visits.ts';

export const buyer = { inn: '200000001', name: 'NAMUNA MCHJ' };
export const supplier = { inn: '300000002', name: 'TAMINOT AJ' };

/** A lot as its row in the list of deals: parties and totals, no items. */
export function dealRow(
  externalId: string,
  at: string,
  { extra = {}, ...more }: Partial<Snapshot> = {},
): Snapshot {
  return {
    kind: 'lot',
    externalId,
    observedAt: at,
    title: 'Бумага',
    currency: 'UZS',
    seller: { externalId: supplier.inn, title: supplier.name },
    category: null,
    status: 'Договор Зарегистрирован',
    totals: { start: '5000000', final: '4100000.5' },
    offers: [],
    ...more,
    extra: {
      system: 'auction',
      page: 'auction-deals',
      displayNo: `3101000700${externalId}`,
      dealId: '333444',
      dealDate: '2026-09-01T07:00:05.000Z',
      startDate: '2026-08-25T05:00:00.000Z',
      endDate: '2026-09-01T06:30:00.000Z',
      buyer,
      supplier,
      region: 'город Ташкент',
      categoryName: 'Бумага',
      participants: 6,
      ...extra,
    },
  };
}

/** An item: nothing is known of its availability. */
export function item(externalId: string, price: string | null, quantity: string | null = '10'): Offer {
  return offer(externalId, price, {
    title: `Item ${externalId}`,
    available: null,
    availability: 'unknown',
    quantity,
  });
}

/** The page of the lot's items: unit prices, and nothing of the parties. */
export function dealItems(
  externalId: string,
  at: string,
  offers: Offer[],
  units: Record<string, string> = {},
): Snapshot {
  const items = offers.map((one) => ({
    externalId: one.externalId,
    unit: units[one.externalId] ?? 'пач',
    cost: '4100000.5',
  }));
  return {
    ...dealRow(externalId, at),
    title: offers[0]?.title ?? `Lot ${externalId}`,
    seller: null,
    status: null,
    totals: { start: null, final: null },
    offers,
    extra: { system: 'auction', page: 'auction-items', items },
  };
}

/** One message; all visits are of the reference with this index, as those of a list are. */
export function lots(
  of: Snapshot[],
  { index = 0, rawKey }: { index?: number; rawKey?: string } = {},
): VisitsMessage {
  return message(
    of.map(
      (snapshot): Visit => ({ outcome: 'ok', index, snapshot, ...(rawKey === undefined ? {} : { rawKey }) }),
    ),
    { marketplace: 'uzex' },
  );
}
