import { describe, expect, it } from 'vitest';
import { type Served, serve, type Thing, type VisitLine } from './serve.ts';

const HOST = 'https://market.yandex.uz';

type Json = Record<string, unknown>;

interface Product extends Thing {
  cardId: string;
  wareId: string;
}

interface PriceCollection {
  mainPrice: { price: { value?: number; currency: string } };
  oldPrices?: { price: { value: number } }[];
}

interface CartItem {
  productId: number;
  skuId: number;
  price: { value: number; valueFmt: string };
  oldPrice?: number;
}

const unescaped = (text: string) =>
  text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

const all = (html: string, pattern: RegExp): string[] =>
  [...html.matchAll(pattern)].map(([, text]) => text ?? '');

const patches = (html: string): { widgets: Json; collections?: Json }[] =>
  all(html, /<noframes data-apiary="patch">(.*?)<\/noframes>/gs).map((text) =>
    JSON.parse(text.startsWith('{&quot;') ? unescaped(text) : text),
  );

const linkedData = (html: string): Json[] =>
  all(html, /<script type="application\/ld\+json">(.*?)<\/script>/gs).map((text) => JSON.parse(text));

function collection<T>(html: string, name: string): T | undefined {
  for (const { collections } of patches(html)) {
    const found = collections?.[name];
    if (found) return Object.values(found)[0] as T;
  }
  return undefined;
}

const cartItems = (html: string): CartItem[] =>
  patches(html).flatMap(({ widgets }) =>
    Object.values(
      (widgets['@light/AddToCartButton'] ?? {}) as Record<string, { pendingCartItem: CartItem }>,
    ).map(({ pendingCartItem }) => pendingCartItem),
  );

const get = async ({ ask }: Served, path: string) => (await ask(`${HOST}${path}`)).text();

const truth = ({ lines }: Served) => lines<Product>('/truth/yandex');

const small = () => serve('--yandex-products', '120');

/** Price and old price as the product page's price collection has them. */
function stated(html: string) {
  const price = collection<PriceCollection>(html, 'price');
  const old = price?.oldPrices?.[0]?.price.value;
  return {
    price: price?.mainPrice.price.value === undefined ? null : String(price.mainPrice.price.value),
    oldPrice: old === undefined ? null : String(old),
  };
}

