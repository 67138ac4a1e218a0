import { type Dice, stream } from '../dice.ts';
import { colours, type Phrase, qualities, sentences } from '../words.ts';
import type { Seller } from './catalogue.ts';
import { type Category, lineage } from './categories.ts';

const PHOTO = stream('photo key');
const TEXT = stream('description');
const REVIEW = stream('top review');

const POOL = 256;

/** JSON text that many products share. Made on first use, bounded by the pools and the number of sellers. */
export class Parts {
  readonly #dice: Dice;
  readonly #photos: string[] = [];
  readonly #descriptions: string[] = [];
  readonly #categories = new Map<number, string>();
  readonly #sellers = new Map<number, string>();

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** A photo up to and without the value of `color`. */
  photo(number: number): string {
    const at = number % POOL;
    this.#photos[at] ??= this.#makePhoto(at);
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

  /** A description as a JSON string, 0.4 to 4 KB of HTML in one or both languages. */
  description(number: number): string {
    const at = number % POOL;
    this.#descriptions[at] ??= this.#makeDescription(at);
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
  category(leaf: Category): string {
    let text = this.#categories.get(leaf.id);
    if (text === undefined) {
      text = lineage(leaf).reduce(
        (parent, { id, title, productAmount }) =>
          `{"id":${id},"title":${JSON.stringify(title.uz)},"productAmount":${productAmount},"parent":${parent}}`,
        'null',
      );
      this.#categories.set(leaf.id, text);
    }
    return text;
  }

  seller(number: number, seller: Seller): string {
    let text = this.#sellers.get(number);
    if (text === undefined) {
      const dice = this.#dice;
      text = JSON.stringify({
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
      this.#sellers.set(number, text);
    }
    return text;
  }

  /** Null for some; otherwise a review by an invented person. */
  topFeedback(id: number): string {
    const dice = this.#dice;
    if (dice.share(REVIEW, id) < 0.35) return 'null';
    const text = JSON.stringify(dice.pick(sentences, REVIEW, id, 1).uz);
    return `{"reviewId":${20_000_000 + id},"productId":${id},"date":${1_755_764_286_225 + id},"edited":false,"customer":"Sinov","rating":5,"characteristics":[],"pros":"","cons":"","content":${text},"photos":[],"status":"PUBLISHED","hasVerticalPhoto":null,"like":false,"dislike":false,"amountLike":0,"amountDislike":0,"id":${140_000_000 + id},"isAnonymous":false}`;
  }
}

/** The option axes of a product: colour times size, as many of each as its SKUs need. */
export interface Axes {
  readonly json: string;
  /** How many colours; 0 when there are no axes. */
  readonly colours: number;
}

/** The colour that SKU `index` has, as the wire writes it. */
export function colourOf(axes: Axes, index: number): string {
  return (colours[index % axes.colours] as Phrase).ru;
}

const axesMade = new Map<number, Axes>();

/** Axes for a number of SKUs: a colour for each up to six, sizes beyond that. */
export function axesFor(skus: number): Axes {
  let axes = axesMade.get(skus);
  if (!axes) {
    axes = makeAxes(skus);
    axesMade.set(skus, axes);
  }
  return axes;
}

function makeAxes(skus: number): Axes {
  if (skus === 1) return { json: '[]', colours: 0 };
  const count = skus <= 6 ? Math.ceil(skus / (skus > 3 ? 2 : 1)) : 10;
  const colour = {
    id: -1,
    title: 'Rang',
    titleType: 'COLOR',
    values: colours.slice(0, count).map(({ uz, ru }, i) => ({ id: -5 - i, title: uz, value: ru })),
  };
  const sizes = Math.ceil(skus / count);
  const size = {
    id: 88,
    title: 'O‘lcham',
    titleType: null,
    values: Array.from({ length: sizes }, (_, i) => {
      const title = `${40 + 2 * i} (${(qualities[i % qualities.length] as Phrase).uz})`;
      return { id: 900 + i, title, value: title };
    }),
  };
  return { json: JSON.stringify(sizes > 1 ? [colour, size] : [colour]), colours: count };
}
