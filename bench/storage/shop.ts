import type { VisitsMessage } from '../../functions/contract/messages.ts';
import type { Reference } from '../../functions/core/model/reference.ts';

export const skusPerProduct = 4;
/** One product in fifteen changes a day, and then three of its four SKUs: 5 % of SKUs, as clustered as real repricing is. */
const oneProductIn = 15;
const skusThatMove = 3;
/** What a marketplace has of them for every product. */
const productsPerSeller = 300;
const productsPerCategory = 400;

/** A marketplace whose prices change as often as they are told to, cheap enough to be visited millions of times. */
export class Shop {
  readonly products: number;
  /** How often each product has changed its prices. */
  readonly #changes: Uint16Array;

  constructor(products: number) {
    this.products = products;
    this.#changes = new Uint16Array(products + 1);
  }

  /** Prices of this day's products change; the answer is how many SKUs that are. */
  nextDay(day: number): number {
    let skus = 0;
    for (let id = 1; id <= this.products; id += 1) {
      if (mixed(id, day) % oneProductIn !== 0) continue;
      this.#changes[id] = (this.#changes[id] ?? 0) + 1;
      skus += skusThatMove;
    }
    return skus;
  }

  /** What visits of these products saw, `at` being the instant of each in epoch milliseconds. */
  visits(references: readonly Reference[], at: (index: number) => number): VisitsMessage {
    return {
      v: 1,
      marketplace: 'uzum',
      sweepId: '2031-01-01T00:00:00.000Z.uzum.refresh',
      jobNumber: 0,
      visits: references.map(({ externalId }, index) => ({
        outcome: 'ok' as const,
        index,
        snapshot: this.#snapshot(Number(externalId), new Date(at(index)).toISOString()),
      })),
      discovered: [],
    };
  }

  #snapshot(id: number, observedAt: string) {
    const changes = this.#changes[id] ?? 0;
    const seller = Math.ceil(id / productsPerSeller);
    const category = Math.ceil(id / productsPerCategory);
    return {
      kind: 'product' as const,
      externalId: String(id),
      observedAt,
      title: `Choynak sopol “Rishton” ${id}, qo‘lda ishlangan, 1.2 litr`,
      currency: 'UZS',
      seller: { externalId: String(seller), title: `Rishton kulollari ${seller}` },
      category: [
        { externalId: '1', title: 'Uy va bog‘' },
        { externalId: String(10 + category), title: `Idish-tovoqlar ${category}` },
      ],
      offers: Array.from({ length: skusPerProduct }, (_, sku) => {
        const base = 10_000 + (mixed(id, sku) % 900) * 1_000;
        const price = base + (sku < skusThatMove ? ((changes * 3) % 7) * 500 : 0);
        return {
          externalId: String(id * 10 + sku),
          title: `Rangi: ${colours[sku]}, o‘lchami: ${30 + sku}`,
          price: String(price),
          oldPrice: mixed(id, sku) % 3 === 0 ? String(price + 15_000) : null,
          available: 1 + (mixed(id, changes) % 40),
          availability: 'in_stock' as const,
        };
      }),
    };
  }
}

const colours = ['oq', 'ko‘k', 'yashil', 'qizil'];

/** A whole number that looks random, the same for the same arguments. */
function mixed(a: number, b: number): number {
  let hash = Math.imul(a, 0x9e37_79b1) ^ Math.imul(b + 1, 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
