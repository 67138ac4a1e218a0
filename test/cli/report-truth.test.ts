import { describe, expect, it } from 'vitest';
import {
  compareWithTruth,
  expectedHistory,
  type StoredPoint,
  type StoredProduct,
} from '../../cli/report/truth.ts';
import type { ServedVisit, SimulatorState, Thing } from '../../cli/start/simulator.ts';

const state: SimulatorState = {
  epoch: 1,
  epochs: [
    { epoch: 0, startedAt: '2031-01-01T00:00:00.000Z' },
    { epoch: 1, startedAt: '2031-01-01T01:00:00.000Z' },
  ],
};
const inEpoch = [new Date('2031-01-01T00:10:00Z'), new Date('2031-01-01T01:10:00Z')] as const;

const offer = (externalId: string, price: string): Thing['offers'][number] => ({
  externalId,
  price,
  oldPrice: '900',
  availability: 'in-stock',
});
function thing(externalId: string, offers: Thing['offers']): Thing {
  return {
    kind: 'product',
    externalId,
    title: `Thing ${externalId}`,
    currency: 'UZS',
    seller: { externalId: '7', title: 'Seller' },
    category: { externalId: '3', title: 'Leaf', path: ['Root', 'Leaf'] },
    offers,
  };
}

/** Product 1 changes the price of one of its two SKUs, product 2 stays as it is, product 3 exists but is never served. */
const epochs: Thing[][] = [
  [
    thing('1', [offer('11', '100'), offer('12', '200')]),
    thing('2', [offer('21', '5')]),
    thing('3', [offer('31', '1')]),
  ],
  [
    thing('1', [offer('11', '110'), offer('12', '200')]),
    thing('2', [offer('21', '5')]),
    thing('3', [offer('31', '2')]),
  ],
];
const visit = (externalId: string, epoch: number): ServedVisit => ({
  kind: 'product',
  externalId,
  epoch,
  via: 'detail',
  count: 1,
});
const served = [visit('1', 0), visit('2', 0), visit('1', 1), visit('2', 1), visit('404', 0)];

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

function expected(visits: readonly ServedVisit[] = served, listingsCount = true) {
  return expectedHistory({
    state,
    visits: each(visits),
    truth: (epoch) => each(epochs[epoch] ?? []),
    listingsCount,
  });
}

it('a thing that only a list showed counts where lists state true values, and not elsewhere', async () => {
  const listed: ServedVisit[] = [{ ...visit('1', 0), via: 'listing' }];
  expect((await expected(listed, true)).size).toBe(1);
  expect((await expected(listed, false)).size).toBe(0);
});

const point = (price: string, epoch: 0 | 1) => ({
  firstObservedAt: inEpoch[epoch],
  price,
  oldPrice: '900',
  currency: 'UZS',
  availability: 'in-stock',
});

function right(): [StoredProduct, StoredProduct] {
  const product = (externalId: string, skus: StoredProduct['skus']): StoredProduct => ({
    externalId,
    kind: 'product',
    title: `Thing ${externalId}`,
    sellerId: '7',
    categoryId: '3',
    skus,
  });
  return [
    product(
      '1',
      new Map([
        ['11', [point('100', 0), point('110', 1)]],
        ['12', [point('200', 0)]],
      ]),
    ),
    product('2', new Map([['21', [point('5', 0)]]])),
  ];
}

/** Compares what is right but for one change. */
async function compared(spoil: (stored: [StoredProduct, StoredProduct]) => StoredProduct[]) {
  const { examples, ...counts } = await compareWithTruth(await expected(), each(spoil(right())), state);
  return { counts, examples };
}

describe('the expected history', () => {
  it('has what was served, in the epochs in which it was served, with equal neighbours merged', async () => {
    const history = await expected();
    expect([...history.keys()]).toEqual(['product:1', 'product:2']);
    expect(
      history
        .get('product:1')
        ?.skus.get('11')
        ?.map(({ epoch }) => epoch),
    ).toEqual([0, 1]);
    expect(
      history
        .get('product:1')
        ?.skus.get('12')
        ?.map(({ epoch }) => epoch),
    ).toEqual([0]);
  });

  it('lacks a change that nobody was shown', async () => {
    const history = await expected([visit('1', 0)]);
    expect(history.get('product:1')?.skus.get('11')).toHaveLength(1);
  });
});

