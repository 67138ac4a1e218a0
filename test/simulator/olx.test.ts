import { describe, expect, it } from 'vitest';
import { type Served, serve, type Thing, type VisitLine } from './serve.ts';

const API = 'https://www.olx.uz/api/v1/offers';

interface Param {
  key: string;
  value: { value?: number | null; currency?: string; converted_value?: number | null };
}

interface Offer {
  id: number;
  url: string;
  title: string;
  status: string;
  params: Param[];
  user: { id: number; name: string };
  category: { id: number };
}

interface List {
  data: Offer[];
  metadata?: { total_elements: number; visible_total_count: number };
  links?: { next?: { href: string } };
}

interface StateAd {
  id: number;
  isActive: boolean;
  status: string;
  searchReason?: string;
  price: { displayValue: string; regularPrice?: { value: number; currencyCode: string } };
}

interface Ad extends Thing {
  conversion: { currency: string; value: string } | null;
}

/** The state of a page, found and parsed twice the way a browser would. */
function stateOf(html: string): { ad?: { ad: StateAd }; listing?: { listing: Listing } } {
  const literal = /__PRERENDERED_STATE__= ("(?:[^"\\]|\\.)*");/.exec(html)?.[1] ?? '""';
  return JSON.parse(JSON.parse(literal) as string);
}

interface Listing {
  pageNumber: number;
  totalPages: number;
  totalElements: number;
  visibleElements: number;
  ads: StateAd[];
}

const list = async ({ ask }: Served, parameters: string) =>
  (await (await ask(`${API}/?${parameters}`)).json()) as List;

const statedPrice = (offer: Offer) => {
  const price = offer.params.find(({ key }) => key === 'price')?.value;
  return {
    currency: price?.currency ?? 'UZS',
    price: typeof price?.value === 'number' ? String(price.value) : null,
    conversion:
      typeof price?.converted_value === 'number'
        ? { currency: 'UZS', value: String(price.converted_value) }
        : null,
  };
};

const truePrice = (ad: Ad | undefined) => ({
  currency: ad?.currency,
  price: ad?.offers[0]?.price,
  conversion: ad?.conversion,
});

const truth = async ({ lines }: Served) =>
  new Map((await lines<Ad>('/truth/olx')).map((ad) => [Number(ad.externalId), ad]));

describe("OLX's API", () => {
  it('states exactly what the truth says of an ad, in every epoch', async () => {
    const served = await serve('--olx-ads', '200');
    for (let epoch = 0; epoch < 3; epoch++) {
      const ads = await truth(served);
      for (const [id, ad] of [...ads].slice(0, 60)) {
        const { data } = (await (await served.ask(`${API}/${id}/`)).json()) as { data: Offer };
        expect(data).toMatchObject({ id, title: ad.title, status: 'active' });
        expect(String(data.user.id)).toBe(ad.seller.externalId);
        expect(statedPrice(data)).toEqual(truePrice(ad));
      }
      await served.control('/epoch', { method: 'POST' });
    }
  });

  it('has prices in conventional units, prices in sum and ads without a price', async () => {
    const ads = [...(await truth(await serve())).values()];
    expect(new Set(ads.map(({ currency }) => currency))).toEqual(new Set(['UZS', 'UYE']));
    expect(ads.some(({ offers }) => offers[0]?.price === null)).toBe(true);
  });

  it('shows at most 1000 of a search, tells the real number, and repeats promoted ads', async () => {
    const served = await serve();
    const seen: number[] = [];
    let offset = 0;
    let last: List = { data: [] };
    for (;;) {
      const page = await list(served, `offset=${offset}&limit=40&category_id=108`);
      if (page.data.length === 0) break;
      seen.push(...page.data.map(({ id }) => id));
      offset += 40;
      last = page;
    }
    expect(offset).toBe(1000);
    expect(last.links?.next).toBeUndefined();
    expect(last.metadata?.total_elements).toBe(1000);
    expect(last.metadata?.visible_total_count).toBeGreaterThan(1100);
    expect(seen.length).toBe(1000 + 25 * 12);
    const distinct = new Set(seen).size;
    expect(distinct).toBeGreaterThanOrEqual(1000);
    expect(distinct).toBeLessThan(1150);
  });

  it('finds everything when a search is split by price and region', async () => {
    const served = await serve();
    const cars = [...(await truth(served)).values()].filter(({ category }) => category.externalId === '108');
    const counts = await Promise.all(
      [4, 21, 33, 41].flatMap((city) =>
        ['filter_float_price:to=100000000', 'filter_float_price:from=100000001'].map(async (filter) => {
          const { metadata } = await list(served, `limit=1&category_id=108&city_id=${city}&${filter}`);
          return metadata?.visible_total_count ?? 0;
        }),
      ),
    );
    const priced = cars.filter(({ offers }) => offers[0]?.price !== null).length;
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(priced);
    expect(Math.max(...counts)).toBeLessThan(1000);
  });

  it('refuses a limit above 50', async () => {
    const { ask } = await serve();
    const response = await ask(`${API}/?limit=51`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { validation: [{ field: 'limit' }] } });
  });

  it('answers 404 for a gone ad, or 200 with another status, and counts no visit', async () => {
    const served = await serve();
    const before = await truth(served);
    for (let i = 0; i < 3; i++) await served.control('/epoch', { method: 'POST' });
    const after = await truth(served);
    const gone = [...before.keys()].filter((id) => !after.has(id));
    const answers = await Promise.all(gone.map((id) => served.ask(`${API}/${id}/`)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 404]));
    for (const response of answers.filter(({ status }) => status === 200))
      expect(((await response.json()) as { data: Offer }).data.status).not.toBe('active');
    expect(await served.lines<VisitLine>('/visits/olx')).toEqual([]);
  });

  it('counts ads of a list as visits, because its prices are true', async () => {
    const served = await serve();
    const page = await list(served, 'limit=5&category_id=899');
    const visits = await served.lines<VisitLine>('/visits/olx');
    expect(new Set(visits.map(({ via }) => via))).toEqual(new Set(['listing']));
    expect(new Set(visits.map(({ externalId }) => Number(externalId)))).toEqual(
      new Set(page.data.map(({ id }) => id)),
    );
  });

  it('can leave metadata and links out', async () => {
    const served = await serve();
    await served.turn('olx', { shape: { name: 'bare' } });
    const page = await list(served, 'limit=5');
    expect(page.metadata).toBeUndefined();
    expect(page.links).toBeUndefined();
    expect(page.data[0]?.url).toMatch(/^\/d\/obyavlenie\//);
  });
});

