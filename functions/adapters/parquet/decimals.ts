import { ConfigurationError } from '../../core/model/errors.ts';

/** Of the columns that hold amounts: Parquet stores an amount as a whole number of sixteen bytes, times 10^scale. */
export const decimal = { precision: 38, scale: 12 } as const;
const { precision, scale } = decimal;

/** `known` keeps what was converted: prices repeat. Throws for an amount that the column cannot hold exactly. */
export function unscaled(amount: string, known: Map<string, bigint>): bigint {
  const before = known.get(amount);
  if (before !== undefined) return before;
  const [whole = '', fraction = ''] = amount.split('.');
  if (!/^\d+$/.test(whole) || whole.length > precision - scale || fraction.length > scale)
    throw new ConfigurationError([
      `An amount does not fit into DECIMAL(${precision}, ${scale}) of the Parquet file: it has ${whole.length} digits and ${fraction.length} decimals.`,
    ]);
  const value = BigInt(whole + fraction.padEnd(scale, '0'));
  known.set(amount, value);
  return value;
}

/** The other way round, from big-endian bytes; `known` by identity, because a dictionary gives equal values as one object. */
export function decimalFrom(bytes: Uint8Array, known: Map<Uint8Array, string>): string {
  const before = known.get(bytes);
  if (before !== undefined) return before;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const digits = ((view.getBigUint64(0) << 64n) | view.getBigUint64(8)).toString().padStart(scale + 1, '0');
  const fraction = digits.slice(-scale).replace(/0+$/, '');
  const amount = digits.slice(0, -scale) + (fraction === '' ? '' : `.${fraction}`);
  known.set(bytes, amount);
  return amount;
}
