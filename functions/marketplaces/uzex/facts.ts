import type { Amount } from '../../core/model/money.ts';
import type { Offer } from '../../core/model/snapshot.ts';
import { type Checked, maxOffers } from '../shared/values.ts';
import type { LotSpace } from './lots.ts';
import { count, innOf, instant, text } from './values.ts';

/** The kinds of page that lots are stated on: `extra.page`, so that a database knows which facts a page can have. */
export type LotPage =
  | 'auction-deals'
  | 'auction-items'
  | 'auction-open'
  | 'auction-lot'
  | 'shop-deals'
  | 'shop-unsold'
  | 'shop-items'
  | 'etender-trades'
  | 'etender-deals'
  | 'etender-trade';

/** Buyer or supplier. Names differ by language and are no keys; entrepreneurs have no number. */
export interface Party {
  inn: string | null;
  name: string | null;
}

export function partyOf(name: unknown, inn: unknown): Party | null {
  const party: Party = { inn: innOf(inn), name: text(name) };
  return party.inn === null && party.name === null ? null : party;
}

/** The supplier as the seller of a snapshot: only with the number that identifies it. */
export function sellerOf(supplier: Party | null): { externalId: string; title: string } | null {
  if (supplier === null || supplier.inn === null) return null;
  return { externalId: supplier.inn, title: supplier.name ?? supplier.inn };
}

/** A record without the facts that the page does not state. */
export function stated(facts: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== null && fact !== undefined));
}

/** `auction`, `shop`, `national` or `etender`: whose number a lot's id is. */
export const systemOf = (space: LotSpace): string => space.split('-')[0] ?? space;

/**
 * What rows and lots say besides money, under one name each whatever the system calls it. Telephone numbers, addresses and
 * names of contact persons are not among it.
 */
export function dealFacts(
  page: LotPage,
  space: LotSpace,
  row: Record<string, unknown>,
  buyer: Party | null,
  supplier: Party | null,
): { status: string | null; extra: Record<string, unknown> } {
  const dealStatus = text(row['deal_status_name']);
  const extra = stated({
    system: systemOf(space),
    page,
    displayNo: text(row['lot_display_no'] ?? row['display_no']),
    dealId: idOf(row['deal_id']),
    dealDate: instant(row['deal_date']),
    startDate: instant(row['lot_start_date'] ?? row['start_date']),
    endDate: instant(row['lot_end_date'] ?? row['end_date']),
    buyer,
    supplier,
    region: text(row['customer_region'] ?? row['customer_region_name'] ?? row['region_name']),
    district: text(row['customer_district_name'] ?? row['district_name']),
    categoryName: text(row['category_name']),
    participants: count(row['pcp_count'] ?? row['participants_count']),
    isBudget: row['is_budget'] === 1 ? true : row['is_budget'] === 0 ? false : null,
    typeName: text(row['type_name']),
    statusId: count(row['status_id']),
    dealState: dealStateOf(dealStatus),
    contractNo: text(row['contract_num']),
    treasury: treasuryOf(row),
  });
  return { status: dealStatus ?? text(row['status_name']), extra };
}

const idOf = (raw: unknown): string | null => {
  const number = count(raw);
  return number === null || number === 0 ? null : String(number);
};

/** Whether a row says that its deal came to nothing. */
export const isRejected = (row: Record<string, unknown>): boolean =>
  dealStateOf(text(row['deal_status_name'])) === 'rejected';

/** How far a deal has come, by words of its status; the statuses themselves differ by language and year. */
function dealStateOf(status: string | null): 'rejected' | 'protocol' | 'accepted' | null {
  if (status === null) return null;
  if (/отклон|не принят|рад этил|қабул қилинма/i.test(status)) return 'rejected';
  if (/протокол|баённома/i.test(status)) return 'protocol';
  return /қабул|принят|амалга ошган/i.test(status) ? 'accepted' : null;
}

function treasuryOf(row: Record<string, unknown>): Record<string, unknown> | null {
  const treasury = stated({
    statusId: count(row['kazna_status_id']),
    status: text(row['kazna_status']),
    payment: text(row['kazna_payment_status']),
    createdDate: instant(row['kazna_created_date']),
  });
  return Object.keys(treasury).length === 0 ? null : treasury;
}

/** An item of a lot. Nothing is known of stocks. */
export function itemOffer(
  externalId: string,
  title: string | null,
  price: Amount | null,
  quantity: Amount | null,
): Offer {
  return { externalId, title, price, oldPrice: null, available: null, availability: 'unknown', quantity };
}

/** An item with what is known of it besides its price. */
export interface Item {
  readonly offer: Offer;
  readonly facts: Record<string, unknown>;
}

/**
 * The items of a lot in the order of their numbers, and `extra.items` for those of which more is known. Items come in any
 * order and some twice; two of one number that differ are a fault.
 */
export function collectItems(
  items: readonly Item[],
): Checked<{ offers: Offer[]; facts: Record<string, unknown>[] | null }> {
  if (items.length > maxOffers) return { fault: `${items.length} items in one lot` };
  const byId = new Map<string, Item>();
  for (const item of items) {
    const { externalId } = item.offer;
    const first = byId.get(externalId);
    if (first && JSON.stringify(first) !== JSON.stringify(item))
      return { fault: `item ${externalId} occurs twice, with different values` };
    byId.set(externalId, first ?? item);
  }
  const sorted = [...byId.values()].sort((a, b) => Number(a.offer.externalId) - Number(b.offer.externalId));
  const facts = sorted
    .map((item) => ({ externalId: item.offer.externalId, ...stated(item.facts) }))
    .filter((known) => Object.keys(known).length > 1);
  return { value: { offers: sorted.map(({ offer }) => offer), facts: facts.length === 0 ? null : facts } };
}
