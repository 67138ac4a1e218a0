import { Changes, usualRates } from '../changes.ts';
import { Dice, stream } from '../dice.ts';
import { Pricing } from '../pricing.ts';
import type { TrueThing } from '../site.ts';
import { brands, names, nouns, qualities } from '../words.ts';

export interface OlxOptions {
  readonly seed: number;
  readonly ads: number;
  /** Ads that are placed with every epoch. */
  readonly newPerEpoch: number;
}

export interface OlxCategory {
  readonly id: number;
  /** The category above it, whose lists include its ads; null at the top. */
  readonly within: number | null;
  readonly type: string;
  readonly path: string;
  readonly title: string;
  /** Share of the ads. */
  readonly weight: number;
  /** Share of its ads that are priced in conventional units. */
  readonly uye: number;
}

/** A few of the real categories; cars are many enough to exceed the limit on what one search shows. */
export const olxCategories: readonly OlxCategory[] = [
  {
    id: 108,
    within: 3,
    type: 'automotive',
    path: '/transport/legkovye-avtomobili',
    title: 'Легковые автомобили',
    weight: 0.42,
    uye: 0.8,
  },
  {
    id: 1147,
    within: 1,
    type: 'real_estate',
    path: '/nedvizhimost/kvartiry/arenda-dolgosrochnaya',
    title: 'Долгосрочная аренда квартир',
    weight: 0.15,
    uye: 0.7,
  },
  { id: 1151, within: null, type: 'free', path: '/otdam-darom', title: 'Отдам даром', weight: 0.03, uye: 0 },
  { id: 6, within: null, type: 'jobs', path: '/rabota', title: 'Работа', weight: 0.05, uye: 0 },
  {
    id: 37,
    within: null,
    type: 'electronics',
    path: '/elektronika',
    title: 'Электроника',
    weight: 0.15,
    uye: 0.2,
  },
  { id: 899, within: null, type: 'house', path: '/dom-i-sad', title: 'Дом и сад', weight: 0.12, uye: 0.05 },
  {
    id: 903,
    within: null,
    type: 'hobby',
    path: '/hobbi-otdyh-i-sport',
    title: 'Хобби, отдых и спорт',
    weight: 0.08,
    uye: 0.1,
  },
];

export const olxCities = [
  {
    cityId: 4,
    city: 'Ташкент',
    cityKey: 'tashkent',
    regionId: 5,
    region: 'Ташкентская область',
    regionKey: 'toshkent-oblast',
  },
  {
    cityId: 21,
    city: 'Самарканд',
    cityKey: 'samarkand',
    regionId: 7,
    region: 'Самаркандская область',
    regionKey: 'samarkandskaya-oblast',
  },
  {
    cityId: 33,
    city: 'Бухара',
    cityKey: 'buhara',
    regionId: 9,
    region: 'Бухарская область',
    regionKey: 'buharskaya-oblast',
  },
  {
    cityId: 41,
    city: 'Фергана',
    cityKey: 'fergana',
    regionId: 12,
    region: 'Ферганская область',
    regionKey: 'ferganskaya-oblast',
  },
] as const;

export interface Price {
  readonly currency: 'UZS' | 'UYE';
  readonly value: number;
  /** The amount in sum, at the epoch's rate. Equal to `value` for prices in sum. */
  readonly inSum: number;
}

/** What an ad is, whatever the epoch. */
export interface Ad {
  readonly number: number;
  readonly id: number;
  readonly code: string;
  readonly title: string;
  readonly category: OlxCategory;
  readonly city: (typeof olxCities)[number];
  readonly user: { id: number; name: string };
  readonly business: boolean;
  readonly promoted: boolean;
  readonly negotiable: boolean;
  readonly exchange: boolean;
  readonly createdAt: number;
}

const FIRST_ID = 60_000_000;
const FIRST_PLACED = Date.UTC(2031, 0, 1);
const MINUTES_BETWEEN = 13;

const AD = stream('ad');
const PRICE = stream('price of an ad');
const RATE = stream('exchange rate');
const GONE = stream('how a gone ad is reported');

/** OLX's ads: which are active, what they are, and what they cost in every epoch. */
export class Market {
  readonly dice: Dice;
  readonly #options: OlxOptions;
  readonly #changes: Changes;
  readonly #pricing: Pricing;

  constructor(options: OlxOptions) {
    this.#options = options;
    this.dice = new Dice(options.seed, 'olx');
    this.#changes = new Changes(this.dice, { ...usualRates, vanish: 0.01 });
    this.#pricing = new Pricing(this.dice, this.#changes, { discounted: 0, outOfStock: 0 });
  }