describe("OLX's pages", () => {
  it('carry the original price of an ad on its own page, at an address that the API gives', async () => {
    const served = await serve('--olx-ads', '200');
    const ads = await truth(served);
    for (const [id, ad] of [...ads].slice(0, 40)) {
      const { data } = (await (await served.ask(`${API}/${id}/`)).json()) as { data: Offer };
      const state = stateOf(await (await served.ask(data.url)).text()).ad?.ad;
      expect(state?.id).toBe(id);
      const price = state?.price.regularPrice;
      expect(price ? String(price.value) : null).toBe(ad.offers[0]?.price);
      if (price) expect(price.currencyCode).toBe(ad.currency);
    }
  });

  it('convert most foreign prices on list pages, so that those are no visits', async () => {
    const served = await serve();
    const html = await (await served.ask('https://www.olx.uz/transport/legkovye-avtomobili/?page=2')).text();
    const listing = stateOf(html).listing?.listing;
    expect(listing).toMatchObject({ pageNumber: 1, totalPages: 25, totalElements: 1000 });
    expect(listing?.visibleElements).toBeGreaterThan(1100);
    const ads = listing?.ads ?? [];
    expect(ads.filter(({ searchReason }) => searchReason === 'organic')).toHaveLength(40);
    expect(ads.filter(({ searchReason }) => searchReason === 'promoted')).toHaveLength(12);
    const foreign = ads.filter(({ price }) => price.displayValue.endsWith('у.е.'));
    const converted = foreign.filter(({ price }) => price.regularPrice?.currencyCode === 'UZS');
    expect(converted.length / foreign.length).toBeGreaterThan(0.6);
    expect(await served.lines<VisitLine>('/visits/olx')).toEqual([]);
  });

  it('survive text that looks like the end of the script', async () => {
    const served = await serve('--olx-ads', '200');
    const { data } = (await (await served.ask(`${API}/60000000/`)).json()) as {
      data: Offer & { description: string };
    };
    expect(data.description).toContain('</script>');
    const html = await (await served.ask(data.url)).text();
    expect(html.split('</script>')).toHaveLength(2);
    expect(stateOf(html).ad?.ad.id).toBe(60_000_000);
  });

  it('lack the state when their shape is unknown', async () => {
    const served = await serve('--olx-ads', '200');
    const { data } = (await (await served.ask(`${API}/60000000/`)).json()) as { data: Offer };
    await served.turn('olx', { shape: { name: 'unknown' } });
    expect(await (await served.ask(data.url)).text()).not.toContain('__PRERENDERED_STATE__');
  });
});
