import type { ServedVisit, SimulatorState, Thing } from '../start/simulator.ts';

/** One price point as the database has it. */
export interface StoredPoint {
  firstObservedAt: Date;
  price: string | null;
  oldPrice: string | null;
  currency: string;
  availability: string;
}
export interface StoredProduct {
  externalId: string;
  kind: string;
  title: string;
  sellerId: string | null;
  categoryId: string | null;
  skus: Map<string, StoredPoint[]>;
}

/** Counts in price points, plus one for each wrong title, seller or category. `examples` says what the first ones were. */
export interface TruthResult {
  checked: number;
  wrong: number;
  missing: number;
  extra: number;
  examples: string[];
}

type Fact = [name: string, ours: string | null, theirs: string | null];

interface ExpectedPoint {
  value: string;
  epoch: number;
}
interface ExpectedProduct {
  last: Thing;
  skus: Map<string, ExpectedPoint[]>;
}

const key = (thing: { kind: string; externalId: string }): string => `${thing.kind}:${thing.externalId}`;
/** Without a price there is no currency to be right or wrong about. */
const value = (point: {
  price: string | null;
  oldPrice: string | null;
  currency: string;
  availability: string;
}): string =>
  point.price === null
    ? `no price, ${point.availability}`
    : `${point.price} (was ${point.oldPrice ?? 'none'}) ${point.currency} ${point.availability}`;

/**
 * What the history must be, from the simulator's side alone: for every epoch in which a thing was served, its offers'
 * values; equal neighbours merged. Never derived from a parsed page, so that a parser's mistake cannot hide.
 */
export async function expectedHistory(source: {
  state: SimulatorState;
  visits: AsyncIterable<ServedVisit>;
  truth: (epoch: number) => AsyncIterable<Thing>;
  /** Whether a thing that a list showed counts as seen. */
  listingsCount: boolean;
}): Promise<Map<string, ExpectedProduct>> {
  const served = new Map<number, Set<string>>();
  for await (const visit of source.visits) {
    if (visit.via === 'listing' && !source.listingsCount) continue;
    const set = served.get(visit.epoch) ?? new Set();
    served.set(visit.epoch, set.add(key(visit)));
  }
  const expected = new Map<string, ExpectedProduct>();
  for (const { epoch } of source.state.epochs) {
    const seen = served.get(epoch);
    if (!seen) continue;
    for await (const thing of source.truth(epoch)) {
      if (!seen.has(key(thing))) continue;
      const product = expected.get(key(thing)) ?? { last: thing, skus: new Map<string, ExpectedPoint[]>() };
      product.last = thing;
      expected.set(key(thing), product);
      for (const offer of thing.offers) {
        const points = product.skus.get(offer.externalId) ?? [];
        product.skus.set(offer.externalId, points);
        const now = value({ ...offer, currency: thing.currency });
        if (points.at(-1)?.value !== now) points.push({ value: now, epoch });
      }
    }
  }
  return expected;
}

/** Compares the database with what the history must be, in both directions. */
export async function compareWithTruth(
  expected: ReadonlyMap<string, ExpectedProduct>,
  stored: AsyncIterable<StoredProduct>,
  state: SimulatorState,
): Promise<TruthResult> {
  const result: TruthResult = { checked: 0, wrong: 0, missing: 0, extra: 0, examples: [] };
  const note = (kind: 'wrong' | 'missing' | 'extra', count: number, text: string): void => {
    if (count === 0) return;
    result[kind] += count;
    if (result.examples.length < 10) result.examples.push(`${kind}: ${text}`);
  };
  const startOf = (epoch: number): number =>
    Date.parse(
      state.epochs.find((candidate) => candidate.epoch === epoch)?.startedAt ?? '9999-01-01T00:00:00Z',
    );

  const found = new Set<string>();
  for await (const product of stored) {
    const id = key(product);
    const truth = expected.get(id);
    if (!truth) {
      const points = [...product.skus.values()].reduce((sum, list) => sum + list.length, 0);
      note('extra', Math.max(points, 1), `${id} was never served, but is stored`);
      continue;
    }
    found.add(id);
    const facts: Fact[] = [
      ['title', product.title, truth.last.title],
      // Whoever places an ad is a person: prices do not need to know who.
      ...(product.kind === 'ad'
        ? []
        : [['seller', product.sellerId, truth.last.seller?.externalId ?? null] satisfies Fact]),
      ['category', product.categoryId, truth.last.category?.externalId ?? null],
    ];
    for (const [name, ours, theirs] of facts)
      if (ours !== theirs) note('wrong', 1, `${id} has ${name} "${ours}" instead of "${theirs}"`);
    compareSkus(id, truth, product, note, startOf);
    for (const points of truth.skus.values()) result.checked += points.length;
  }
  for (const [id, truth] of expected) {
    if (found.has(id)) continue;
    const points = [...truth.skus.values()].reduce((sum, list) => sum + list.length, 0);
    result.checked += points;
    note('missing', Math.max(points, 1), `${id} was served, but is not stored`);
  }
  return result;
}

function compareSkus(
  id: string,
  truth: ExpectedProduct,
  product: StoredProduct,
  note: (kind: 'wrong' | 'missing' | 'extra', count: number, text: string) => void,
  startOf: (epoch: number) => number,
): void {
  for (const [sku, points] of product.skus)
    if (!truth.skus.has(sku)) note('extra', Math.max(points.length, 1), `${id} sku ${sku} was never shown`);
  for (const [sku, points] of truth.skus) {
    const ours = product.skus.get(sku) ?? [];
    note('missing', Math.max(points.length - ours.length, 0), `${id} sku ${sku} lacks price points`);
    note(
      'extra',
      Math.max(ours.length - points.length, 0),
      `${id} sku ${sku} has price points that nobody saw`,
    );
    for (const [index, point] of points.entries()) {
      const row = ours[index];
      if (!row) break;
      const at = row.firstObservedAt.getTime();
      if (value(row) !== point.value)
        note('wrong', 1, `${id} sku ${sku} has ${value(row)} instead of ${point.value}`);
      else if (at < startOf(point.epoch) || at >= startOf(point.epoch + 1))
        note('wrong', 1, `${id} sku ${sku} has ${value(row)} first observed outside its epoch`);
    }
  }
}