describe("Yandex Market's product pages", () => {
  it('state exactly what the truth says, in both places and in every epoch', async () => {
    const served = await small();
    for (let epoch = 0; epoch < 2; epoch++) {
      for (const thing of (await truth(served)).slice(0, 25)) {
        const html = await get(served, `/product--product-${thing.externalId}/${thing.externalId}`);
        const [offer] = thing.offers;
        expect(stated(html)).toEqual({ price: offer?.price, oldPrice: offer?.oldPrice });
        const product = linkedData(html).find((data) => data['@type'] === 'Product');
        expect(product?.name).toBe(thing.title);
        expect((product?.offers as { price: string } | undefined)?.price ?? null).toBe(offer?.price);
        expect(collection<{ shopName: string }>(html, 'businessRatingStats')?.shopName).toBe(
          thing.seller.title,
        );
      }
      await served.control('/epoch', { method: 'POST' });
    }
  });

  it('are 1.4 to 2.2 MB, with 80 to 220 patches', async () => {
    const served = await small();
    for (const { externalId } of (await truth(served)).slice(0, 8)) {
      const html = await get(served, `/product--x/${externalId}`);
      expect(Buffer.byteLength(html)).toBeGreaterThan(1_400_000);
      expect(Buffer.byteLength(html)).toBeLessThan(2_300_000);
      expect(patches(html).length).toBeGreaterThan(80);
      expect(patches(html).length).toBeLessThan(220);
    }
  });

  it('contain the words of refusals and failures on normal pages too', async () => {
    const served = await small();
    const [thing] = await truth(served);
    const html = await get(served, `/product--x/${thing?.externalId}`);
    expect(html.match(/captcha/gi)?.length).toBeGreaterThanOrEqual(8);
    expect(html).toContain('Такого товара у нас нет');
    expect(html).not.toMatch(/showcaptcha|checkcaptcha|smartcaptcha|FatalError/i);
  });

  it('carry in the zone of the offer the price before discount', async () => {
    const served = await small();
    const discounted = (await truth(served)).filter(({ offers }) => offers[0]?.oldPrice);
    expect(discounted.length).toBeGreaterThan(10);
    for (const { externalId, offers, wareId } of discounted.slice(0, 5)) {
      const html = await get(served, `/product--x/${externalId}`);
      const zones = all(html, /data-zone-name="offer" data-zone-data="([^"]*)"/g).map((text) =>
        JSON.parse(unescaped(text)),
      );
      const zone = zones.find((each) => each.wareId === wareId);
      expect(String(zone.price)).toBe(offers[0]?.oldPrice);
      expect(zone.additionalPrices).toContainEqual({
        priceType: 'withDiscount',
        priceValue: Number(offers[0]?.price),
      });
    }
  });

  it('show no price at all when sold out', async () => {
    const served = await small();
    const soldOut = (await truth(served)).filter(({ offers }) => offers[0]?.availability === 'out_of_stock');
    expect(soldOut.length).toBeGreaterThan(2);
    const html = await get(served, `/product--x/${soldOut[0]?.externalId}`);
    expect(stated(html)).toEqual({ price: null, oldPrice: null });
    expect(linkedData(html).find((data) => data['@type'] === 'Product')?.offers).toBeUndefined();
  });

  it('are reached by the card address as well, and count as the same product', async () => {
    const served = await small();
    const [thing] = await truth(served);
    const html = await get(served, `/card/anything/${thing?.cardId}?do-waremd5=${thing?.wareId}`);
    expect(stated(html).price).toBe(thing?.offers[0]?.price);
    expect(await served.lines<VisitLine>('/visits/yandex')).toMatchObject([
      { externalId: thing?.externalId, via: 'detail' },
    ]);
  });

  it('fail inside a product page when there is no such product, with 404 or 200', async () => {
    const served = await small();
    const statuses = new Set<number>();
    for (let id = 1; id <= 12; id++) {
      const response = await served.ask(`${HOST}/product--x/${id}`);
      statuses.add(response.status);
      const html = await response.text();
      expect(html).toContain('data-zone-name="FatalError"');
      expect(collection<{ pageId: string }>(html, 'pageParams')?.pageId).toBe('market:product');
      expect(linkedData(html).some((data) => data['@type'] === 'Product')).toBe(false);
    }
    expect(statuses).toEqual(new Set([200, 404]));
    expect(await served.lines<VisitLine>('/visits/yandex')).toEqual([]);
  });

  it('keep the true prices in the older shape, with objects and escaped patches', async () => {
    const served = await small();
    await served.turn('yandex', { shape: { name: '2024' } });
    const thing = (await truth(served)).find(({ offers }) => offers[0]?.price);
    const html = await get(served, `/product--x/${thing?.externalId}`);
    expect(html).toContain('<noframes data-apiary="patch">{&quot;');
    expect(stated(html).price).toBe(thing?.offers[0]?.price);
    const product = linkedData(html).find((data) => data['@type'] === 'Product');
    expect(product?.offers).toMatchObject([
      { price: thing?.offers[0]?.price, seller: { name: thing?.seller.title } },
    ]);
    expect(product?.brand).toMatchObject({ name: expect.any(String) });
  });

  it.each([
    ['zero', '0'],
    ['huge', '1000000000000000'],
    ['missing', null],
  ])('plant a price that is %s', async (kind, price) => {
    const served = await small();
    await served.turn('yandex', { absurdShare: 1, absurdKinds: [kind] });
    const thing = (await truth(served)).find(({ offers }) => offers[0]?.price);
    const html = await get(served, `/product--x/${thing?.externalId}`);
    expect(stated(html).price).toBe(price);
    expect(await served.lines<VisitLine>('/visits/yandex')).toEqual([]);
  });

  it('have no known mark in the unknown shape', async () => {
    const served = await small();
    await served.turn('yandex', { shape: { name: 'unknown' } });
    const [thing] = await truth(served);
    const html = await get(served, `/product--x/${thing?.externalId}`);
    expect(patches(html)).toEqual([]);
    expect(linkedData(html)).toEqual([]);
  });
});

