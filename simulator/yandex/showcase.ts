import { Changes, usualRates } from '../changes.ts';
import { Dice, stream } from '../dice.ts';
import { Pricing } from '../pricing.ts';
import type { TrueThing } from '../site.ts';
import { slug } from '../text.ts';
import { brands, departments, nouns, qualities } from '../words.ts';

export interface YandexOptions {
  readonly seed: number;
  readonly products: number;
}

export interface Navnode {
  readonly nid: number;
  readonly hid: number;
  readonly title: string;
  readonly slug: string;
}

/** What a product is, whatever the epoch. */
export interface MarketProduct {
  readonly number: number;
  /** The model id of `/product--`: the product's identity. */
  readonly modelId: number;
  readonly sku: number;
  /** The offer-level id of the `/card/` addresses ("Артикул Market"). */
  readonly cardId: number;
  readonly wareId: string;
  readonly title: string;
  readonly slug: string;
  readonly brand: string;
  readonly shop: { readonly businessId: number; readonly shopId: number; readonly name: string };
  readonly node: Navnode;
}

/** What a page shows of a product in one epoch. */
export interface MarketState {
  readonly product: MarketProduct;
  /** Null when it is sold out: then no price is shown at all. */
  readonly price: { readonly now: number; readonly before: number | null } | null;
}

const FIRST_MODEL = 1_100_000_000;
/** Coprime with the room, so that ids look arbitrary and can still be turned back into numbers. */
const STEP = 7_919;
const ROOM = 9_999_991;
const SHOPS = 60;

const PRODUCT = stream('product');
const PRICE = stream('price');

export const navnodes: readonly Navnode[] = departments.map(({ ru }, i) => ({
  nid: 26_000_000 + i * 1_117,
  hid: 91_000 + i,
  title: ru,
  slug: slug(ru),
}));

/** Market's goods: which exist, what they are, and what they cost in every epoch. */
export class Showcase {
  readonly dice: Dice;
  readonly products: number;
  readonly #changes: Changes;
  readonly #pricing: Pricing;
  readonly #byModel = new Map<number, number>();
  readonly #byCard = new Map<number, number>();

  constructor({ seed, products }: YandexOptions) {
    this.products = products;
    this.dice = new Dice(seed, 'yandex');
    this.#changes = new Changes(this.dice, usualRates);
    this.#pricing = new Pricing(this.dice, this.#changes, { discounted: 0.5, outOfStock: 0.08 });
    for (let number = 0; number < products; number++) {
      const { modelId, cardId } = this.product(number);
      this.#byModel.set(modelId, number);
      this.#byCard.set(cardId, number);
    }
  }

  /** The number of the product with an id of either form of address, if it exists in the epoch. */
  find(form: 'product' | 'card', id: number, epoch: number): number | null {
    const number = (form === 'product' ? this.#byModel : this.#byCard).get(id);
    return number !== undefined && this.#changes.present(number, epoch) ? number : null;
  }

  product(number: number): MarketProduct {
    const { dice } = this;
    const scattered = ((number + 1) * STEP) % ROOM;
    const brand = dice.pick(brands, PRODUCT, number, 1);
    const title = `${dice.pick(nouns, PRODUCT, number, 2).ru} ${brand} ${100 + dice.below(900, PRODUCT, number, 3)}, ${dice.pick(qualities, PRODUCT, number, 4).ru}, ${dice.below(60, PRODUCT, number, 5)}"`;
    const shop = dice.below(SHOPS, PRODUCT, number, 6);
    return {
      number,
      modelId: FIRST_MODEL + scattered,
      sku: 4_600_000_000 + scattered * 3 + 1,
      cardId: 4_330_000_000 + scattered * 7 + 5,
      wareId: dice.key(22, PRODUCT, number, 7),
      title,
      slug: slug(title),
      brand,
      shop: {
        businessId: 197_000_000 + shop * 11,
        shopId: 431_000 + shop,
        name: `${brands[shop % brands.length]} Shop ${shop}`,
      },
      node: dice.pick(navnodes, PRODUCT, number, 8),
    };
  }

  state(number: number, epoch: number): MarketState {
    const product = this.product(number);
    const [offer] = this.#pricing.offers(
      {
        id: number,
        seller: product.shop.shopId,
        offers: 1,
        samePrice: true,
        basePrice: Math.round(20_000 * 900 ** this.dice.share(PRICE, number)),
      },
      epoch,
    );
    if (!offer || offer.units === 0) return { product, price: null };
    return { product, price: { now: offer.price, before: offer.full > offer.price ? offer.full : null } };
  }

  /** Products that can be bought, of a category or with a word in the title. */
  *onSale(epoch: number, nid: number | null, text: string | null): Generator<MarketState> {
    for (let number = 0; number < this.products; number++) {
      if (!this.#changes.present(number, epoch)) continue;
      const state = this.state(number, epoch);
      if (!state.price || (nid !== null && state.product.node.nid !== nid)) continue;
      if (text !== null && !state.product.title.toLowerCase().includes(text.toLowerCase())) continue;
      yield state;
    }
  }

  /** Everything that exists in an epoch, by model id. */
  *truth(epoch: number): Generator<TrueThing> {
    for (const [modelId, number] of [...this.#byModel].sort(([a], [b]) => a - b)) {
      if (!this.#changes.present(number, epoch)) continue;
      const { product, price } = this.state(number, epoch);
      yield {
        kind: 'product',
        externalId: String(modelId),
        title: product.title,
        currency: 'UZS',
        seller: { externalId: String(product.shop.businessId), title: product.shop.name },
        category: {
          externalId: String(product.node.nid),
          title: product.node.title,
          path: [product.node.title],
        },
        cardId: String(product.cardId),
        wareId: product.wareId,
        offers: [
          {
            externalId: String(product.sku),
            price: price ? String(price.now) : null,
            oldPrice: price?.before ? String(price.before) : null,
            availability: price ? 'in_stock' : 'out_of_stock',
          },
        ],
      };
    }
  }
}
