import { describe, expect, it } from 'vitest';
import { Catalogue } from '../../simulator/uzum/catalogue.ts';

const options = {
  seed: 3,
  products: 4000,
  newPerEpoch: 0,
  missingShare: 0.22,
  discountShare: 0.3,
  outOfStockShare: 0.08,
  sellers: 1500,
};
const EPOCHS = 8;

/** SKU id to its value as price history would keep it, per product. */
function valuesAt(catalogue: Catalogue, epoch: number): Map<string, Map<string, string>> {
  const products = new Map<string, Map<string, string>>();
  for (const { externalId, offers } of catalogue.truth(epoch)) {
    const values = offers.map(
      (offer) => [offer.externalId, `${offer.price} ${offer.oldPrice} ${offer.availability}`] as const,
    );
    products.set(externalId, new Map(values));
  }
  return products;
}

describe('the truth over the epochs', () => {
  const catalogue = new Catalogue(options);
  const epochs = Array.from({ length: EPOCHS }, (_, epoch) => valuesAt(catalogue, epoch));
  const at = (epoch: number) => epochs[epoch] as Map<string, Map<string, string>>;

  it('is the same for the same seed and differs for another', () => {
    expect(valuesAt(new Catalogue(options), 5)).toEqual(at(5));
    expect(valuesAt(new Catalogue({ ...options, seed: 4 }), 5)).not.toEqual(at(5));
  });

  it('leaves about 22 % of the ids without a product', () => {
    expect(at(0).size / options.products).toBeCloseTo(0.78, 1);
  });

  it('gives most products two to six SKUs, and a few a hundred', () => {
    const sizes = [...at(0).values()].map((skus) => skus.size);
    expect(sizes.reduce((sum, size) => sum + size, 0) / sizes.length).toBeGreaterThan(3.4);
    expect(sizes.filter((size) => size >= 2 && size <= 6).length / sizes.length).toBeGreaterThan(0.9);
    expect(sizes.filter((size) => size > 80).length).toBeGreaterThan(2);
  });

  it('has a product with a hundred SKUs that share one price', () => {
    const shared = [...at(0).values()].filter(
      (skus) => skus.size > 80 && new Set([...skus.values()].map((value) => value.split(' ')[0])).size === 1,
    );
    expect(shared.length).toBeGreaterThan(0);
  });

  it('starts with about 30 % discounted and 8 % sold out', () => {
    const values = [...at(0).values()].flatMap((skus) => [...skus.values()]);
    expect(values.filter((value) => !value.includes(' null ')).length / values.length).toBeCloseTo(0.3, 1);
    const soldOut = values.filter((value) => value.endsWith('out_of_stock')).length / values.length;
    expect(soldOut).toBeGreaterThan(0.05);
    expect(soldOut).toBeLessThan(0.12);
  });

  it.each([1, 2, 5, 7])('changes about 5 %% of the SKUs at epoch %i, in clusters', (epoch) => {
    let compared = 0;
    let changed = 0;
    const changedProducts = new Set<string>();
    for (const [id, skus] of at(epoch)) {
      for (const [sku, value] of skus) {
        const before = at(epoch - 1)
          .get(id)
          ?.get(sku);
        if (before === undefined) continue;
        compared++;
        if (before === value) continue;
        changed++;
        changedProducts.add(id);
      }
    }
    expect(changed / compared).toBeGreaterThan(0.03);
    expect(changed / compared).toBeLessThan(0.075);
    expect(changed / changedProducts.size).toBeGreaterThan(1.3);
  });

  it('takes some changes back', () => {
    const first = [...at(0).values()].flatMap((skus) => [...skus]);
    const later = new Map([...at(2).values()].flatMap((skus) => [...skus]));
    const between = new Map([...at(1).values()].flatMap((skus) => [...skus]));
    const reverted = first.filter(([sku, value]) => between.get(sku) !== value && later.get(sku) === value);
    expect(reverted.length).toBeGreaterThan(5);
  });

  it('lets products vanish, and some of them return', () => {
    const gone = [...at(0).keys()].filter((id) => !at(1).has(id));
    expect(gone.length / at(0).size).toBeGreaterThan(0.002);
    expect(gone.length / at(0).size).toBeLessThan(0.01);
    const ever = [...at(0).keys()].filter((id) => epochs.some((epoch) => !epoch.has(id)));
    expect(ever.some((id) => at(EPOCHS - 1).has(id))).toBe(true);
    expect(ever.some((id) => !at(EPOCHS - 1).has(id))).toBe(true);
  });

  it('lets SKUs appear and disappear', () => {
    const skus = (epoch: number) =>
      new Map([...at(epoch)].flatMap(([id, offers]) => [...offers.keys()].map((sku) => [sku, id])));
    const early = skus(0);
    const late = skus(EPOCHS - 1);
    const still = (id: string | undefined) => id !== undefined && at(0).has(id) && at(EPOCHS - 1).has(id);
    expect([...late].filter(([sku, id]) => !early.has(sku) && still(id)).length).toBeGreaterThan(5);
    expect([...early].filter(([sku, id]) => !late.has(sku) && still(id)).length).toBeGreaterThan(5);
  });

  it('adds ids at the end when told to grow', () => {
    const growing = new Catalogue({ ...options, products: 100, newPerEpoch: 50 });
    const ids = [...growing.truth(2)].map(({ externalId }) => Number(externalId));
    expect(Math.max(...ids)).toBeGreaterThan(150);
    expect(
      Math.max(...[...growing.truth(0)].map(({ externalId }) => Number(externalId))),
    ).toBeLessThanOrEqual(100);
  });
});