describe("Yandex Market's listings", () => {
  it('show eight products a page, each of them once, with prices times ten million', async () => {
    const served = await small();
    const things = new Map((await truth(served)).map((thing) => [thing.externalId, thing]));
    const nodes = new Set([...things.values()].map(({ category }) => category.externalId));
    const seen: string[] = [];
    for (const nid of nodes) {
      for (let page = 1; ; page++) {
        const html = await get(served, `/catalog--x/${nid}/list?page=${page}`);
        for (const item of cartItems(html)) {
          seen.push(String(item.productId));
          const [offer] = things.get(String(item.productId))?.offers ?? [];
          expect(String(item.skuId)).toBe(offer?.externalId);
          expect(item.price.valueFmt).toBe(offer?.price);
          expect(item.price.value).toBe(Number(offer?.price) * 10_000_000);
          expect(item.oldPrice ?? null).toBe(offer?.oldPrice ? Number(offer.oldPrice) * 10_000_000 : null);
        }
        const result = collection<{ hasNextPage: boolean; itemsPerPage: number }>(
          html,
          'visibleSearchResult',
        );
        expect(result?.itemsPerPage).toBe(8);
        if (!result?.hasNextPage) break;
      }
    }
    const onSale = [...things.values()].filter(({ offers }) => offers[0]?.price);
    expect(seen.sort()).toEqual(onSale.map(({ externalId }) => externalId).sort());
  });

  it('describe themselves as a product with an aggregate offer', async () => {
    const served = await small();
    const html = await get(served, '/search?text=1');
    const product = linkedData(html).find((data) => data['@type'] === 'Product');
    expect(product?.offers).toMatchObject({ '@type': 'AggregateOffer', offerCount: cartItems(html).length });
    expect(collection<{ pageId: string; params: Json }>(html, 'pageParams')).toMatchObject({
      pageId: 'market:search',
      params: { text: '1' },
    });
  });

  it('link to products by card addresses with tracking', async () => {
    const served = await small();
    const html = await get(served, '/search?text=1');
    const links = all(html, /data-auto="snippet-link" href="([^"]*)"/g).map(unescaped);
    expect(links).toHaveLength(cartItems(html).length);
    expect(links.every((link) => /^\/card\/[^/]+\/\d+\?do-waremd5=\w+&cpc=/.test(link))).toBe(true);
    expect((await served.ask(`${HOST}${links[0]}`)).status).toBe(200);
  });

  it('are empty when told to', async () => {
    const served = await small();
    await served.turn('yandex', { emptyShare: 1 });
    const html = await get(served, '/search?text=1');
    expect(cartItems(html)).toEqual([]);
    expect(collection<{ total: number }>(html, 'visibleSearchResult')?.total).toBe(0);
  });
});

describe("Yandex's refusals", () => {
  it('are a short page with a form that checks a CAPTCHA', async () => {
    const served = await small();
    await served.turn('yandex', { block: { kind: 'captcha-page' } });
    const response = await served.ask(`${HOST}/search?text=1`);
    const html = await response.text();
    expect(response.headers.get('x-yandex-captcha')).toBe('captcha');
    expect(html).toContain('<title>Ой!</title>');
    expect(html).toContain('action="/checkcaptcha?key=');
    expect(Buffer.byteLength(html)).toBeGreaterThan(5_000);
    expect(Buffer.byteLength(html)).toBeLessThan(16_000);
  });

  it('or a redirect to one', async () => {
    const served = await small();
    await served.turn('yandex', { block: { kind: 'captcha-redirect', afterRequests: 0 } });
    const response = await served.ask(`${HOST}/search?text=1`);
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toMatch(/^https:\/\/market\.yandex\.uz\/showcaptcha\?/);
  });
});
