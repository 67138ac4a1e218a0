import { z } from 'zod';
import { type Checked, firstIssue, idText, isRecord } from '../shared/values.ts';
import { collectItems, dealFacts, type Item, itemOffer, partyOf, stated } from './facts.ts';
import type { LotFacts, ReadLot } from './lots.ts';
import {
  costFault,
  count,
  currencyOf,
  decimal,
  quantity,
  text,
  title,
  total,
  unitOf,
  unitPrice,
} from './values.ts';

const trade = z.object({ id: decimal, start_cost: decimal.nullish() });
/** Any key of a product may be missing: some trades only describe what they buy. */
const product = z.object({
  Id: decimal.nullish(),
  Order_Num: decimal.nullish(),
  Quantity: decimal.nullish(),
  Price: decimal.nullish(),
  Cost: decimal.nullish(),
});

/**
 * One trade of etender. `budget_products` is JSON inside a string, in another case than the rest; a string that does not
 * hold a list costs the items and not the trade. `contacts` are people and are not read.
 */
export function readTrade(body: Record<string, unknown>, currency: string | undefined): ReadLot {
  const parsed = trade.safeParse(body);
  if (!parsed.success) return { unknown: firstIssue(parsed.error, 'trade') };
  const id = idText(parsed.data.id);
  if (id === null) return { unknown: `trade id is not a positive whole number (${parsed.data.id})` };
  const packed = unpack(body['budget_products']) ?? unpack(body['products']);
  const items: Checked<Item>[] = [];
  for (const [at, row] of (packed ?? []).entries()) {
    const item = product.safeParse(row);
    if (!item.success || !isRecord(row))
      return { unknown: item.success ? 'product: not an object' : firstIssue(item.error, 'budget_products') };
    items.push(itemOf(row, item.data, at));
  }
  const facts = factsOf(id, body, parsed.data.start_cost, items, currency);
  if ('fault' in facts || packed !== null) return { space: 'etender', id, follow: null, facts };
  // Says that the items are not known, which is something else than having none.
  const value = { ...facts.value, extra: { ...facts.value.extra, unread: ['budget_products'] } };
  return { space: 'etender', id, follow: null, facts: { value } };
}

/** The list in a string, or the list itself where a server sends it unpacked. Null for anything else. */
function unpack(packed: unknown): unknown[] | null {
  if (Array.isArray(packed)) return packed;
  if (typeof packed !== 'string') return null;
  try {
    const list: unknown = JSON.parse(packed);
    return Array.isArray(list) ? list : null;
  } catch {
    return null;
  }
}

function itemOf(row: Record<string, unknown>, data: z.infer<typeof product>, at: number): Checked<Item> {
  const externalId = idText(data.Id) ?? idText(data.Order_Num) ?? String(at + 1);
  const name = `product ${externalId}`;
  const price = data.Price == null ? { value: null } : unitPrice(data.Price, `Price of ${name}`);
  if ('fault' in price) return price;
  const units = quantity(data.Quantity, `Quantity of ${name}`);
  if ('fault' in units) return units;
  const fault = costFault(data.Price, data.Quantity, data.Cost, name);
  if (fault !== null) return { fault };
  const cost = total(data.Cost, `Cost of ${name}`);
  if ('fault' in cost) return cost;
  return {
    value: {
      offer: itemOffer(
        externalId,
        text(row['Product_Name']) ?? text(row['Description']),
        price.value,
        units.value,
      ),
      facts: {
        unit: unitOf(row['Js_Properties']),
        cost: cost.value,
        productCode: text(row['Product_Code']),
        deliveryDays: count(row['Delivery_Term']),
      },
    },
  };
}

function factsOf(
  id: string,
  body: Record<string, unknown>,
  startCost: number | null | undefined,
  read: readonly Checked<Item>[],
  otherwise: string | undefined,
): Checked<LotFacts> {
  const items: Item[] = [];
  for (const item of read) {
    if ('fault' in item) return { fault: `trade ${id}: ${item.fault}` };
    items.push(item.value);
  }
  const collected = collectItems(items);
  if ('fault' in collected) return { fault: `trade ${id}: ${collected.fault}` };
  const currency = tradeCurrency(id, body, otherwise);
  if ('fault' in currency) return currency;
  const start = total(startCost, `start_cost of trade ${id}`);
  if ('fault' in start) return start;
  const { offers, facts } = collected.value;
  const buyer = partyOf(body['customer_name'], body['customer_tin'] ?? body['customer_inn']);
  const { status, extra } = dealFacts('etender-trade', 'etender', body, buyer, null);
  const names = ['name', 'technical_description', 'addon_description', 'description'];
  return {
    value: {
      title: title(...names.map((name) => text(body[name])), offers[0]?.title ?? null, `Trade ${id}`),
      currency: currency.value,
      seller: null,
      category: null,
      status,
      totals: { start: start.value, final: null },
      offers,
      extra: {
        ...extra,
        ...stated({
          deliveryRegion: text(body['delivering_region_name']),
          pledgePercent: count(body['pledge_value']),
          items: facts,
        }),
      },
    },
  };
}

/** Trades are made in foreign currencies too and always name theirs: without the name, it is not assumed. */
function tradeCurrency(
  id: string,
  body: Record<string, unknown>,
  otherwise: string | undefined,
): Checked<string> {
  const currency = currencyOf(text(body['currency_codeabc']) ?? body['currency_name']);
  if ('fault' in currency) return { fault: `trade ${id}: ${currency.fault}` };
  const code = currency.value ?? otherwise;
  return code === undefined
    ? { fault: `trade ${id} names no currency. State it with --currency` }
    : { value: code };
}
