import { hash } from 'node:crypto';
import { type Amount, parseAmount } from '../model/money.ts';
import type { Snapshot } from '../model/snapshot.ts';

/** A buyer or a supplier as a page states it. Private entrepreneurs have no tax number. */
export interface Party {
  readonly inn: string | null;
  readonly name: string | null;
}

/**
 * What one kind of page says of a lot besides its items. A lot is described on several: its row in a list of deals and a
 * page of its own. Null: this page says nothing of it, or says that there is none. Instants in epoch milliseconds;
 * totals are sums of the whole lot, in `currency`.
 */
export interface LotFacts {
  /** The kind of page; what it says replaces what the same kind said before, and nothing else. */
  readonly page: string;
  readonly system: string | null;
  readonly displayNo: string | null;
  readonly dealId: string | null;
  readonly startedAt: number | null;
  readonly endsAt: number | null;
  readonly dealtAt: number | null;
  readonly startTotal: Amount | null;
  readonly finalTotal: Amount | null;
  readonly currency: string;
  readonly status: string | null;
  readonly category: string | null;
  readonly region: string | null;
  readonly district: string | null;
  readonly buyer: Party | null;
  readonly supplier: Party | null;
  /** Facts without a column of their own. */
  readonly more: Readonly<Record<string, unknown>> | null;
}

/** What is known of an item of a lot besides its unit price. `cost` is that of all its units. */
export interface ItemFacts {
  readonly externalId: string;
  readonly quantity: Amount | null;
  readonly cost: Amount | null;
  readonly unit: string | null;
  readonly country: string | null;
}

type Extra = NonNullable<Snapshot['extra']>;

/** Longer texts are no names; an index entry has a limit of its own. */
const longest = 500;

/** The facts of a lot; null for anything else. `extra` is the parser's word, so what does not fit is left out. */
export function lotFacts(snapshot: Snapshot): LotFacts | null {
  if (snapshot.kind !== 'lot') return null;
  const { currency, status = null, totals, extra = {} } = snapshot;
  const { system, page, displayNo, dealId, startDate, endDate, dealDate, ...others } = extra;
  const { buyer, supplier, region, district, categoryName, items: _items, ...more } = others;
  return {
    page: text(page) ?? 'lot',
    system: text(system),
    displayNo: text(displayNo),
    dealId: text(dealId),
    startedAt: instant(startDate),
    endsAt: instant(endDate),
    dealtAt: instant(dealDate),
    startTotal: amount(totals?.start),
    finalTotal: amount(totals?.final),
    currency,
    status,
    category: text(categoryName),
    region: text(region),
    district: text(district),
    buyer: party(buyer),
    supplier: party(supplier),
    more: Object.keys(more).length === 0 ? null : more,
  };
}

/** Facts of the lot's items, in the order of their ids. */
export function itemFacts(snapshot: Snapshot): ItemFacts[] {
  const stated = new Map<unknown, Extra>();
  const { items } = snapshot.extra ?? {};
  for (const item of Array.isArray(items) ? items : [])
    if (isRecord(item)) stated.set(item['externalId'], item);
  return snapshot.offers
    .map(({ externalId, quantity }) => {
      const { cost, unit, country } = stated.get(externalId) ?? {};
      return {
        externalId,
        quantity: amount(quantity),
        cost: amount(cost),
        unit: text(unit),
        country: text(country),
      };
    })
    .sort((a, b) => (a.externalId < b.externalId ? -1 : 1));
}

/** 64 bits that differ when the facts do, as a signed decimal. */
export function factsFingerprint(facts: LotFacts): string {
  return hash('sha1', JSON.stringify(facts), 'buffer').readBigInt64BE(0).toString();
}

function isRecord(raw: unknown): raw is Extra {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw);
}

function text(raw: unknown): string | null {
  return typeof raw === 'string' && raw !== '' ? raw.slice(0, longest) : null;
}

function amount(raw: unknown): Amount | null {
  return typeof raw === 'string' ? parseAmount(raw) : null;
}

function instant(raw: unknown): number | null {
  const at = typeof raw === 'string' ? Date.parse(raw) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

function party(raw: unknown): Party | null {
  if (!isRecord(raw)) return null;
  const { inn, name } = { inn: text(raw['inn']), name: text(raw['name']) };
  return inn === null && name === null ? null : { inn, name };
}
