import type { PageRequest } from '../../core/marketplace.ts';
import type { Reference } from '../../core/model/reference.ts';
import { type LotSpace, readLotName } from './lots.ts';
import { nextWindow, type RowWindow, readWindow } from './windows.ts';

const auction = 'https://xarid-api-auction.uzex.uz';
const shop = 'https://xarid-api-shop.uzex.uz';
const trade = 'https://xarid-api-trade.uzex.uz';
const etender = 'https://apietender.uzex.uz/api';

/** A fixed language: names differ by it. */
const headers: Readonly<Record<string, string>> = {
  accept: 'application/json',
  'accept-language': 'ru',
  language: 'ru',
};

/** A list of rows: its address, and what its body has besides the window. */
interface RowList {
  readonly url: string;
  readonly filter: Readonly<Record<string, unknown>>;
}

const electronic = { region_ids: [], display_on_shop: 1, display_on_national: 0 };
const national = { region_ids: [], display_on_shop: 0, display_on_national: 1 };
/** The keys of etender's window begin with a capital. 0 is etender itself; the other system is empty. */
const ofEtender = { System_Id: 0 };

/** Lists of rows by the name that their references begin with. */
const rowLists = {
  'auction/deals': { url: `${auction}/Common/GetCompletedDeals`, filter: { region_ids: [] } },
  'auction/open': { url: `${auction}/Common/GetMinimizedLotsList`, filter: { region_ids: [] } },
  'shop/deals': { url: `${shop}/Common/GetCompletedDeals`, filter: electronic },
  'shop/unsold': { url: `${shop}/Common/GetNotCompletedDeals`, filter: electronic },
  'national/deals': { url: `${shop}/Common/GetCompletedDeals`, filter: national },
  'national/unsold': { url: `${shop}/Common/GetNotCompletedDeals`, filter: national },
  'etender/selections': { url: `${etender}/common/TradeList`, filter: { TypeId: 1, ...ofEtender } },
  'etender/tenders': { url: `${etender}/common/TradeList`, filter: { TypeId: 2, ...ofEtender } },
  'etender/failed': { url: `${etender}/common/NotDealedList`, filter: ofEtender },
  'etender/deals': { url: `${etender}/common/DealsList`, filter: ofEtender },
} as const satisfies Record<string, RowList>;
export type RowListName = keyof typeof rowLists;

const seedLists: readonly RowListName[] = [
  'auction/deals',
  'shop/deals',
  'national/deals',
  'etender/deals',
  'etender/selections',
  'etender/tenders',
];

/** The first window of each list that leads to unit prices. Open auctions need a signed request, which is not forged. */
export const seeds: readonly Reference[] = seedLists.map((list) => ({
  kind: 'listing',
  externalId: `${list}/1/101`,
}));

/** Reads `auction/deals/101/201`. */
export function readRowList(reference: Reference): { list: RowListName; window: RowWindow } | null {
  const match = /^([a-z]+\/[a-z]+)\/(\d+\/\d+)$/.exec(reference.externalId);
  const [, name = '', rows = ''] = match ?? [];
  const window = readWindow(rows);
  if (reference.kind !== 'listing' || !window || !Object.hasOwn(rowLists, name)) return null;
  return { list: name as RowListName, window };
}

/** The next window of the same list, or null at its end. */
export function listAfter(reference: Reference, total: number | null): Reference | null {
  const here = readRowList(reference);
  const next = here && nextWindow(here.window, total);
  if (!here || !next) return null;
  return { kind: 'listing', externalId: `${here.list}/${next.from}/${next.to}` };
}

/** Which list has a shop's lots; they have no page of their own, only this list with their number as the filter. */
const listOfShopLots: Partial<Record<LotSpace, RowListName>> = {
  shop: 'shop/deals',
  national: 'national/deals',
  'shop-unsold': 'shop/unsold',
  'national-unsold': 'national/unsold',
};
const fewRows: RowWindow = { from: 1, to: 10 };

/**
 * Lots by their number, with the system in front of it but for finished auctions; windows of rows (`shop/deals/1/101`);
 * reference lists. Throws for what UZEX does not have.
 */
export function request(reference: Reference): PageRequest {
  const { kind, externalId } = reference;
  if (kind === 'lot') {
    const lot = readLotName(externalId);
    if (lot) return requestLot(lot.space, lot.id);
  }
  if (kind === 'listing') {
    const rows = readRowList(reference);
    if (rows) return post(rowLists[rows.list], rows.window, {});
    const address = addressOfNames(externalId);
    if (address !== null) return get(address);
  }
  throw new Error(`UZEX has no ${kind} "${externalId}": it has lots by number, and lists.`);
}

function requestLot(space: LotSpace, id: string): PageRequest {
  const list = listOfShopLots[space];
  if (list !== undefined) return post(rowLists[list], fewRows, { lot_id: Number(id) });
  if (space === 'etender') return get(`${etender}/common/GetTrade/${id}/0`);
  if (space === 'auction-open') return get(`${auction}/Common/GetLot/${id}`);
  return get(`${auction}/Common/GetCompletedDealProducts/${id}`);
}

/** Reference lists: categories, regions, and the products of a category. */
function addressOfNames(externalId: string): string | null {
  if (externalId === 'categories') return `${trade}/Lib/GetCategories`;
  if (externalId === 'regions') return `${trade}/Lib/GetRegions`;
  if (externalId === 'etender/regions') return `${etender}/Libs/GetRegions`;
  const category = /^products\/([1-9]\d{0,9})$/.exec(externalId)?.[1];
  return category === undefined ? null : `${trade}/Lib/GetProducts/${category}`;
}

const get = (url: string): PageRequest => ({ method: 'GET', url, headers, body: null });

function post(list: RowList, { from, to }: RowWindow, filter: Record<string, unknown>): PageRequest {
  const rows = list.url.startsWith(etender) ? { From: from, To: to } : { from, to };
  return {
    method: 'POST',
    url: list.url,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ ...list.filter, ...filter, ...rows }),
  };
}
