import { Dice, stream } from '../dice.ts';
import { brands, departments, names, nouns, type Phrase, qualities } from '../words.ts';

export interface UzexOptions {
  readonly seed: number;
  /** Finished auctions, finished deals of each shop, and etender trades at epoch 0. */
  readonly auctions: number;
  readonly shopDeals: number;
  readonly trades: number;
  /** Lots of every sort that are added at the front with an epoch. */
  readonly newPerEpoch: number;
}

export interface Party {
  readonly name: string;
  /** Null for some private entrepreneurs. */
  readonly inn: string | null;
}

/** Money is in hundredths, quantities are in halves, so that every product of the two is exact. */
export interface Item {
  readonly number: number;
  readonly text: string;
  readonly priceHundredths: number;
  readonly quantityHalves: number;
  readonly costHundredths: number;
  readonly measure: string;
}

/** What all lots have. The number counts from the oldest lot of its sort. */
export interface Lot {
  readonly number: number;
  readonly id: number;
  readonly startAt: number;
  readonly endAt: number;
  readonly dealAt: number;
  readonly category: Phrase;
  readonly customer: Party;
  readonly provider: Party;
  readonly items: readonly Item[];
  readonly startHundredths: number;
  readonly finalHundredths: number;
  readonly participants: number;
  readonly budget: boolean;
}

export type Sort = 'auction' | 'shop' | 'national-shop' | 'shop-unfinished' | 'etender';

/** First id and room between the sorts, so that a bare id names one lot. */
const FIRST_ID: Record<Sort, number> = {
  auction: 400_000,
  etender: 600_000,
  shop: 5_000_000,
  'national-shop': 6_000_000,
  'shop-unfinished': 7_000_000,
};

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const OLDEST = Date.UTC(2031, 0, 2, 5);
/** Newer trades than this many are still open. */
const OPEN_TRADES = 60;

const LOT = stream('lot');
const ITEM = stream('item of a lot');
const PARTY = stream('party');

/** The state's purchases. Lots never change once they are there; new ones keep coming. */
export class Procurement {
  readonly dice: Dice;
  readonly #options: UzexOptions;

  constructor(options: UzexOptions) {
    this.#options = options;
    this.dice = new Dice(options.seed, 'uzex');
  }

  /** How many lots of a sort there are in an epoch. */
  count(sort: Sort, epoch: number): number {
    const { auctions, shopDeals, trades, newPerEpoch } = this.#options;
    const first = sort === 'auction' ? auctions : sort === 'etender' ? trades : shopDeals;
    return first + epoch * newPerEpoch;
  }

  /** Lot numbers of a sort, newest first. */
  *newestFirst(sort: Sort, epoch: number): Generator<number> {
    for (let number = this.count(sort, epoch) - 1; number >= 0; number--) yield number;
  }

  /** The number of the lot with an id, or null. */
  find(sort: Sort, id: number, epoch: number): number | null {
    const number = id - FIRST_ID[sort];
    return Number.isInteger(number) && number >= 0 && number < this.count(sort, epoch) ? number : null;
  }

  /** Whether a trade still takes offers. */
  open(number: number, epoch: number): boolean {
    return number >= this.count('etender', epoch) - OPEN_TRADES;
  }

  /** Whether a trade that is over ended with a deal. */
  dealt(number: number): boolean {
    return this.dice.share(LOT, number, 20) < 0.7;
  }

  lot(sort: Sort, number: number): Lot {
    const { dice } = this;
    const about = FIRST_ID[sort];
    const count =
      sort === 'auction'
        ? 1 + dice.below(8, LOT, about, number, 1)
        : sort === 'etender'
          ? 1 + dice.below(3, LOT, about, number, 1)
          : 1;
    const items = Array.from({ length: count }, (_, i) => this.#item(about, number, i));
    const final = items.reduce((sum, item) => sum + item.costHundredths, 0);
    const dealAt = OLDEST + number * 37 * MINUTE;
    const budget = dice.share(LOT, about, number, 2) < 0.5;
    return {
      number,
      id: about + number,
      startAt: dealAt - 7 * DAY - dice.below(600, LOT, about, number, 3) * 1000,
      endAt: dealAt - 50 * MINUTE,
      dealAt,
      category: dice.pick(departments, LOT, about, number, 4),
      customer: this.#party(dice.below(120, LOT, about, number, 5), true),
      provider: this.#party(1000 + dice.below(300, LOT, about, number, 6), false),
      items,
      startHundredths:
        Math.round((final * (1.05 + dice.share(LOT, about, number, 7) * 0.6)) / 10_000) * 10_000,
      finalHundredths: final,
      participants: 2 + dice.below(18, LOT, about, number, 8),
      budget,
    };
  }

  #item(about: number, number: number, index: number): Item {
    const { dice } = this;
    const key = about + number * 16 + index;
    const odd = dice.share(ITEM, key, 1);
    const sum = Math.round(500 * 8000 ** dice.share(ITEM, key, 2));
    const priceHundredths = sum * 100 + (odd < 0.1 ? 50 : odd < 0.2 ? 6 : 0);
    const quantityHalves = 2 * (1 + dice.below(60, ITEM, key, 3)) + (dice.share(ITEM, key, 4) < 0.1 ? 1 : 0);
    const noun = dice.pick(nouns, ITEM, key, 5);
    const text = `${dice.share(ITEM, key, 6) < 0.5 ? noun.ru : noun.uz} ${dice.pick(brands, ITEM, key, 7)}, ${dice.pick(qualities, ITEM, key, 8).ru}`;
    return {
      number: index + 1,
      // Free texts begin with a line break now and then.
      text: dice.share(ITEM, key, 9) < 0.3 ? `\n${text}` : text,
      priceHundredths,
      quantityHalves,
      costHundredths: (priceHundredths * quantityHalves) / 2,
      measure: dice.pick(['шт', 'кг', 'л', 'пач', 'м'], ITEM, key, 10),
    };
  }

  #party(number: number, buyer: boolean): Party {
    const { dice } = this;
    const person = `${dice.pick(names.last, PARTY, number, 1)} ${dice.pick(names.first, PARTY, number, 2)}`;
    if (!buyer && dice.share(PARTY, number, 3) < 0.3)
      return { name: `YTT ${person} ${number}`.toUpperCase(), inn: null };
    const kind = buyer ? dice.pick(['ГУП', 'АО', 'MTT', 'DM'], PARTY, number, 4) : 'MCHJ';
    return {
      name: `"${dice.pick(brands, PARTY, number, 5)} ${number}" ${kind}`,
      inn: String(200_000_001 + number * 37),
    };
  }
}