  /** Ads placed so far, active or not. */
  placed(epoch: number): number {
    return this.#options.ads + epoch * this.#options.newPerEpoch;
  }

  active(number: number, epoch: number): boolean {
    return number >= 0 && number < this.placed(epoch) && this.#changes.present(number, epoch);
  }

  /** The number of an ad with this id, or null when no such id was ever given out. */
  numberOf(id: number, epoch: number): number | null {
    const number = (id - FIRST_ID) / 7;
    return Number.isInteger(number) && number >= 0 && number < this.placed(epoch) ? number : null;
  }

  /** The number of the ad with this code in its address. */
  numberOfCode(code: string, epoch: number): number | null {
    const id = (Number.parseInt(code, 36) - 3) / 11;
    return Number.isInteger(id) ? this.numberOf(id, epoch) : null;
  }

  /** Whether a gone ad still answers 200, with another status than `active`. */
  lingers(number: number): boolean {
    return this.dice.share(GONE, number) < 0.5;
  }

  ad(number: number): Ad {
    const { dice } = this;
    const id = FIRST_ID + number * 7;
    return {
      number,
      id,
      code: (id * 11 + 3).toString(36),
      title: `${dice.pick(nouns, AD, number, 2).ru} ${dice.pick(brands, AD, number, 3)}, ${dice.pick(qualities, AD, number, 4).ru}`,
      category: categoryAt(dice.share(AD, number, 1)),
      city: dice.pick(olxCities, AD, number, 5),
      user: {
        id: 100_000_000 + Math.floor(dice.share(AD, number, 6) ** 2 * 700),
        name: `${dice.pick(names.first, AD, number, 7)} ${dice.pick(names.last, AD, number, 8).slice(0, 1)}.`,
      },
      business: dice.share(AD, number, 9) < 0.2,
      promoted: dice.share(AD, number, 10) < 0.08,
      negotiable: dice.share(AD, number, 11) < 0.4,
      exchange: dice.share(AD, number, 12) < 0.02,
      createdAt: FIRST_PLACED + number * MINUTES_BETWEEN * 60_000,
    };
  }

  /** Sum per conventional unit. Moves with every epoch, without any seller doing anything. */
  rate(epoch: number): number {
    return 12_400 + epoch * 11 + this.dice.below(40, RATE, epoch);
  }

  /** Null for what is given away, exchanged or offered as work. */
  price(ad: Ad, epoch: number): Price | null {
    if (ad.category.type === 'free' || ad.category.type === 'jobs' || ad.exchange) return null;
    const { number } = ad;
    const expensive = ad.category.id === 108;
    const share = this.dice.share(PRICE, number);
    const subject = {
      id: number,
      seller: ad.user.id,
      offers: 1,
      samePrice: true,
      basePrice: expensive ? 20_000_000 + share * 400_000_000 : 30_000 * 400 ** share,
    };
    const sum = this.#pricing.offers(subject, epoch)[0]?.price ?? 0;
    if (this.dice.share(PRICE, number, 1) >= ad.category.uye)
      return { currency: 'UZS', value: sum, inSum: sum };
    const value = Math.max(1, Math.round(sum / 12_500));
    return { currency: 'UYE', value, inSum: value * this.rate(epoch) };
  }

  /** Every active ad, by id. */
  *truth(epoch: number): Generator<TrueThing> {
    for (let number = 0; number < this.placed(epoch); number++) {
      if (!this.active(number, epoch)) continue;
      const ad = this.ad(number);
      const price = this.price(ad, epoch);
      yield {
        kind: 'ad',
        externalId: String(ad.id),
        title: ad.title,
        currency: price?.currency ?? 'UZS',
        seller: { externalId: String(ad.user.id), title: ad.user.name },
        category: { externalId: String(ad.category.id), title: ad.category.title, path: [ad.category.title] },
        status: 'active',
        conversion: price?.currency === 'UYE' ? { currency: 'UZS', value: String(price.inSum) } : null,
        offers: [
          {
            externalId: String(ad.id),
            price: price ? String(price.value) : null,
            oldPrice: null,
            availability: 'in_stock',
          },
        ],
      };
    }
  }
}

/** The category at a point from 0 to 1 when the weights are laid end to end. */
function categoryAt(point: number): OlxCategory {
  let end = 0;
  for (const category of olxCategories) {
    end += category.weight;
    if (point < end) return category;
  }
  return olxCategories[olxCategories.length - 1] as OlxCategory;
}
