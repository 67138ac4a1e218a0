import { type Dice, stream } from './dice.ts';

/** How often things change, as shares per epoch. */
export interface ChangeRates {
  /** A seller reprices everything. */
  readonly sellerWide: number;
  /** One product changes in most of its offers at once. */
  readonly product: number;
  /** One offer of a product changes alone. */
  readonly singleOffer: number;
  /** Of the changes, the share that is taken back within a few epochs. */
  readonly reverted: number;
  /** A thing disappears. */
  readonly vanish: number;
  /** Of the things that disappeared, the share that comes back. */
  readonly returns: number;
}

/** About 5 % of offers change price or availability in an epoch, reverts included. */
export const usualRates: ChangeRates = {
  sellerWide: 0.009,
  product: 0.029,
  singleOffer: 0.03,
  reverted: 0.3,
  vanish: 0.005,
  returns: 0.4,
};

export type Aspect = 'price' | 'discount' | 'availability';

/** Something that happened to a product at the start of an epoch. `value` says how far, from 0 up to 1. */
export interface Change {
  readonly from: number;
  /** First epoch in which it no longer holds. */
  readonly until: number;
  readonly aspect: Aspect;
  readonly value: number;
  /** Null: most or all offers. Otherwise the only offer that is touched. */
  readonly only: number | null;
  readonly everyOffer: boolean;
}

/** What changes belong to: a product, its seller, and how many offers it can have. */
export interface Subject {
  readonly id: number;
  readonly seller: number;
  readonly offers: number;
  /** All offers share one price, so a change of price touches all of them. */
  readonly samePrice: boolean;
}

const SELLER = stream('seller-wide change');
const PRODUCT = stream('product change');
const SINGLE = stream('single offer change');
const ASPECT = stream('aspect of a change');
const VALUE = stream('value of a change');
const REVERT = stream('change is taken back');
const TOUCHED = stream('offer takes part in a change');
const VANISH = stream('thing vanishes');
const RETURN = stream('thing returns');
const LIFE = stream('offer appears or disappears');

/** The fate of things over the epochs, as a pure function of the dice. */
export class Changes {
  readonly #dice: Dice;
  readonly #rates: ChangeRates;

  constructor(dice: Dice, rates: ChangeRates) {
    this.#dice = dice;
    this.#rates = rates;
  }

  /** Every change that holds in `epoch`, newest first. */
  holding(subject: Subject, epoch: number): Change[] {
    const { id, seller } = subject;
    const found: Change[] = [];
    for (let from = epoch; from >= 1; from--) {
      if (this.#dice.share(SINGLE, id, from) < this.#rates.singleOffer)
        this.#add(found, subject, from, epoch, 'single');
      if (this.#dice.share(PRODUCT, id, from) < this.#rates.product)
        this.#add(found, subject, from, epoch, 'product');
      if (this.#dice.share(SELLER, seller, from) < this.#rates.sellerWide)
        this.#add(found, subject, from, epoch, 'seller');
    }
    return found;
  }

  #add(
    found: Change[],
    subject: Subject,
    from: number,
    epoch: number,
    scope: 'single' | 'product' | 'seller',
  ) {
    const about = scope === 'seller' ? subject.seller : subject.id;
    const salt = scope === 'single' ? 1 : scope === 'product' ? 2 : 3;
    const revert = this.#dice.share(REVERT, about, from, salt);
    const until =
      revert < this.#rates.reverted ? from + 1 + Math.floor((revert / this.#rates.reverted) * 3) : Infinity;
    if (until <= epoch) return;
    const pick = this.#dice.share(ASPECT, about, from, salt);
    const aspect =
      scope === 'seller' || pick < 0.65 ? 'price' : pick < 0.82 ? 'discount' : ('availability' as const);
    const alone = scope === 'single' && !(subject.samePrice && aspect !== 'availability');
    found.push({
      from,
      until,
      aspect,
      value: this.#dice.share(VALUE, about, from, salt),
      only: alone ? this.#dice.below(subject.offers, TOUCHED, subject.id, from) : null,
      everyOffer: scope === 'seller' || subject.samePrice,
    });
  }

  /** Whether a change reaches one offer of the product. */
  touches(change: Change, id: number, offer: number): boolean {
    if (change.only !== null) return change.only === offer;
    return change.everyOffer || this.#dice.share(TOUCHED, id, change.from, offer + 1) < 0.8;
  }

  /** False in the epochs in which a thing that exists is not to be found. */
  present(id: number, epoch: number): boolean {
    for (let from = epoch; from >= 1; from--) {
      if (this.#dice.share(VANISH, id, from) >= this.#rates.vanish) continue;
      const back = this.#dice.share(RETURN, id, from);
      if (back >= this.#rates.returns) return false;
      if (epoch < from + 1 + Math.floor((back / this.#rates.returns) * 3)) return false;
    }
    return true;
  }

  /** False before an offer appears and after it disappears. The first offer of a product always stays. */
  offered(id: number, offer: number, epoch: number): boolean {
    if (offer === 0) return true;
    const fate = this.#dice.share(LIFE, id, offer);
    if (fate >= 0.05) return true;
    const turn = 1 + this.#dice.below(12, LIFE, id, offer, 1);
    return fate < 0.025 ? epoch >= turn : epoch < turn;
  }
}
