import { describe, expect, it } from 'vitest';
import { marketplaces } from '../../functions/marketplaces/index.ts';

describe('requests to Uzum', () => {
  const { request } = marketplaces.uzum;

  it('name a language and the site that they stand for', () => {
    expect(request({ kind: 'product', externalId: '700001' })).toEqual({
      method: 'GET',
      url: 'https://api.uzum.uz/api/v2/product/700001',
      headers: {
        accept: 'application/json',
        'accept-language': 'uz-UZ',
        origin: 'https://uzum.uz',
        referer: 'https://uzum.uz/',
      },
      body: null,
    });
  });

  it('cannot be led elsewhere by an external id', () => {
    const { url } = request({ kind: 'product', externalId: '../../x?y=@example.com#z' });
    expect(new URL(url).pathname).toBe('/api/v2/product/..%2F..%2Fx%3Fy%3D%40example.com%23z');
  });

  it('ask for the page of a category by GraphQL, within the limits of the server', () => {
    const { method, url, body } = request({ kind: 'listing', externalId: 'category/501/200' });
    expect([method, url]).toEqual(['POST', 'https://graphql.uzum.uz/']);
    expect(JSON.parse(body ?? '')).toMatchObject({
      variables: { queryInput: { categoryId: '501', pagination: { offset: 200, limit: 100 } } },
    });
  });

  it('throw for kinds that Uzum does not have', () => {
    expect(() => request({ kind: 'lot', externalId: '1' })).toThrow('Uzum has no lot "1"');
    expect(() => request({ kind: 'listing', externalId: 'x' })).toThrow('Uzum has no listing "x"');
  });
});

describe('requests to OLX.uz', () => {
  const { request } = marketplaces.olx;
  const urlOf = (kind: 'ad' | 'listing', externalId: string) => request({ kind, externalId }).url;

  it('ask the API for ads and lists, and the site for its pages', () => {
    expect(urlOf('ad', '70000001')).toBe('https://www.olx.uz/api/v1/offers/70000001/');
    expect(urlOf('listing', 'offers?offset=40&limit=40')).toBe(
      'https://www.olx.uz/api/v1/offers/?offset=40&limit=40',
    );
    expect(urlOf('listing', '/transport/?page=2')).toBe('https://www.olx.uz/transport/?page=2');
  });

  it('cannot be led elsewhere by an external id', () => {
    expect(new URL(urlOf('listing', '//example.com/')).hostname).toBe('www.olx.uz');
    expect(() => urlOf('ad', '1@example.com')).toThrow('OLX.uz has no ad');
    expect(() => urlOf('listing', 'https://example.com/')).toThrow('OLX.uz has no listing');
  });
});

describe('requests to Yandex Market', () => {
  const { request } = marketplaces.yandex;

  it('ask for products by their id alone, and for lists by their address', () => {
    expect(request({ kind: 'product', externalId: '900001' })).toEqual({
      method: 'GET',
      url: 'https://market.yandex.uz/product--product-900001/900001',
      headers: { accept: 'text/html', 'accept-language': 'ru' },
      body: null,
    });
    expect(request({ kind: 'listing', externalId: '/search?text=choynak&page=2' }).url).toBe(
      'https://market.yandex.uz/search?text=choynak&page=2',
    );
  });

  it('cannot be led elsewhere by an external id', () => {
    expect(() => request({ kind: 'product', externalId: '1/../../x' })).toThrow(
      'Yandex Market has no product',
    );
    expect(() => request({ kind: 'listing', externalId: '//example.com/' })).toThrow('has no listing');
    expect(() => request({ kind: 'listing', externalId: '@example.com' })).toThrow('has no listing');
  });
});

describe('the next page of a list', () => {
  it('is only taken from links to the same API, within what OLX shows', () => {
    const { parse } = marketplaces.olx;
    const next = (href: string) => {
      const body = new TextEncoder().encode(
        JSON.stringify({ data: [{ id: 1, title: 'x', params: [] }], links: { next: { href } } }),
      );
      const page = { url: 'file:///x', status: 200, headers: {}, body, receivedAt: new Date(0) };
      const result = parse(page, { reference: null });
      return result.outcome === 'ok' ? result.references.filter(({ kind }) => kind === 'listing') : null;
    };
    expect(next('https://www.olx.uz/api/v1/offers?offset=40&limit=40')).toEqual([
      { kind: 'listing', externalId: 'offers?offset=40&limit=40' },
    ]);
    expect(next('https://example.com/api/v1/offers?offset=40')).toEqual([]);
    expect(next('https://www.olx.uz/api/v1/users?offset=40')).toEqual([]);
    expect(next('https://www.olx.uz/api/v1/offers?offset=1000&limit=40')).toEqual([]);
    expect(next('http://[')).toEqual([]);
  });
});
