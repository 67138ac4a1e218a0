import type { TrueThing } from '../site.ts';
import { plainAmount, tradeName, tradeStatesPrices } from './forms.ts';
import type { Lot, Procurement, Sort } from './procurement.ts';

/** The order in which ids grow. */
const sorts: readonly Sort[] = ['auction', 'etender', 'shop', 'national-shop', 'shop-unfinished'];

/** Every lot that one of the systems shows in an epoch, by id. */
export function* trueLots(procurement: Procurement, epoch: number): Generator<TrueThing> {
  for (const sort of sorts) {
    const count = procurement.count(sort, epoch);
    for (let number = 0; number < count; number++) {
      yield trueLot(sort, procurement.lot(sort, number), number, procurement, epoch);
    }
  }
}

function trueLot(sort: Sort, lot: Lot, number: number, procurement: Procurement, epoch: number): TrueThing {
  const trade = sort === 'etender';
  const open = trade && procurement.open(number, epoch);
  const finished = sort !== 'shop-unfinished' && (!trade || (!open && procurement.dealt(number)));
  const { customer, provider } = lot;
  const item = (lot.items[0]?.text ?? '').trim();
  return {
    kind: 'lot',
    externalId: String(lot.id),
    system: sort,
    title: sort === 'auction' ? lot.category.ru : trade ? tradeName(lot) : item,
    currency: 'UZS',
    seller: finished && provider.inn !== null ? { externalId: provider.inn, title: provider.name } : null,
    category: null,
    categoryName: lot.category.ru,
    status: trade ? (open ? 'open' : finished ? 'dealt' : 'not dealt') : finished ? 'dealt' : 'not dealt',
    customer: sort === 'shop-unfinished' ? null : customer,
    provider: finished ? provider : null,
    dealtAt: finished ? new Date(lot.dealAt).toISOString() : null,
    totals: {
      start: sort === 'auction' || trade ? plainAmount(lot.startHundredths) : null,
      final: finished ? plainAmount(lot.finalHundredths) : null,
    },
    offers: lot.items.map(({ number: order, priceHundredths, quantityHalves }) => {
      const stated = !trade || tradeStatesPrices(lot);
      return {
        externalId: String(order),
        price: stated ? plainAmount(priceHundredths) : null,
        oldPrice: null,
        availability: 'unknown' as const,
        ...(stated ? { quantity: plainAmount(quantityHalves * 50) } : {}),
      };
    }),
  };
}
