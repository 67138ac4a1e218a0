import { type Dice, stream } from '../dice.ts';
import { sentences } from '../words.ts';
import type { Seller } from './catalogue.ts';
import { type Category, lineage } from './categories.ts';

const PHOTO = stream('photo key');
const TEXT = stream('description');
const REVIEW = stream('top review');

const POOL = 256;

/** Encoded JSON that many products share. Made on first use, bounded by the pools and the number of sellers. */
export class Parts {
  readonly #dice: Dice;
  readonly #photos: Buffer[] = [];
  readonly #descriptions: Buffer[] = [];
  readonly #reviews: Buffer[] = [];
  readonly #categories = new Map<number, Buffer>();
  readonly #sellers = new Map<number, Buffer>();

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** A photo up to and without the value of `color`. */
  photo(number: number): Buffer {
    const at = number % POOL;
    this.#photos[at] ??= Buffer.from(this.#makePhoto(at));
    return this.#photos[at];
  }

  photoKey(number: number): string {
    return this.#dice.key(20, PHOTO, number % POOL);
  }

  #makePhoto(number: number): string {
    const base = `https://images.uzum.uz/${this.photoKey(number)}`;
    const size = (name: string, high: string, low: string) =>
      `"${name}":{"high":"${base}/${high}.jpg","low":"${base}/${low}.jpg"}`;
    const sized = (name: string, real: string) =>
      size(name, `t_product_${real}_high`, `t_product_${real}_low`);
    const sizes = [
      size('800', 'original', 't_product_low'),
      size('720', 'original', 't_product_low'),
      sized('480', '540'),
      sized('240', '240'),
      sized('80', '80'),
      sized('24034', '240'),
      sized('120', '240'),
      sized('540', '540'),
      sized('60', '80'),
    ];
    return `{"photo":{${sizes.join(',')}},"photoKey":"${this.photoKey(number)}","hasVerticalPhoto":false,"color":`;
  }

  /** A description as a JSON string, 0.4 to 4 KB of HTML in one of the languages. */
  description(number: number): Buffer {
    const at = number % POOL;
    this.#descriptions[at] ??= Buffer.from(this.#makeDescription(at));
    return this.#descriptions[at];
  }

  #makeDescription(number: number): string {
    const dice = this.#dice;
    const count = 4 + dice.below(22, TEXT, number);
    const paragraphs: string[] = [];
    for (let i = 0; i < count; i++) {
      const sentence = dice.pick(sentences, TEXT, number, i, 1);
      paragraphs.push(`<p>${dice.share(TEXT, number) < 0.6 ? sentence.uz : sentence.ru}</p>`);
    }
    if (dice.share(TEXT, number, 99) < 0.5)
      paragraphs.push(`<p><img src="https://images.uzum.uz/${this.photoKey(number)}/original.jpg" /></p>`);
    return JSON.stringify(paragraphs.join(number % 3 === 0 ? '\n' : ''));
  }

  /** The leaf with its parents, as a product nests them. */
  category(leaf: Category): Buffer {
    let part = this.#categories.get(leaf.id);
    if (part === undefined) {
      const text = lineage(leaf).reduce(
        (parent, { id, title, productAmount }) =>
          `{"id":${id},"title":${JSON.stringify(title.uz)},"productAmount":${productAmount},"parent":${parent}}`,
        'null',
      );
      part = Buffer.from(text);
      this.#categories.set(leaf.id, part);
    }
    return part;
  }

  seller(number: number, seller: () => Seller): Buffer {
    let part = this.#sellers.get(number);
    if (part === undefined) {
      part = Buffer.from(this.#makeSeller(number, seller()));
      this.#sellers.set(number, part);
    }
    return part;
  }

  #makeSeller(number: number, seller: Seller): string {
    const dice = this.#dice;
    return JSON.stringify({
      id: seller.id,
      title: seller.title,
      link: seller.link,
      banner: null,
      avatar: null,
      description: dice.pick(sentences, TEXT, number, 501).ru,
      hasCharityProducts: false,
      registrationDate: seller.registeredAt,
      rating: 3.5 + dice.below(16, TEXT, number, 502) / 10,
      reviews: dice.below(5000, TEXT, number, 503),
      orders: dice.below(40_000, TEXT, number, 504),
      official: number % 9 === 0,
      contacts: [],
      categories: [],
      currentCategory: null,
      filters: [],
      appliedFilters: [],
      priceFilter: null,
      totalProducts: 0,
      parents: [],
      products: [],
      sellerAccountId: seller.accountId,
      info: null,
    });
  }

  /** The text of a review, as the end of a `topFeedback` object that begins with its ids. */
  review(number: number): Buffer {
    const at = number % 16;
    this.#reviews[at] ??= Buffer.from(
      `"edited":false,"customer":"Sinov","rating":5,"characteristics":[],"pros":"","cons":"","content":${JSON.stringify(this.#dice.pick(sentences, REVIEW, at).uz)},"photos":[],"status":"PUBLISHED","hasVerticalPhoto":null,"like":false,"dislike":false,"amountLike":0,"amountDislike":0,"isAnonymous":false}`,
    );
    return this.#reviews[at];
  }
}
