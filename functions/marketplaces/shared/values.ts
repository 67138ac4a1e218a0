import type { z } from 'zod';
import type { ParseContext } from '../../core/marketplace.ts';
import { type Amount, compareAmounts, parseAmount } from '../../core/model/money.ts';
import type { Reference } from '../../core/model/reference.ts';

/** Above any price: more is a broken number, whatever the currency (F34). */
const maxAmount = 1e12;
const maxUnits = 1e9;
/** As many offers as a snapshot holds. */
export const maxOffers = 2000;

/** A checked value, or what is impossible about it. */
export type Checked<T> = { value: T } | { fault: string };

/** A price that somebody can be asked to pay: positive, at most 10^12, at most `decimals` digits after the point. */
export function checkPrice(raw: number | string, name: string, decimals: number): Checked<Amount> {
  const number = Number(raw);
  // Nearly every price is a whole number: the text of one that is in range needs no further look.
  if (Number.isInteger(raw) && number > 0 && number <= maxAmount) return { value: String(raw) };
  if (number < 0) return { fault: `${name} is negative (${raw})` };
  if (number === 0) return { fault: `${name} is zero` };
  if (number > maxAmount) return { fault: `${name} is above 10^12 (${raw})` };
  const amount = parseAmount(raw);
  if (amount === null) return { fault: `${name} is not a decimal number (${raw})` };
  const point = amount.indexOf('.');
  if (point >= 0 && amount.length - point - 1 > decimals)
    return { fault: `${name} has more than ${decimals} decimals (${raw})` };
  return { value: amount };
}

/**
 * The crossed-out price: kept only when greater than the price. Zero and missing mean none; a negative or enormous one
 * is impossible, and makes the whole product suspect.
 */
export function checkOldPrice(
  raw: number | string | null | undefined,
  price: Amount,
  name: string,
  decimals: number,
): Checked<Amount | null> {
  if (raw === null || raw === undefined || Number(raw) === 0) return { value: null };
  const checked = checkPrice(raw, name, decimals);
  if ('fault' in checked) return checked;
  return { value: isGreater(checked.value, price) ? checked.value : null };
}

/** Exact: rounding to doubles keeps the order, so that only amounts that round to the same double need their digits. */
function isGreater(a: Amount, b: Amount): boolean {
  const difference = Number(a) - Number(b);
  return difference === 0 ? compareAmounts(a, b) > 0 : difference > 0;
}

/** A number of units: a whole number from 0 to 10^9; null where the page states none. */
export function checkUnits(raw: number | null | undefined, name: string): Checked<number | null> {
  if (raw === null || raw === undefined) return { value: null };
  if (!Number.isInteger(raw) || raw < 0 || raw > maxUnits)
    return { fault: `${name} is not a number of units (${raw})` };
  return { value: raw };
}

/** A numeric id as text. Null unless it is a positive whole number that a double holds exactly. */
export function idText(raw: unknown): string | null {
  return typeof raw === 'number' && Number.isSafeInteger(raw) && raw > 0 ? String(raw) : null;
}

/** The kind of page that was asked for, as far as the caller knows. */
export function askedKind(context: ParseContext): Reference['kind'] | null {
  return context.reference?.kind ?? context.kind ?? null;
}

/** What is wrong with getting this thing, when another one was asked for. Null when it is the one, or nobody knows. */
export function foreignThing(
  kind: Reference['kind'],
  externalId: string,
  context: ParseContext,
): string | null {
  const asked = askedKind(context);
  const id = context.reference?.externalId ?? null;
  if ((asked === null || asked === kind) && (id === null || id === externalId)) return null;
  const wanted = [asked, id].filter((part) => part !== null).join(' ');
  return `asked for ${wanted}, got ${kind} ${externalId}`;
}

/** True for JSON objects, false for arrays and null. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The first disagreement with a schema as one clause: `skuList.0.id: expected number, received string`. */
export function firstIssue(error: z.ZodError, prefix = ''): string {
  const issue = error.issues[0];
  if (!issue) return `${prefix}: does not match`;
  const path = [prefix, ...issue.path.map(String)].filter((part) => part !== '').join('.');
  return `${path}: ${issue.message.replace(/^Invalid input: /, '')}`;
}
