import { z } from 'zod';
import type { Checked } from '../shared/values.ts';
import { firstIssue, idText } from '../shared/values.ts';
import { dealFacts, isRejected, itemOffer, type LotPage, partyOf, sellerOf } from './facts.ts';
import type { LotFacts, LotSpace, ReadLot } from './lots.ts';
import { costFault, currencyOf, decimal, quantity, text, title, total, unitPrice } from './values.ts';

/** What the caller knows and rows may not say: which shop was asked, and in what currency. */
export interface RowHints {
  readonly space: LotSpace | null;
  readonly currency: string | undefined;
}

const number = decimal.nullish();
/** The numbers of every kind of row; which of them a row must have is `RowForm`'s to say. Texts are read leniently. */
const numbers = z.object({
  id: number,
  lot_id: number,
  trade_id: number,
  start_cost: number,
  deal_cost: number,
  cost: number,
  price: number,
  amount: number,
});
type Numbers = z.infer<typeof numbers>;
type Row = Record<string, unknown>;

/** How one kind of row says what all of them say. */
export interface RowForm {
  readonly page: LotPage;
  readonly space: (row: Row, hints: RowHints) => LotSpace;
  readonly id: (row: Numbers) => number | null | undefined;
  readonly start: (row: Numbers) => number | null | undefined;
  readonly final: (row: Numbers) => number | null | undefined;
  /** Whether rows of this kind are deals, all or those with the marks of one: those must state a final total. */
  readonly isDeal: (row: Row) => boolean;
  /** Rows of the shops are their own single item. */
  readonly item: 'none' | 'priced' | 'perhaps-priced';
  readonly title: (row: Row) => unknown;
  readonly buyer: (row: Row) => [name: unknown, inn: unknown];
  readonly follow: LotSpace | null;
}

const customer = (row: Row): [unknown, unknown] => [row['customer_name'], row['customer_inn']];
const never = () => false;
const always = () => true;
const hasDeal = (row: Row): boolean =>
  ['deal_id', 'deal_date', 'provider_name', 'provider_inn'].some((key) => row[key] != null);

/** Which of the two shops, by the row's own flags, else by which was asked for. */
function shopOf(row: Row, hints: RowHints): 'shop' | 'national' {
  if (row['display_on_shop'] === 1 && row['display_on_national'] === 1) return asked(hints);
  if (row['display_on_shop'] === 1) return 'shop';
  if (row['display_on_national'] === 1) return 'national';
  return asked(hints);
}
const asked = ({ space }: RowHints): 'shop' | 'national' =>
  space === 'national' || space === 'national-unsold' ? 'national' : 'shop';

/** Auctions: lots whose items, with their unit prices, are on a page of their own. Lots that failed have no deal. */
export const auctionDeals: RowForm = {
  page: 'auction-deals',
  space: () => 'auction',
  id: (row) => row.lot_id,
  start: (row) => row.start_cost,
  final: (row) => row.deal_cost,
  isDeal: hasDeal,
  item: 'none',
  title: (row) => row['category_name'],
  buyer: customer,
  follow: 'auction',
};

export const auctionOpen: RowForm = {
  ...auctionDeals,
  page: 'auction-open',
  space: () => 'auction-open',
  id: (row) => row.id,
  final: () => null,
  isDeal: never,
  follow: 'auction-open',
};

/** The shops do not call their keys the same; rows without a unit price have been seen by others, none by us. */
export const shopDeals: RowForm = {
  page: 'shop-deals',
  space: shopOf,
  id: (row) => row.lot_id ?? row.id,
  start: (row) => row.start_cost,
  final: (row) => row.deal_cost ?? row.cost,
  isDeal: always,
  item: 'perhaps-priced',
  title: (row) => row['product_name'],
  buyer: customer,
  follow: null,
};

/** Requests that nobody delivered: what they were to cost is all that is known. */
export const shopUnsold: RowForm = {
  ...shopDeals,
  page: 'shop-unsold',
  space: (row, hints) => `${shopOf(row, hints)}-unsold`,
  start: (row) => row.cost,
  final: () => null,
  isDeal: never,
  item: 'priced',
};

