import { describe, expect, it } from 'vitest';
import { serve, type Thing, type VisitLine } from '../serve.ts';

const product = (id: string | number) => `https://api.uzum.uz/api/v2/product/${id}`;

interface Sku {
  id: number;
  availableAmount: number;
  fullPrice: number | null;
  purchasePrice: number;
  characteristics: { charIndex: number; valueIndex: number }[];
}

interface Data {
  id: number;
  title: string;
  localizableTitle: { uz: string; ru: string };
  category: { id: number; title: string; parent: Data['category'] | null };
  seller: { id: number; title: string };
  characteristics: { values: unknown[] }[];
  skuList: Sku[];
  totalAvailableAmount: number;
}

interface Body {
  payload: { data: Data; seo: { skuList: Sku[] } };
  timestamp: string;
}

const offersOf = (skus: Sku[]) =>
  skus.map(({ id, purchasePrice, fullPrice, availableAmount }) => ({
    externalId: String(id),
    price: String(purchasePrice),
    oldPrice: fullPrice !== null && fullPrice > purchasePrice ? String(fullPrice) : null,
    availability: availableAmount > 0 ? 'in_stock' : 'out_of_stock',
  }));

const titles = (category: Data['category'] | null): string[] =>
  category ? [...titles(category.parent), category.title] : [];

