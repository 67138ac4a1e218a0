import { z } from 'zod';
import { type Checked, firstIssue, idText } from '../shared/values.ts';
import { collectItems, type Item, itemOffer } from './facts.ts';
import type { LotFacts, ReadLot } from './lots.ts';
import { costFault, currencyOf, decimal, quantity, text, title, total, unitOf, unitPrice } from './values.ts';

const itemSchema = z.object({
  order_num: decimal.nullish(),
  rn: decimal.nullish(),
  price: decimal,
  quantity: decimal.nullish(),
  amount: decimal.nullish(),
  cost: decimal.nullish(),
});

/** The two pages of a lot's items. Those of a shop have no number but that of their row. */
export type ItemsPage = 'auction-items' | 'shop-items';
const numberKey = { 'auction-items': 'order_num', 'shop-items': 'rn' } as const;

/**
 * The items of a finished auction, whose `price` is the unit price after the bidding, or of a request in a shop. The body does
 * not say whose items they are: `id` comes from who asked.
 */
export function readItems(
  page: ItemsPage,
  id: string,
  rows: readonly Record<string, unknown>[],
  currency: string | undefined,
): ReadLot {
  const items: Checked<Item>[] = [];
  for (const row of rows) {
    const parsed = itemSchema.safeParse(row);
    if (!parsed.success) return { unknown: firstIssue(parsed.error, 'item') };
    const key = numberKey[page];
    if (parsed.data[key] == null) return { unknown: `item: no ${key}` };
    items.push(itemOf(key, row, parsed.data));
  }
  const space = page === 'auction-items' ? 'auction' : 'shop-unsold';
  return { space, id, follow: null, facts: factsOf(page, id, rows, items, currency) };
}

function itemOf(
  key: 'order_num' | 'rn',
  row: Record<string, unknown>,
  data: z.infer<typeof itemSchema>,
): Checked<Item> {
  const externalId = idText(data[key]);
  if (externalId === null) return { fault: `${key} is not a positive whole number (${data[key]})` };
  const name = `item ${externalId}`;
  const price = unitPrice(data.price, `price of ${name}`);
  if ('fault' in price) return price;
  const amount = data.quantity ?? data.amount;
  const units = quantity(amount, `quantity of ${name}`);
  if ('fault' in units) return units;
  const fault = costFault(data.price, amount, data.cost, name);
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
  page: ItemsPage,
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
      extra: {
        system: page === 'auction-items' ? 'auction' : 'shop',
        page,
        ...(facts === null ? {} : { items: facts }),
      },
    },
  };
}