/** Open and failed trades. Open ones call the organisation that buys their "seller". */
export const etenderTrades: RowForm = {
  page: 'etender-trades',
  space: () => 'etender',
  id: (row) => row.id ?? row.trade_id,
  start: (row) => row.cost ?? row.start_cost,
  final: () => null,
  isDeal: never,
  item: 'none',
  title: (row) => text(row['name']) ?? row['category_name'],
  buyer: (row) => [row['seller_name'] ?? row['customer_name'], row['seller_tin'] ?? row['customer_inn']],
  follow: 'etender',
};

export const etenderDeals: RowForm = {
  ...etenderTrades,
  page: 'etender-deals',
  id: (row) => row.trade_id,
  start: (row) => row.start_cost,
  final: (row) => row.deal_cost,
  isDeal: always,
  title: (row) => row['category_name'],
  buyer: customer,
};

/** Reads one row. Totals are totals: only the rows of the shops state a unit price, and call it `price`. */
export function readRow(form: RowForm, row: Row, hints: RowHints): ReadLot {
  const parsed = numbers.safeParse(row);
  if (!parsed.success) return { unknown: firstIssue(parsed.error) };
  const id = idText(form.id(parsed.data));
  if (id === null) return { unknown: 'no lot id that is a positive whole number' };
  const of = { space: form.space(row, hints), id };
  // A deal that came to nothing need not say what it would have cost.
  if (form.isDeal(row) && form.final(parsed.data) == null && !isRejected(row))
    return { unknown: `lot ${id}: a deal without its cost`, of };
  if (form.item === 'priced' && parsed.data.price == null) return { unknown: `lot ${id}: no price`, of };
  const facts = factsOf(form, row, parsed.data, id, hints);
  return { ...of, follow: form.follow, facts };
}

function factsOf(form: RowForm, row: Row, data: Numbers, id: string, hints: RowHints): Checked<LotFacts> {
  const name = `lot ${id}`;
  const currency = currencyOf(text(row['currency_codeabc']) ?? row['currency_name']);
  if ('fault' in currency) return { fault: `${name}: ${currency.fault}` };
  const start = total(form.start(data), `start total of ${name}`);
  if ('fault' in start) return start;
  const final = finalOf(form, row, data, name);
  if ('fault' in final) return final;
  const item = form.item === 'none' ? { value: [] } : itemOf(form, row, data, name);
  if ('fault' in item) return item;
  const supplier = partyOf(row['provider_name'], row['provider_inn']);
  const { status, extra } = dealFacts(
    form.page,
    form.space(row, hints),
    row,
    partyOf(...form.buyer(row)),
    supplier,
  );
  return {
    value: {
      title: title(text(form.title(row)), text(row['category_name']), `Lot ${id}`),
      currency: currency.value ?? hints.currency ?? 'UZS',
      seller: sellerOf(supplier),
      category: null,
      status,
      totals: { start: start.value, final: extra['dealState'] === 'rejected' ? null : final.value },
      offers: item.value,
      extra,
    },
  };
}

function finalOf(form: RowForm, row: Row, data: Numbers, name: string): ReturnType<typeof total> {
  const final = form.final(data);
  if (form.isDeal(row) && final === 0 && !isRejected(row)) return { fault: `final total of ${name} is zero` };
  return total(final, `final total of ${name}`);
}

function itemOf(form: RowForm, row: Row, data: Numbers, name: string): Checked<LotFacts['offers']> {
  const { price, amount, cost, deal_cost: dealCost } = data;
  const units = quantity(amount, `amount of ${name}`);
  if ('fault' in units) return units;
  const fault = costFault(price, amount, cost, name);
  if (fault !== null) return { fault };
  if (price != null && price === dealCost && amount != null && amount !== 1)
    return { fault: `${name}: ${amount} units at ${price} do not cost ${dealCost}` };
  const each = price == null ? { value: null } : unitPrice(price, `price of ${name}`);
  if ('fault' in each) return each;
  return { value: [itemOffer('1', text(form.title(row)), each.value, units.value)] };
}