describe('the comparison', () => {
  it('finds nothing when the database is right, having checked every price point', async () => {
    const { counts, examples } = await compared((stored) => stored);
    expect(counts).toEqual({ checked: 4, wrong: 0, missing: 0, extra: 0 });
    expect(examples).toEqual([]);
  });

  it.each<
    [
      string,
      'wrong' | 'missing' | 'extra',
      number,
      (stored: [StoredProduct, StoredProduct]) => StoredProduct[],
    ]
  >([
    ['a wrong price', 'wrong', 1, ([one, two]) => [one, withPoints(two, '21', [point('6', 0)])]],
    [
      'a price of the wrong magnitude',
      'wrong',
      1,
      ([one, two]) => [one, withPoints(two, '21', [point('5.00', 0)])],
    ],
    [
      'a wrong old price',
      'wrong',
      1,
      ([one, two]) => [one, withPoints(two, '21', [{ ...point('5', 0), oldPrice: null }])],
    ],
    [
      'a wrong currency',
      'wrong',
      1,
      ([one, two]) => [one, withPoints(two, '21', [{ ...point('5', 0), currency: 'RUB' }])],
    ],
    [
      'a wrong availability',
      'wrong',
      1,
      ([one, two]) => [one, withPoints(two, '21', [{ ...point('5', 0), availability: 'out-of-stock' }])],
    ],
    [
      'a change that is dated before it was shown',
      'wrong',
      1,
      ([one, two]) => [
        withPoints(one, '11', [point('100', 0), { ...point('110', 1), firstObservedAt: inEpoch[0] }]),
        two,
      ],
    ],
    [
      'a price that is dated after it had changed',
      'wrong',
      1,
      ([one, two]) => [
        withPoints(one, '11', [{ ...point('100', 0), firstObservedAt: inEpoch[1] }, point('110', 1)]),
        two,
      ],
    ],
    ['a wrong title', 'wrong', 1, ([one, two]) => [one, { ...two, title: 'Other' }]],
    ['a missing seller', 'wrong', 1, ([one, two]) => [one, { ...two, sellerId: null }]],
    ['a wrong category', 'wrong', 1, ([one, two]) => [one, { ...two, categoryId: '4' }]],
    ['a missing price point', 'missing', 1, ([one, two]) => [withPoints(one, '11', [point('100', 0)]), two]],
    [
      'a missing SKU',
      'missing',
      1,
      ([one, two]) => [{ ...one, skus: new Map([...one.skus].slice(0, 1)) }, two],
    ],
    ['a missing product, by its price points', 'missing', 3, ([, two]) => [two]],
    [
      'a price point that nobody saw',
      'extra',
      1,
      ([one, two]) => [one, withPoints(two, '21', [point('5', 0), point('6', 1)])],
    ],
    ['a SKU that was never shown', 'extra', 1, ([one, two]) => [one, withPoints(two, '22', [point('5', 0)])]],
    ['a product that was never served', 'extra', 1, ([one, two]) => [one, two, { ...two, externalId: '3' }]],
    ['a product of another kind', 'extra', 1, ([one, two]) => [one, two, { ...two, kind: 'ad' }]],
  ])('finds %s', async (_, kind, count, spoil) => {
    const { counts, examples } = await compared(spoil);
    expect(counts).toMatchObject({ wrong: 0, missing: 0, extra: 0, [kind]: count });
    expect(examples[0]).toMatch(new RegExp(`^${kind}: (product|ad):\\d+ `));
  });

  it('shows ten examples at most, and counts all', async () => {
    const strangers = Array.from({ length: 25 }, (_, index) => ({
      ...right()[1],
      externalId: String(100 + index),
    }));
    const { counts, examples } = await compared((stored) => [...stored, ...strangers]);
    expect(counts.extra).toBe(25);
    expect(examples).toHaveLength(10);
  });
});

function withPoints(product: StoredProduct, sku: string, points: StoredPoint[]): StoredProduct {
  return { ...product, skus: new Map([...product.skus, [sku, points]]) };
}
