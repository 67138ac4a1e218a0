import { Changes, usualRates } from '../changes.ts';
import { Dice, stream } from '../dice.ts';
import { type Offer, type PricedSubject, Pricing } from '../pricing.ts';
import type { TrueThing } from '../site.ts';
import { brands, names, nouns, type Phrase, qualities } from '../words.ts';
import { type Category, CategoryTree, lineage } from './categories.ts';

export interface UzumOptions {
  readonly seed: number;
  /** Ids run from 1 to this number. */
  readonly products: number;
  /** Ids that are added at the end with every epoch. */
  readonly newPerEpoch: number;
  /** Share of ids that never existed. */
  readonly missingShare: number;
  readonly discountShare: number;
  readonly outOfStockShare: number;
  readonly sellers: number;
}

export interface Seller {
  readonly id: number;
  readonly accountId: number;
  readonly title: string;
  readonly link: string;
  readonly registeredAt: number;
}

/** What a product is, whatever the epoch. */
export interface Product extends PricedSubject {
  readonly title: Phrase;
  readonly leaf: Category;
}

const MISSING = stream('id does not exist');
const SELLER = stream('seller of a product');
const LEAF = stream('category of a product');
const SKUS = stream('number of skus');
const SAME = stream('one price for all skus');
const PRICE = stream('base price');
const TITLE = stream('title');
const SELLERS = stream('sellers');

/** Room for the SKU ids of one product. */
const SKU_SPAN = 128;

/** Uzum's goods: which exist, what they are, and what they cost in every epoch. */
export class Catalogue {
  readonly dice: Dice;
  readonly tree = new CategoryTree();
  readonly #options: UzumOptions;
  readonly #changes: Changes;
  readonly #pricing: Pricing;

  constructor(options: UzumOptions) {
    this.#options = options;
    this.dice = new Dice(options.seed, 'uzum');
    this.#changes = new Changes(this.dice, usualRates);
    this.#pricing = new Pricing(this.dice, this.#changes, {
      discounted: options.discountShare,
      outOfStock: options.outOfStockShare,
    });
  }

  /** The highest id of an epoch. */
  lastId(epoch: number): number {
    return this.#options.products + epoch * this.#options.newPerEpoch;
  }

  exists(id: number, epoch: number): boolean {
    return (
      id >= 1 &&
      id <= this.lastId(epoch) &&
      this.dice.share(MISSING, id) >= this.#options.missingShare &&
      this.#changes.present(id, epoch)
    );
  }

  product(id: number): Product {
    const { dice } = this;
    const size = dice.share(SKUS, id);
    const hundred = size < 0.003;
    const seller = Math.floor(dice.share(SELLER, id) ** 2 * this.#options.sellers);
    return {
      id,
      seller,
      leaf: dice.pick(this.tree.leaves, LEAF, id),
      title: this.#title(id),
      offers: hundred ? 100 : size < 0.06 ? 1 : 2 + Math.floor(((size - 0.06) / 0.94) * 5),
      samePrice: hundred ? dice.share(SAME, id) < 0.6 : dice.share(SAME, id) < 0.5,
      basePrice: Math.round(5000 * 3000 ** (dice.share(PRICE, id) ** 1.4)),
    };
  }

  offers(product: Product, epoch: number): Offer[] {
    return this.#pricing.offers(product, epoch);
  }

  skuId(product: Product, index: number): number {
    return 1_000_000 + product.id * SKU_SPAN + index;
  }

  seller(number: number): Seller {
    const { dice } = this;
    const kind = dice.share(SELLERS, number);
    const name =
      kind < 0.4
        ? `${dice.pick(brands, SELLERS, number, 1)} ${dice.pick(['Savdo', 'Market', 'Shop', 'Store', 'Магазин'], SELLERS, number, 2)}`
        : kind < 0.7
          ? `YTT ${dice.pick(names.last, SELLERS, number, 3)} ${dice.pick(names.first, SELLERS, number, 4)}`
          : `"${dice.pick(brands, SELLERS, number, 5)} ${dice.pick(['Trade', 'Plus', 'Group', 'Invest'], SELLERS, number, 6)}" MChJ`;
    return {
      id: 1000 + number * 7,
      // Some accounts own two shops.
      accountId: 500_000 + (number - (number % 5 === 1 ? 1 : 0)) * 13,
      title: `${name} ${number}`,
      link: `dokon-${number}`,
      registeredAt: 1_600_000_000_000 + dice.below(140_000_000_000, SELLERS, number, 7),
    };
  }

  /** Everything that exists in an epoch, by id. */
  *truth(epoch: number): Generator<TrueThing> {
    for (let id = 1; id <= this.lastId(epoch); id++) {
      if (!this.exists(id, epoch)) continue;
      const product = this.product(id);
      const seller = this.seller(product.seller);
      const chain = lineage(product.leaf);
      yield {
        kind: 'product',
        externalId: String(id),
        title: product.title.uz,
        titleRu: product.title.ru,
        currency: 'UZS',
        seller: { externalId: String(seller.id), title: seller.title },
        category: {
          externalId: String(product.leaf.id),
          title: product.leaf.title.uz,
          path: chain.map(({ title }) => title.uz),
        },
        offers: this.offers(product, epoch).map(({ index, price, full, units }) => ({
          externalId: String(this.skuId(product, index)),
          price: String(price),
          oldPrice: full > price ? String(full) : null,
          availability: units > 0 ? 'in_stock' : 'out_of_stock',
        })),
      };
    }
  }

  #title(id: number): Phrase {
    const { dice } = this;
    const noun = dice.pick(nouns, TITLE, id, 1);
    const quality = dice.pick(qualities, TITLE, id, 2);
    const brand = dice.pick(brands, TITLE, id, 3);
    const size = dice.share(TITLE, id, 4);
    // Inches put quotation marks into titles, litres a decimal comma.
    const measure =
      size < 0.1
        ? { uz: ` ${8 + dice.below(60, TITLE, id, 5)}" dan`, ru: ` от ${8 + dice.below(60, TITLE, id, 5)}"` }
        : size < 0.3
          ? { uz: ` ${1 + dice.below(9, TITLE, id, 5)},5 l`, ru: ` ${1 + dice.below(9, TITLE, id, 5)},5 л` }
          : { uz: '', ru: '' };
    const model = `${'ABCDEFGHKMNPRSTX'[dice.below(16, TITLE, id, 6)]}-${100 + dice.below(900, TITLE, id, 7)}`;
    return {
      uz: `${noun.uz} ${brand} ${model}${measure.uz}, ${quality.uz}`,
      ru: `${noun.ru} ${brand} ${model}${measure.ru}, ${quality.ru}`,
    };
  }
}
