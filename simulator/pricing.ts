import type { Changes, Subject } from './changes.ts';
import { type Dice, stream } from './dice.ts';

/** One offer's value in one epoch. `full` is the price before discount; equal to `price` where there is none. */
export interface Offer {
  /** Position in the product, stable for the life of the offer. */
  readonly index: number;
  readonly price: number;
  readonly full: number;
  readonly units: number;
}

/** Shares that shape the starting state. */
export interface PricingShares {
  readonly discounted: number;
  readonly outOfStock: number;
}

export interface PricedSubject extends Subject {
  /** Price before discount of the first offer in epoch 0, in whole units. */
  readonly basePrice: number;
}

const LEVEL = stream('price of an offer against its product');
const DISCOUNTED = stream('product starts with a discount');
const PERCENT = stream('starting discount');
const STOCK = stream('starting availability');
const UNITS = stream('units in stock');

/** Rounds as sellers do: to thousands, hundreds for cheap things, and now and then to something odd. */
function sellersRound(amount: number, oddness: number): number {
  const step = amount < 50_000 ? 100 : 1000;
  const rounded = Math.max(step, Math.round(amount / step) * step);
  return oddness < 0.15 ? rounded - 10 : rounded;
}

/** Prices and stock as a pure function of product and epoch. */
export class Pricing {
  readonly #dice: Dice;
  readonly #changes: Changes;
  readonly #shares: PricingShares;

  constructor(dice: Dice, changes: Changes, shares: PricingShares) {
    this.#dice = dice;
    this.#changes = changes;
    this.#shares = shares;
  }

  /** The offers that a product shows in an epoch, in their own order. Never empty. */
  offers(subject: PricedSubject, epoch: number): Offer[] {
    const holding = this.#changes.holding(subject, epoch);
    const offers: Offer[] = [];
    for (let index = 0; index < subject.offers; index++) {
      if (this.#changes.offered(subject.id, index, epoch))
        offers.push(this.#offer(subject, index, epoch, holding));
    }
    return offers;
  }

  #offer(
    subject: PricedSubject,
    index: number,
    epoch: number,
    holding: ReturnType<Changes['holding']>,
  ): Offer {
    const { id } = subject;
    const dice = this.#dice;
    let level: number | null = null;
    let discount: number | null = null;
    let flip: boolean | null = null;
    for (const change of holding) {
      if (!this.#changes.touches(change, id, index)) continue;
      // Newest first: the first change found of each aspect is the one that holds.
      if (change.aspect === 'price')
        level ??= change.value < 0.5 ? 0.62 + 0.66 * change.value : 0.74 + 0.66 * change.value;
      else if (change.aspect === 'discount') discount ??= change.value < 0.3 ? 0 : 0.05 + change.value * 0.5;
      else flip ??= true;
    }
    const own = subject.samePrice ? 1 : 0.85 + 0.3 * dice.share(LEVEL, id, index);
    const full = sellersRound(subject.basePrice * own * (level ?? 1), dice.share(LEVEL, id, 0, 7));
    const price = Math.round(full * (1 - (discount ?? this.#startingDiscount(id))));
    const started =
      dice.share(STOCK, id) < this.#shares.outOfStock / 2 ||
      dice.share(STOCK, id, index + 1) < this.#shares.outOfStock / 2;
    const out = flip === true ? !started : started;
    return { index, price, full, units: out ? 0 : 1 + dice.below(120, UNITS, id, index, epoch) };
  }

  #startingDiscount(id: number): number {
    if (this.#dice.share(DISCOUNTED, id) >= this.#shares.discounted) return 0;
    return 0.05 + Math.floor(this.#dice.share(PERCENT, id) * 50) / 100;
  }
}
