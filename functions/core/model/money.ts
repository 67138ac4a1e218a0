/**
 * Exact money: a non-negative decimal string without exponent, sign, leading zeros or trailing zeros after the
 * point (`"405000"`, `"410000.05"`), in whole units of its currency. Never a float, because floats get compared.
 */
export type Amount = string;

const DECIMAL = /^(\d+)(?:\.(\d+))?$/;

/**
 * Reads an amount as a marketplace states it: a JSON number or a decimal string.
 * Returns null for anything that is not a finite, non-negative decimal: missing is missing, never 0.
 */
export function parseAmount(raw: unknown): Amount | null {
  // A JSON number has already been through a double: its shortest text is the text the marketplace sent
  // (up to 15 digits, far above any price), and a number too large or too small for that prints an exponent.
  const text = typeof raw === 'number' ? String(raw) : typeof raw === 'string' ? raw.trim() : '';
  const match = DECIMAL.exec(text);
  if (!match) return null;
  const whole = (match[1] ?? '').replace(/^0+(?=\d)/, '');
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** Orders two amounts exactly: negative, zero or positive as `a` is less than, equal to or greater than `b`. */
export function compareAmounts(a: Amount, b: Amount): number {
  const [aWhole = '', aFraction = ''] = a.split('.');
  const [bWhole = '', bFraction = ''] = b.split('.');
  if (aWhole.length !== bWhole.length) return aWhole.length - bWhole.length;
  if (aWhole !== bWhole) return aWhole < bWhole ? -1 : 1;
  if (aFraction === bFraction) return 0;
  const width = Math.max(aFraction.length, bFraction.length);
  return aFraction.padEnd(width, '0') < bFraction.padEnd(width, '0') ? -1 : 1;
}
