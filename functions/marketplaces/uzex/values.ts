import { z } from 'zod';
import { type Amount, parseAmount } from '../../core/model/money.ts';
import { type Checked, checkPrice, isRecord } from '../shared/values.ts';

/** Unit prices are quotients of a lot's total and may have more digits than the currency. */
const decimals = 6;
const maxQuantity = 1e9;

/**
 * A number, or a number that was written as text, as some clients of the servers store it: plain decimal digits, no more of
 * them than a double holds, so that what is read is what was written.
 */
export const decimal = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?(?=[\d.]{1,16}$)\d+(\.\d+)?$/)
    .transform(Number),
]);

/** A text with something in it, trimmed; null for anything else. Descriptions begin with line breaks now and then. */
export function text(raw: unknown): string | null {
  if (typeof raw !== 'string') return null;
  const trimmed = raw.trim();
  return trimmed === '' ? null : trimmed;
}

/** Titles are free texts of any length, and travel in messages of limited size. */
export function title(...candidates: (string | null)[]): string {
  return (candidates.find((candidate) => candidate !== null) ?? '').slice(0, 1000);
}

/** A whole number that may be written `3.0`, or null. */
export function count(raw: unknown): number | null {
  return typeof raw === 'number' && Number.isSafeInteger(raw) && raw >= 0 ? raw : null;
}

/** A unit price: positive. */
export const unitPrice = (raw: number, name: string): Checked<Amount> => checkPrice(raw, name, decimals);

/** A whole lot's sum. Zero and missing mean that none is stated; it must not be negative or enormous. */
export function total(raw: number | null | undefined, name: string): Checked<Amount | null> {
  return raw === null || raw === undefined || raw === 0 ? { value: null } : checkPrice(raw, name, decimals);
}

/** How many units: positive, may be a fraction (kilograms). Null where none is stated. */
export function quantity(raw: number | null | undefined, name: string): Checked<Amount | null> {
  if (raw === null || raw === undefined) return { value: null };
  const amount = raw > 0 && raw <= maxQuantity ? parseAmount(raw) : null;
  if (amount === null || (amount.split('.')[1] ?? '').length > decimals)
    return { fault: `${name} is not a number of units (${raw})` };
  return { value: amount };
}

/**
 * What is wrong with a unit price beside its number of units and their cost, which UZEX states as the product of the two.
 * The likeliest fault is a total in the place of a unit price. Up to 1 % is rounding.
 */
export function costFault(
  price: number | null | undefined,
  units: number | null | undefined,
  cost: number | null | undefined,
  name: string,
): string | null {
  if (price == null || units == null || cost == null) return null;
  const product = price * units;
  if (Math.abs(product - cost) <= Math.max(1, cost / 100)) return null;
  return `${name}: ${units} units at ${price} do not cost ${cost}`;
}

const straightened = (words: string): string =>
  words
    .trim()
    .toLowerCase()
    .replaceAll(/[\u02bb\u02bc\u2018\u2019`\u00b4]/g, "'");

const currencyCodes: ReadonlyMap<string, string> = new Map([
  ...['сом', 'сум', 'сўм', "so'm", 'som', 'sum', 'узбекский сум', "o'zbek so'mi", 'ўзбек сўми'].map(
    (name) => [name, 'UZS'] as const,
  ),
  ...['доллар сша', 'доллары сша', 'доллар', 'us dollar', 'aqsh dollari', 'ақш доллари'].map(
    (name) => [name, 'USD'] as const,
  ),
  ...['евро', 'yevro', 'evro', 'euro'].map((name) => [name, 'EUR'] as const),
  ...['российский рубль', 'рубль', 'rossiya rubli', 'россия рубли', 'rur'].map(
    (name) => [name, 'RUB'] as const,
  ),
  ...['китайский юань', 'юань', 'xitoy yuani', 'хитой юани'].map((name) => [name, 'CNY'] as const),
  ...['казахстанский тенге', 'тенге', "qozog'iston tengesi"].map((name) => [name, 'KZT'] as const),
  ...['швейцарский франк', 'shveytsariya franki'].map((name) => [name, 'CHF'] as const),
  ...['фунт стерлингов', 'фунт стерлинг', 'funt sterling'].map((name) => [name, 'GBP'] as const),
  ...['японская иена', 'японская йена', 'yaponiya iyenasi'].map((name) => [name, 'JPY'] as const),
  // Numbers of ISO 4217, which some lists carry besides.
  ...([
    ['860', 'UZS'],
    ['840', 'USD'],
    ['978', 'EUR'],
    ['643', 'RUB'],
    ['156', 'CNY'],
  ] as const),
  ...['uzs', 'usd', 'eur', 'rub', 'cny'].map((code) => [code, code.toUpperCase()] as const),
]);

/** The currency by its name in any of the site's languages, or by its code. Null when nothing is stated. */
export function currencyOf(stated: unknown): Checked<string | null> {
  if (stated === null || stated === undefined || stated === '') return { value: null };
  if (typeof stated !== 'string') return { fault: 'the currency is not a text' };
  const known = currencyCodes.get(straightened(stated));
  if (known !== undefined) return { value: known };
  if (/^[A-Z]{3}$/.test(stated.trim())) return { value: stated.trim() };
  return { fault: `no known currency is called "${stated.slice(0, 40)}"` };
}

/** Tax number of an organisation: nine digits, not all the same. Junk (`"0"`) and the numbers of people are null. */
export function innOf(raw: unknown): string | null {
  const digits = typeof raw === 'number' ? String(raw) : text(raw);
  return digits !== null && /^\d{9}$/.test(digits) && !/^(\d)\1*$/.test(digits) ? digits : null;
}

/** UTC ISO 8601 of a time that the page states in Tashkent's (UTC+5 all year) and without saying so; null for junk. */
export function instant(raw: unknown): string | null {
  const match = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?$/.exec(text(raw) ?? '');
  const [, day, clock, zone = '+05:00'] = match ?? [];
  if (day === undefined || clock === undefined || !isDate(`${day}T${clock}`)) return null;
  return new Date(`${day}T${clock}${zone}`).toISOString();
}

/** Dates roll over (31 February); the year 1 is how the servers' software writes "none". */
function isDate(local: string): boolean {
  const at = new Date(`${local}Z`);
  if (Number.isNaN(at.getTime()) || !at.toISOString().startsWith(local)) return false;
  return at.getUTCFullYear() >= 2000 && at.getUTCFullYear() < 2100;
}

const unitNames = new Set(['единица измерения', "o'lchov birligi", 'ўлчов бирлиги']);

/** The unit of measure, which is one of an item's properties. Keys are in lower case, or Capitalised_Snake in etender. */
export function unitOf(properties: unknown): string | null {
  if (!Array.isArray(properties)) return null;
  for (const property of properties) {
    if (!isRecord(property)) continue;
    const name = text(property['property_name'] ?? property['Property_Name']);
    if (name !== null && unitNames.has(straightened(name)))
      return text(property['user_value'] ?? property['User_Value']);
  }
  return null;
}
