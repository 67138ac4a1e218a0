import { parseArgs } from 'node:util';
import type { OlxOptions } from './olx/market.ts';
import type { UzexOptions } from './uzex/procurement.ts';
import type { UzumOptions } from './uzum/catalogue.ts';
import type { YandexOptions } from './yandex/showcase.ts';

export interface SimulatorOptions {
  readonly seed: number;
  /** 0 takes a free port. */
  readonly controlPort: number;
  /** How many forward proxies to run. */
  readonly proxies: number;
  readonly uzum: UzumOptions;
  readonly olx: OlxOptions;
  readonly uzex: UzexOptions;
  readonly yandex: YandexOptions;
}

/** A command line that makes no sense; the message is one line that says what to change. */
export class OptionError extends Error {}

const defaults = {
  seed: '1',
  'control-port': '0',
  proxies: '2',
  'uzum-products': '8000',
  'uzum-new-per-epoch': '0',
  'uzum-missing-share': '0.22',
  'uzum-discount-share': '0.3',
  'uzum-out-of-stock-share': '0.08',
  'uzum-sellers': '1500',
  'olx-ads': '3000',
  'olx-new-per-epoch': '15',
  'uzex-auctions': '1500',
  'uzex-shop-deals': '1000',
  'uzex-trades': '300',
  'uzex-new-per-epoch': '8',
  'yandex-products': '400',
} as const;
type Flag = keyof typeof defaults;

/** Reads the command line. Every flag has a default; see simulator/README.md. */
export function readOptions(args: string[]): SimulatorOptions {
  let values: Partial<Record<string, string>>;
  try {
    ({ values } = parseArgs({
      args,
      options: Object.fromEntries(Object.keys(defaults).map((flag) => [flag, { type: 'string' as const }])),
    }));
  } catch (error) {
    throw new OptionError(error instanceof Error ? error.message : String(error));
  }
  const number = (flag: Flag, low: number, high: number, whole: boolean): number => {
    const value = Number(values[flag] ?? defaults[flag]);
    if (value >= low && value <= high && (!whole || Number.isInteger(value))) return value;
    throw new OptionError(`--${flag} must be ${whole ? 'a whole' : 'a'} number from ${low} to ${high}.`);
  };
  const count = (flag: Flag, high = 10_000_000) => number(flag, 0, high, true);
  const share = (flag: Flag) => number(flag, 0, 1, false);
  const seed = count('seed', 0xffff_ffff);
  return {
    seed,
    controlPort: count('control-port', 65_535),
    proxies: count('proxies', 20),
    uzum: {
      seed,
      products: count('uzum-products'),
      newPerEpoch: count('uzum-new-per-epoch'),
      missingShare: share('uzum-missing-share'),
      discountShare: share('uzum-discount-share'),
      outOfStockShare: share('uzum-out-of-stock-share'),
      sellers: number('uzum-sellers', 1, 1_000_000, true),
    },
    olx: { seed, ads: count('olx-ads'), newPerEpoch: count('olx-new-per-epoch') },
    uzex: {
      seed,
      auctions: count('uzex-auctions', 100_000),
      shopDeals: count('uzex-shop-deals', 500_000),
      trades: count('uzex-trades', 500_000),
      newPerEpoch: count('uzex-new-per-epoch', 10_000),
    },
    yandex: { seed, products: count('yandex-products', 1_000_000) },
  };
}
