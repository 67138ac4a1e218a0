import type { Page, ParseContext } from '../../core/marketplace.ts';
import type { LotPage } from './facts.ts';
import { askedLot, type LotSpace } from './lots.ts';
import { type RowListName, readRowList } from './request.ts';

/** What a body can be: lots, or a list of names that refers to none. */
export type Form = LotPage | 'names';

const formOfList: Readonly<Record<RowListName, Form>> = {
  'auction/deals': 'auction-deals',
  'auction/open': 'auction-open',
  'shop/deals': 'shop-deals',
  'shop/unsold': 'shop-unsold',
  'national/deals': 'shop-deals',
  'national/unsold': 'shop-unsold',
  'etender/selections': 'etender-trades',
  'etender/tenders': 'etender-trades',
  'etender/failed': 'etender-trades',
  'etender/deals': 'etender-deals',
};

const formOfLot: Readonly<Record<LotSpace, Form>> = {
  auction: 'auction-items',
  'auction-open': 'auction-lot',
  shop: 'shop-deals',
  national: 'shop-deals',
  'shop-unsold': 'shop-unsold',
  'national-unsold': 'shop-unsold',
  etender: 'etender-trade',
};

/** Addresses by which stored bodies are known. */
const formOfAddress: readonly (readonly [RegExp, Form])[] = [
  [/^xarid-api-auction\.uzex\.uz\/common\/getcompleteddeals$/, 'auction-deals'],
  [/^xarid-api-auction\.uzex\.uz\/common\/getnotcompleted(deals|lots)$/, 'auction-deals'],
  [/^xarid-api-auction\.uzex\.uz\/common\/getminimizedlotslist$/, 'auction-open'],
  [/^xarid-api-auction\.uzex\.uz\/common\/getcompleteddealproducts\/\d+$/, 'auction-items'],
  [/^xarid-api-auction\.uzex\.uz\/common\/getlot\/\d+$/, 'auction-lot'],
  [/^xarid-api-shop\.uzex\.uz\/common\/getcompleteddeals$/, 'shop-deals'],
  [/^xarid-api-shop\.uzex\.uz\/common\/getnotcompleteddeals$/, 'shop-unsold'],
  [/^apietender\.uzex\.uz\/api\/common\/(tradelist|notdealedlist)$/, 'etender-trades'],
  [/^apietender\.uzex\.uz\/api\/common\/dealslist$/, 'etender-deals'],
  [/^apietender\.uzex\.uz\/api\/common\/gettrade\/\d+\/0$/, 'etender-trade'],
  [/\/lib\/get(categories|regions|products\/\d+|productsforinfo)$|\/libs\/getregions$/, 'names'],
];

/** The form that a page must have, by what was asked for and by its address. Null: its keys must tell. */
export function expectedForm(page: Page, context: ParseContext): Form | null {
  const { reference } = context;
  if (reference?.kind === 'listing') {
    const rows = readRowList(reference);
    return rows ? formOfList[rows.list] : 'names';
  }
  const lot = askedLot(page, context);
  const { host, pathname } = new URL(page.url);
  const byAddress = formOfAddress.find(([address]) => address.test(`${host}${pathname}`.toLowerCase()))?.[1];
  if (byAddress !== undefined) return byAddress;
  return lot?.space == null ? null : formOfLot[lot.space];
}

/** The keys that tell one kind of record from the others, in the order in which they must be looked for. */
const marks: readonly (readonly [Form, (has: (key: string) => boolean) => boolean])[] = [
  ['auction-lot', (has) => has('js_details')],
  [
    'etender-trade',
    (has) => has('budget_products') || has('js_fields') || (has('customer_tin') && has('id')),
  ],
  ['etender-deals', (has) => has('trade_id') && (has('deal_id') || has('deal_cost'))],
  ['etender-trades', (has) => has('trade_id') || has('seller_tin') || has('seller_name')],
  ['auction-items', (has) => has('order_num')],
  [
    'shop-items',
    (has) => has('rn') && has('amount') && has('price') && !has('id') && !has('cost') && !isDealRow(has),
  ],
  ['shop-unsold', (has) => has('amount') && has('price') && !isDealRow(has)],
  ['shop-deals', (has) => isDealRow(has) && (has('amount') || has('product_name') || has('display_on_shop'))],
  ['auction-deals', (has) => has('lot_id')],
  ['auction-open', (has) => has('display_no') && has('start_cost')],
  ['names', (has) => has('id') && has('name') && !has('cost') && !has('price')],
];
const isDealRow = (has: (key: string) => boolean): boolean =>
  ['lot_id', 'deal_id', 'deal_date', 'deal_cost', 'provider_name', 'provider_inn'].some(has);

/** The form of a record by its keys; null when no known one has them. */
export function recognize(record: Record<string, unknown>): Form | null {
  return marks.find(([, fits]) => fits((key) => Object.hasOwn(record, key)))?.[0] ?? null;
}