describe("Uzum's product endpoint", () => {
  it('states exactly what the truth says, in every epoch', async () => {
    const { ask, control, lines } = await serve();
    for (let epoch = 0; epoch < 3; epoch++) {
      for (const thing of (await lines<Thing>(`/truth/uzum?epoch=${epoch}`)).slice(0, 60)) {
        const { payload } = (await (await ask(product(thing.externalId))).json()) as Body;
        const { data } = payload;
        expect(String(data.id)).toBe(thing.externalId);
        expect(data.localizableTitle.uz).toBe(thing.title);
        expect(data.seller).toMatchObject({ id: Number(thing.seller.externalId), title: thing.seller.title });
        expect(String(data.category.id)).toBe(thing.category.externalId);
        expect(titles(data.category)).toEqual(thing.category.path);
        expect(offersOf(data.skuList)).toEqual(thing.offers);
        expect(data.totalAvailableAmount).toBe(
          data.skuList.reduce((sum, sku) => sum + sku.availableAmount, 0),
        );
      }
      await control('/epoch', { method: 'POST' });
    }
  });

  it('puts SKUs under seo whose prices are not the true ones', async () => {
    const { ask, lines } = await serve();
    const [thing] = await lines<Thing>('/truth/uzum');
    const { payload } = (await (await ask(product(thing?.externalId ?? ''))).json()) as Body;
    expect(payload.seo.skuList.length).toBeGreaterThan(0);
    for (const sku of payload.seo.skuList) {
      const real = payload.data.skuList.find(({ id }) => id === sku.id);
      expect(sku.purchasePrice).not.toBe(real?.purchasePrice);
    }
  });

  it('points every SKU at values that exist, not sorted by axis', async () => {
    const { ask, lines } = await serve();
    const things = (await lines<Thing>('/truth/uzum')).slice(0, 40);
    let unsorted = 0;
    for (const { externalId } of things) {
      const { payload } = (await (await ask(product(externalId))).json()) as Body;
      for (const { characteristics } of payload.data.skuList) {
        for (const { charIndex, valueIndex } of characteristics)
          expect(payload.data.characteristics[charIndex]?.values[valueIndex]).toBeDefined();
        if (characteristics[0]?.charIndex === 1) unsorted++;
      }
    }
    expect(unsorted).toBeGreaterThan(0);
  });

  it('stamps answers in UTC with nine digits and no zone', async () => {
    const { ask, lines } = await serve();
    const [thing] = await lines<Thing>('/truth/uzum');
    const { timestamp } = (await (await ask(product(thing?.externalId ?? ''))).json()) as Body;
    expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}$/);
    expect(Math.abs(Date.parse(`${timestamp.slice(0, 23)}Z`) - Date.now())).toBeLessThan(60_000);
  });

  it('sends bodies of 8 to 20 KB, 14 KB on average', async () => {
    const { ask, lines } = await serve();
    const sizes: number[] = [];
    for (const { externalId, offers } of (await lines<Thing>('/truth/uzum')).slice(0, 150)) {
      const { byteLength } = await (await ask(product(externalId))).arrayBuffer();
      if (offers.length <= 6) sizes.push(byteLength);
    }
    const average = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
    expect(average).toBeGreaterThan(13_000);
    expect(average).toBeLessThan(16_000);
    expect(sizes.filter((size) => size >= 8_000 && size <= 20_000).length / sizes.length).toBeGreaterThan(
      0.9,
    );
  });

  it('reports a missing product as 404 with an envelope, and some as 200 without data', async () => {
    const { ask, lines } = await serve();
    const existing = new Set((await lines<Thing>('/truth/uzum')).map(({ externalId }) => externalId));
    const statuses = new Map<number, number>();
    for (let id = 1; id <= 400; id++) {
      if (existing.has(String(id))) continue;
      const response = await ask(product(id));
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      const body = (await response.json()) as {
        payload: { data: unknown } | null;
        errors?: { code: string }[];
      };
      if (response.status === 404) expect(body.errors?.[0]?.code).toBe('product-not-found');
      else expect(body.payload?.data ?? null).toBeNull();
    }
    expect([...statuses.keys()].sort()).toEqual([200, 404]);
    expect(statuses.get(404)).toBeGreaterThan(statuses.get(200) ?? 0);
  });

  it('counts a visit per epoch only for products that it really showed', async () => {
    const { ask, control, lines } = await serve();
    const [first] = await lines<Thing>('/truth/uzum');
    const id = first?.externalId ?? '';
    await (await ask(product(id))).text();
    await (await ask(product(id))).text();
    await (await ask(product(100_000))).text();
    await control('/epoch', { method: 'POST' });
    await (await ask(product(id))).text();
    expect(
      (await lines<VisitLine>('/visits/uzum')).map(({ externalId, epoch, count }) => ({
        externalId,
        epoch,
        count,
      })),
    ).toEqual([
      { externalId: id, epoch: 0, count: 2 },
      { externalId: id, epoch: 1, count: 1 },
    ]);
  });

  it.each(['2024', '2022'])('keeps the true prices in the shape of %s', async (name) => {
    const { ask, lines, turn } = await serve();
    await turn('uzum', { shape: { name } });
    for (const thing of (await lines<Thing>('/truth/uzum')).slice(0, 10)) {
      const body = (await (await ask(product(thing.externalId))).json()) as Body & { error: null };
      expect(body.error).toBeNull();
      expect(body.payload.data.localizableTitle).toBeUndefined();
      expect(offersOf(body.payload.data.skuList)).toEqual(thing.offers);
    }
    expect(await lines<VisitLine>('/visits/uzum')).toHaveLength(10);
  });

  it('renames what is known in the unknown shape, and counts no visit for it', async () => {
    const { ask, lines, turn } = await serve();
    await turn('uzum', { shape: { name: 'unknown' } });
    const [thing] = await lines<Thing>('/truth/uzum');
    const body = (await (await ask(product(thing?.externalId ?? ''))).json()) as {
      payload?: unknown;
      result: { product: { name: string } };
    };
    expect(body.payload).toBeUndefined();
    expect(body.result.product.name).toBe(thing?.title);
    expect(await lines<VisitLine>('/visits/uzum')).toEqual([]);
  });

  it.each([
    ['zero', (price: unknown) => price === 0],
    ['negative', (price: unknown) => Number(price) < 0],
    ['huge', (price: unknown) => price === 1e15],
    ['missing', (price: unknown) => price === undefined],
  ] as const)('plants a price that is %s, and counts no visit for it', async (kind, isAbsurd) => {
    const { ask, lines, turn } = await serve();
    await turn('uzum', { absurdShare: 1, absurdKinds: [kind] });
    const [thing] = await lines<Thing>('/truth/uzum');
    const { payload } = (await (await ask(product(thing?.externalId ?? ''))).json()) as Body;
    expect(payload.data.skuList.every(({ purchasePrice }) => isAbsurd(purchasePrice))).toBe(true);
    expect(await lines<VisitLine>('/visits/uzum')).toEqual([]);
  });
});
