import { stream } from '../dice.ts';
import type { Catalogue, Product } from './catalogue.ts';
import type { Category } from './categories.ts';
import type { Parts } from './parts.ts';

const POPULARITY = stream('popularity');

/** More than this many cards are never returned at once. */
const MAX_LIMIT = 100;
/** `offset + limit` beyond this is refused. */
const MAX_WINDOW = 10_000;

/** What a GraphQL request asked for; null when the body is not a `makeSearch` query. */
export interface Search {
  readonly categoryId: string;
  readonly sort: string;
  readonly offset: number;
  readonly limit: number;
}

type Json = Record<string, unknown>;

const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};

/** Reads a GraphQL request body. Both names that were seen for the category are understood. */
export function readSearch(body: string): Search | null {
  let request: Json;
  try {
    request = object(JSON.parse(body));
  } catch {
    return null;
  }
  if (typeof request.query !== 'string' || !request.query.includes('makeSearch')) return null;
  const input = object(object(request.variables).queryInput);
  const pagination = object(input.pagination);
  return {
    categoryId: String(input.categoryId ?? input.offerCategoryId ?? '1'),
    sort: String(input.sort ?? 'BY_RELEVANCE_DESC'),
    offset: Number(pagination.offset ?? 0),
    limit: Number(pagination.limit ?? 48),
  };
}

const failed = (message: string): Json => ({ data: null, errors: [{ message }] });

/** Category tree and `makeSearch` listings over a catalogue. */
export class Listings {
  readonly #catalogue: Catalogue;
  readonly #parts: Parts;
  /** Product ids by leaf category for one epoch: the largest thing to compute, and asked for in runs. */
  #byLeaf: { epoch: number; ids: Map<number, number[]> } | null = null;

  constructor(catalogue: Catalogue, parts: Parts) {
    this.#catalogue = catalogue;
    this.#parts = parts;
  }

  /** The `payload` of root-categories. Titles of roots carry the leading spaces that they have on the real site. */
  rootCategories(): unknown[] {
    const node = (category: Category, depth: number): Json => {
      const { id, title, path, productAmount } = category;
      const children = category.children.map((child) => node(child, depth + 1));
      if (depth === 0) {
        const shown = id % 7 === 0 ? `   ${title.uz}` : title.uz;
        return { id, title: shown, icon: null, iconSvg: '<svg/>', iconLink: null, children, path };
      }
      return {
        id,
        title: title.uz,
        productAmount,
        adult: false,
        eco: false,
        iconLink: null,
        seoMetaTag: `${title.uz} — narxlar, sotib olish`,
        seoHeader: depth === 2 ? null : title.uz,
        children,
        path,
      };
    };
    return this.#catalogue.tree.roots.map((root) => node(root, 0));
  }

  /** The `payload` of one category with its children, or null when there is none. */
  category(id: number): unknown {
    const category = this.#catalogue.tree.find(id);
    if (!category) return null;
    const brief = ({ id: childId, title, productAmount }: Category): Json => ({
      id: childId,
      productAmount,
      adult: false,
      eco: false,
      title: title.uz,
    });
    return { category: { ...brief(category), children: category.children.map(brief) } };
  }

  /** The whole GraphQL response; errors come with HTTP 200, as on the real gateway. */
  search(search: Search, epoch: number, empty: boolean): Json {
    if (!(search.limit >= 0 && search.limit <= MAX_LIMIT)) return failed('limit must be at most 100');
    if (search.offset + search.limit > MAX_WINDOW) return failed('too big query offset');
    const category = this.#catalogue.tree.find(Number(search.categoryId));
    if (!category && search.categoryId !== '1') return failed(`category ${search.categoryId} not found`);
    const leaves = category ? this.#catalogue.tree.leavesBelow(category) : this.#catalogue.tree.leaves;
    const ids = leaves.flatMap((leaf) => this.#idsByLeaf(epoch).get(leaf.id) ?? []);
    ids.sort((a, b) => this.#popularity(b) - this.#popularity(a) || a - b);
    const page = empty ? [] : ids.slice(search.offset, search.offset + search.limit);
    return {
      data: {
        makeSearch: {
          items: page.map((id) => ({ catalogCard: this.#card(this.#catalogue.product(id), epoch) })),
          total: empty ? 0 : ids.length,
          category: category ? { id: category.id, title: category.title.uz } : null,
          categoryTree: leaves.map((leaf) => ({
            category: { id: leaf.id, title: leaf.title.uz },
            total: this.#idsByLeaf(epoch).get(leaf.id)?.length ?? 0,
          })),
          facets: [],
        },
      },
    };
  }

  #popularity(id: number): number {
    return this.#catalogue.dice.draw(POPULARITY, id);
  }

  #idsByLeaf(epoch: number): Map<number, number[]> {
    if (this.#byLeaf?.epoch !== epoch) {
      const ids = new Map<number, number[]>();
      for (let id = 1; id <= this.#catalogue.lastId(epoch); id++) {
        if (!this.#catalogue.exists(id, epoch)) continue;
        const { leaf } = this.#catalogue.product(id);
        const list = ids.get(leaf.id);
        if (list) list.push(id);
        else ids.set(leaf.id, [id]);
      }
      this.#byLeaf = { epoch, ids };
    }
    return this.#byLeaf.ids;
  }

  #card(product: Product, epoch: number): Json {
    const { id, title } = product;
    const offers = this.#catalogue.offers(product, epoch);
    const grouped = offers.length > 1;
    const key = this.#parts.photoKey(id);
    const sell = Math.min(...offers.map(({ price }) => price));
    const popularity = this.#popularity(id);
    return {
      __typename: grouped ? 'SkuGroupCard' : 'ProductCard',
      // The card of a group of SKUs has an id of its own.
      id: grouped ? 80_000_000 + id : id,
      productId: id,
      title: title.uz,
      adult: false,
      favorite: false,
      minFullPrice: Math.min(...offers.map(({ full }) => full)),
      minSellPrice: sell,
      discount: {
        discountPrice: Math.round(sell * 0.95),
        discountAmount: 5,
        paymentOptionKey: 'uzum-card',
        sellDiscountPercent: 5,
        __typename: 'MarketplaceDiscount',
      },
      rating: 3.5 + (popularity % 16) / 10,
      feedbackQuantity: popularity % 900,
      ordersQuantity: popularity % 9000,
      offer: null,
      discountInfo: null,
      badges: [],
      characteristicValues: [],
      skuList: offers.slice(0, 1).map(({ index, price }) => ({
        id: this.#catalogue.skuId(product, index),
        sellPrice: price,
        bestPrice: false,
        __typename: 'Sku',
      })),
      photos: [
        {
          key,
          link: {
            high: `https://images.uzum.uz/${key}/t_product_540_high.jpg`,
            low: `https://images.uzum.uz/${key}/t_product_540_low.jpg`,
            __typename: 'PhotoLink',
          },
          __typename: 'Photo',
        },
      ],
    };
  }
}
