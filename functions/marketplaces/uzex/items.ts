import { z } from 'zod';
import { type Checked, firstIssue, idText } from '../shared/values.ts';
import { collectItems, type Item, itemOffer } from './facts.ts';
import type { LotFacts, ReadLot } from './lots.ts';
import { costFault, currencyOf, quantity, text, title, total, unitOf, unitPrice } from './values.ts';

const auctionItem = z.object({
  order_num: z.number(),
  price: z.number(),
  quantity: z.number().nullish(),
  amount: z.number().nullish(),
  cost: z.number().nullish(),
});

/**
 * The items of a finished auction, whose `price` is the unit price after the bidding. The body does not say whose items
 * they are: `id` comes from who asked.
 */
export function readAuctionItems(
  id: string,
  rows: readonly Record<string, unknown>[],
  currency: string | undefined,
): ReadLot {
  const items: Checked<Item>[] = [];
  for (const row of rows) {
    const parsed = auctionItem.safeParse(row);
    if (!parsed.success) return { unknown: firstIssue(parsed.error, 'item') };
    items.push(itemOf(row, parsed.data));
  }
  return { space: 'auction', id, follow: null, facts: factsOf(id, rows, items, currency) };
}

function itemOf(row: Record<string, unknown>, data: z.infer<typeof auctionItem>): Checked<Item> {
  const externalId = idText(data.order_num);
  if (externalId === null) return { fault: `order_num is not a positive whole number (${data.order_num})` };
  const name = `item ${externalId}`;
  const price = unitPrice(data.price, `price of ${name}`);
  if ('fault' in price) return price;
  const stated = data.quantity ?? data.amount;
  const units = quantity(stated, `quantity of ${name}`);
  if ('fault' in units) return units;
  const fault = costFault(data.price, stated, data.cost, name);
  if (fault !== null) return { fault };
  const cost = total(data.cost, `cost of ${name}`);
  if ('fault' in cost) return cost;
  const label = text(row['product_name']) ?? text(row['description']);
  return {
    value: {
      offer: itemOffer(externalId, label, price.value, units.value),
      facts: {
        unit: unitOf(row['js_properties']) ?? text(row['measure_name']),
        cost: cost.value,
        country: text(row['country_name']),
      },
    },
  };
}

function factsOf(
  id: string,
  rows: readonly Record<string, unknown>[],
  read: readonly Checked<Item>[],
  otherwise: string | undefined,
): Checked<LotFacts> {
  const items: Item[] = [];
  for (const item of read) {
    if ('fault' in item) return { fault: `lot ${id}: ${item.fault}` };
    items.push(item.value);
  }
  const collected = collectItems(items);
  if ('fault' in collected) return { fault: `lot ${id}: ${collected.fault}` };
  const currencies = new Set<string>();
  for (const row of rows) {
    const currency = currencyOf(row['currency_name']);
    if ('fault' in currency) return { fault: `lot ${id}: ${currency.fault}` };
    currencies.add(currency.value ?? otherwise ?? 'UZS');
  }
  const [currency = 'UZS', ...others] = currencies;
  if (others.length > 0) return { fault: `lot ${id}: items in ${[...currencies].join(' and ')}` };
  const { offers, facts } = collected.value;
  return {
    value: {
      title: title(offers[0]?.title ?? null, `Lot ${id}`),
      currency,
      seller: null,
      category: null,
      status: null,
      totals: { start: null, final: null },
      offers,
      extra: { system: 'auction', page: 'auction-items', ...(facts === null ? {} : { items: facts }) },
    },
  };
}
