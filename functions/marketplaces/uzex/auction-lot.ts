import { z } from 'zod';
import { type Checked, firstIssue, idText, isRecord } from '../shared/values.ts';
import { collectItems, dealFacts, type Item, itemOffer, partyOf } from './facts.ts';
import type { LotFacts, ReadLot } from './lots.ts';
import { count, currencyOf, decimal, quantity, text, title, total, unitOf } from './values.ts';

const openLot = z.object({
  id: decimal,
  start_cost: decimal.nullish(),
  js_details: z.array(z.unknown()).nullish(),
});
const detail = z.object({
  order_num: decimal.nullish(),
  quantity: decimal.nullish(),
  amount: decimal.nullish(),
});

/**
 * One open auction. Bidding is on the total, so its items have no prices. Telephone number and e-mail address of the
 * contact person are in the body and are not kept.
 */
export function readAuctionLot(lot: Record<string, unknown>, currency: string | undefined): ReadLot {
  const parsed = openLot.safeParse(lot);
  if (!parsed.success) return { unknown: firstIssue(parsed.error, 'lot') };
  const id = idText(parsed.data.id);
  if (id === null) return { unknown: `lot id is not a positive whole number (${parsed.data.id})` };
  const details: { row: Record<string, unknown>; data: z.infer<typeof detail> }[] = [];
  for (const row of parsed.data.js_details ?? []) {
    const item = detail.safeParse(row);
    if (!item.success || !isRecord(row)) return { unknown: 'js_details: expected {product_name, quantity}' };
    details.push({ row, data: item.data });
  }
  const facts = factsOf(id, lot, parsed.data.start_cost, details, currency);
  return { space: 'auction-open', id, follow: null, facts };
}

function factsOf(
  id: string,
  lot: Record<string, unknown>,
  startCost: number | null | undefined,
  details: readonly { row: Record<string, unknown>; data: z.infer<typeof detail> }[],
  otherwise: string | undefined,
): Checked<LotFacts> {
  const currency = currencyOf(lot['currency_name']);
  if ('fault' in currency) return { fault: `lot ${id}: ${currency.fault}` };
  const start = total(startCost, `start_cost of lot ${id}`);
  if ('fault' in start) return start;
  const items: Item[] = [];
  for (const [at, { row, data }] of details.entries()) {
    const externalId = idText(data.order_num) ?? String(at + 1);
    const units = quantity(data.quantity ?? data.amount, `quantity of item ${externalId}`);
    if ('fault' in units) return units;
    items.push({
      offer: itemOffer(externalId, text(row['product_name']) ?? text(row['description']), null, units.value),
      facts: { unit: text(row['measure_name']) ?? unitOf(row['js_properties']) },
    });
  }
  const collected = collectItems(items);
  if ('fault' in collected) return { fault: `lot ${id}: ${collected.fault}` };
  const { offers, facts } = collected.value;
  const buyer = partyOf(lot['customer_name'], lot['customer_inn']);
  const { status, extra } = dealFacts('auction-lot', 'auction-open', lot, buyer, null);
  const days = count(lot['delivery_days']);
  return {
    value: {
      title: title(offers[0]?.title ?? null, text(lot['category_name']), `Lot ${id}`),
      currency: currency.value ?? otherwise ?? 'UZS',
      seller: null,
      category: null,
      status,
      totals: { start: start.value, final: null },
      offers,
      extra: {
        ...extra,
        ...(days === null ? {} : { deliveryDays: days }),
        ...(facts === null ? {} : { items: facts }),
      },
    },
  };
}
