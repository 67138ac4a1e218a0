import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { apiRoutes, type RouteId } from '../../functions/contract/api/routes.ts';
import type { TestPostgres } from '../../local/postgres/for-tests.ts';
import { databaseFor, now, startRetailPostgres } from '../adapters/postgres/retail-database.ts';
import { storeUnderTest } from '../adapters/postgres/store-under-test.ts';
import { gone, message, offer, ok, snapshot } from '../adapters/postgres/visits.ts';
import { startApi, violations } from './api-environment.ts';
import { metricsIn } from './retail-environment.ts';

const hour = 3_600_000;
// Drops are asked for by age: the visits were within the last day.
const start = now.getTime() - 20 * hour;
const at = (hours: number) => new Date(start + hours * hour).toISOString();
const one = { marketplace: 'uzum', kind: 'product', externalId: '1' };

let server: TestPostgres;
let api: Awaited<ReturnType<typeof startApi>>;
const printed: unknown[] = [];
beforeAll(async () => {
  vi.useFakeTimers({ now, toFake: ['Date'] });
  server = await startRetailPostgres();
  const address = await server.createDatabase();
  const storing = databaseFor(address, 'narx_store');
  const { store } = storeUnderTest(storing);
  const titled = (id: string, hours: number, offers: ReturnType<typeof offer>[], title: string) =>
    snapshot(id, at(hours), offers, { title });
  const visits = [
    titled('1', 0, [offer('red', '100'), offer('blue', '50')], 'Чехол A55/128GB'),
    titled('1', 2, [offer('red', '100'), offer('blue', '50')], 'Чехол A55/128GB'),
    titled('1', 4, [offer('red', '80')], 'Чехол A55/128GB'),
    titled('1', 6, [offer('red', '90')], 'Чехол A55/128GB'),
    titled('2', 1, [offer('1', '10')], 'Чехол для телефона'),
    titled('2', 3, [offer('1', '4')], 'Чехол для телефона'),
    titled('3', 1, [offer('1', null)], "O'zbek non"),
  ];
  for (const visit of visits) await store.store([message([ok(0, visit)])]);
  for (const hours of [2, 3, 4]) await store.store([message([gone(0, '3', at(hours))])]);
  await storing.close();
  api = await startApi(address);
});
afterAll(async () => {
  vi.useRealTimers();
  await server.stop();
});
beforeEach(() => {
  api.measure(new Date(), new Date());
  printed.length = 0;
  for (const stream of ['log', 'info', 'warn', 'error'] as const)
    vi.spyOn(console, stream).mockImplementation((line) => void printed.push(line));
});

describe('products', () => {
  const ids = (json: Record<string, unknown>) =>
    (json['items'] as { externalId: string }[]).map(({ externalId }) => externalId);

  it.each([
    ['q=чехол', ['1', '2']],
    ['q=ЧЕХ 128', ['1']],
    ['q=oʻzb', ['3']],
    // Of one or two letters: a whole word.
    ['q=че', []],
    ['q=стол', []],
    ['q=чехол&marketplace=olx', []],
    ['marketplace=uzum&seller=s1', ['1', '2', '3']],
    ['marketplace=uzum&category=c2&limit=2', ['1', '2']],
    ['marketplace=uzum&category=c1', []],
    ['marketplace=uzum', ['1', '2', '3']],
    ['', ['1', '2', '3']],
  ])('by %s are %j', async (query, expected) => {
    expect(ids((await api.ask('products', query)).json)).toEqual(expected);
  });

  it('say what they cost, when they were last confirmed, and what is gone', async () => {
    const { json } = await api.ask('products', 'q=чехол');
    expect(json).toMatchObject({
      matches: { count: 2, more: false },
      confirmed: { oldest: at(3), newest: at(6) },
      next: null,
    });
    expect((json['items'] as unknown[])[0]).toEqual({
      marketplace: 'uzum',
      kind: 'product',
      externalId: '1',
      title: 'Чехол A55/128GB',
      seller: { externalId: 's1', title: 'Seller' },
      category: { externalId: 'c2', title: 'Leaf' },
      offers: 1,
      price: { lowest: '90', highest: '90', currency: 'UZS' },
      lastConfirmedAt: at(6),
      goneSince: null,
    });
    const { json: bread } = await api.ask('products', 'q=non');
    expect(bread['items']).toMatchObject([{ price: null, goneSince: at(2), lastConfirmedAt: at(1) }]);
  });

  it.each(['', 'q=чехол', 'marketplace=uzum', 'marketplace=uzum&seller=s1', 'marketplace=uzum&category=c2'])(
    'are the same page by page, by %s',
    async (query) => {
      const all = ids((await api.ask('products', query)).json);
      const paged: string[] = [];
      let next: unknown = null;
      do {
        const page = await api.ask('products', `${query}&limit=1${next === null ? '' : `&cursor=${next}`}`);
        expect(page.statusCode).toBe(200);
        paged.push(...ids(page.json));
        next = page.json['next'];
      } while (next !== null);
      expect(paged).toEqual(all);
    },
  );

  it('refuse the cursor of another query', async () => {
    const { json } = await api.ask('products', 'marketplace=uzum&limit=1');
    const other = await api.ask('products', `q=чехол&cursor=${json['next']}`);
    expect(other.json).toMatchObject({
      status: 400,
      detail: expect.stringContaining('belongs to another query'),
    });
  });
});

describe('a product', () => {
  it('has its offers, delisted ones with the time they were last seen', async () => {
    const { json } = await api.ask('product', '', one);
    expect(json).toMatchObject({ ...one, lastChangedAt: at(6), confirmed: { oldest: at(2), newest: at(6) } });
    expect(json['items']).toMatchObject([
      { sku: 'blue', price: '50', listed: false, since: at(0), lastConfirmedAt: at(2) },
      { sku: 'red', price: '90', listed: true, since: at(6), lastConfirmedAt: at(6) },
    ]);
  });

  it('has a history of confirmed stretches with gaps between them', async () => {
    const { json } = await api.ask('history', 'sku=red', one);
    expect(json['stretches']).toMatchObject([
      { price: '100', from: at(0), confirmedUntil: at(2), open: false, gapBefore: null },
      {
        price: '80',
        from: at(4),
        confirmedUntil: at(4),
        gapBefore: { from: at(2), to: at(4), contradicted: false },
      },
      { price: '90', from: at(6), confirmedUntil: at(6), open: true, gapBefore: { from: at(4), to: at(6) } },
    ]);
  });

  it('has the same history page by page, and within a time', async () => {
    const all = (await api.ask('history', '', one)).json['stretches'] as unknown[];
    expect(all).toHaveLength(4);
    const paged: unknown[] = [];
    let cursor = '';
    for (;;) {
      const { json } = await api.ask('history', `limit=1${cursor}`, one);
      paged.push(...(json['stretches'] as unknown[]));
      if (json['next'] === null) break;
      cursor = `&cursor=${json['next']}`;
    }
    expect(paged).toEqual(all);
    const { json } = await api.ask('history', `from=${at(3)}&to=${at(5)}`, one);
    expect(json['stretches']).toMatchObject([{ sku: 'red', price: '80', gapBefore: { from: at(2) } }]);
  });

  it.each([
    [
      1,
      [
        ['blue', '50', true],
        ['red', '100', true],
      ],
    ],
    [
      3,
      [
        ['blue', '50', false],
        ['red', '100', false],
      ],
    ],
    [
      4,
      [
        ['blue', '50', false],
        ['red', '80', true],
      ],
    ],
  ])('says what it cost after %d hours, and whether that was confirmed', async (hours, expected) => {
    const { json } = await api.ask('prices', `at=${at(hours)}`, one);
    expect(
      (json['prices'] as Record<string, unknown>[]).map(({ sku, price, confirmed }) => [
        sku,
        price,
        confirmed,
      ]),
    ).toEqual(expected);
  });

  it('that is not known is a 404 that says so', async () => {
    const { statusCode, json } = await api.ask('product', '', { ...one, externalId: '404' });
    expect([statusCode, json['detail']]).toEqual([404, 'uzum has no product "404" that narx knows of']);
  });
});

describe('drops', () => {
  it('are the biggest first, page by page', async () => {
    const { json } = await api.ask('drops', 'limit=1');
    expect(json['items']).toMatchObject([
      {
        externalId: '2',
        priceBefore: '10',
        price: '4',
        percent: 60,
        confirmedUntil: at(1),
        seenAt: at(3),
        current: true,
      },
    ]);
    const second = await api.ask('drops', `limit=1&cursor=${json['next']}`);
    expect(second.json['items']).toMatchObject([
      { externalId: '1', sku: 'red', priceBefore: '100', price: '80', percent: 20, current: false },
    ]);
    expect(second.json['next']).toBeNull();
  });

  it('are those since a time, of a marketplace', async () => {
    expect((await api.ask('drops', `since=${at(3.5)}`)).json['items']).toMatchObject([{ externalId: '1' }]);
    expect((await api.ask('drops', 'marketplace=olx')).json['items']).toEqual([]);
  });
});

describe('health', () => {
  it('is healthy when everything answers and the data is fresh', async () => {
    const { statusCode, json } = await api.ask('health');
    expect([statusCode, json['status']]).toEqual([200, 'healthy']);
    expect(json['dependencies']).toMatchObject([
      { name: 'postgres', status: 'UP' },
      { name: 'coordination', status: 'UP' },
      { name: 'audit', status: 'UP' },
    ]);
  });

  it('is 503 and stale when a price was last confirmed before the target', async () => {
    api.measure(new Date(), new Date(Date.now() - 7 * hour));
    const { statusCode, json } = await api.ask('health');
    expect([statusCode, json['status']]).toEqual([503, 'stale']);
    expect(json['marketplaces']).toMatchObject([{ marketplace: 'uzum', fresh: false }]);
  });

  it('is degraded when nobody measures any more', async () => {
    api.measure(new Date(Date.now() - hour), new Date(Date.now() - hour));
    const { statusCode, json } = await api.ask('health');
    expect([statusCode, json['status']]).toEqual([200, 'degraded']);
  });

  it('answers within its limit when the coordination table never does', async () => {
    api.dynamo.on(GetItemCommand).callsFake(() => new Promise(() => undefined));
    const before = performance.now();
    const { statusCode, json } = await api.ask('health');
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(statusCode).toBe(503);
    expect(json['dependencies']).toContainEqual(
      expect.objectContaining({ name: 'coordination', status: 'DOWN', detail: 'no answer within 1000 ms' }),
    );
  });

  it('is no failure that the alarm counts, and a freshness that cannot be read is', async () => {
    api.dynamo.on(GetItemCommand).rejects(new Error('away'));
    await api.ask('health');
    expect(metricsIn(printed)).toEqual({});
    expect((await api.ask('freshness')).statusCode).toBe(503);
    expect(metricsIn(printed)).toMatchObject({ ApiFailures: 1 });
  });
});

const requests: [RouteId, string, Record<string, string>?][] = [
  ['products', 'q=чехол'],
  ['products', 'marketplace=uzum&seller=s1'],
  ['products', 'marketplace=uzum&category=c2'],
  ['products', 'marketplace=uzum'],
  ['products', ''],
  ['product', '', one],
  ['history', '', one],
  ['prices', `at=${at(3)}`, one],
  ['drops', ''],
  ['freshness', ''],
  ['health', ''],
  ['openapi', ''],
];

describe('a request', () => {
  it.each(requests)(
    'to %s with %s takes at most three statements, of constant text',
    async (id, query, path) => {
      const sent = vi.spyOn(Client.prototype, 'query');
      const { statusCode } = await api.ask(id, query, path);
      const texts = sent.mock.calls.map(([statement]) => (statement as unknown as { text: string }).text);
      sent.mockRestore();
      expect(statusCode).toBe(200);
      expect(texts.length).toBeLessThanOrEqual(3);
      for (const text of texts) expect(text).not.toMatch(/чехол|uzum|s1|c2/);
    },
  );

  it('covers every route', () => {
    expect(new Set(requests.map(([id]) => id))).toEqual(new Set(Object.keys(apiRoutes)));
  });

  it('whatever it is, gets an answer that the contract knows: 200, or a 4xx that names what is wrong', async () => {
    const name = fc.constantFrom(
      'q',
      'marketplace',
      'seller',
      'category',
      'limit',
      'cursor',
      'sku',
      'from',
      'to',
      'at',
      'since',
      '__proto__',
      'x',
    );
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom(
        'uzum',
        'чехол',
        '\u0000',
        '\ud800',
        "'; drop table sku; --",
        '-1',
        '0',
        '1e9',
        '9'.repeat(30),
        '%',
        '\\',
        "''':*",
        '!&|',
        '2026-02-31T00:00:00Z',
        '0000-01-01T00:00:00Z',
        '2026-09-14T12:00:00Z',
        'x'.repeat(3_000),
      ),
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
      fc
        .array(fc.oneof(fc.string(), fc.double(), fc.constant(null)))
        .map((key) => Buffer.from(JSON.stringify([1, '', key])).toString('base64url')),
    );
    const parameters = fc.array(fc.tuple(name, value), { maxLength: 4 });
    const broken = fc.string({ unit: 'binary', maxLength: 60 });
    const query = fc.oneof(
      parameters.map((pairs) => pairs.map(([key, text]) => `${key}=${safely(text)}`).join('&')),
      broken,
    );
    const path = fc.option(
      fc.record(
        { marketplace: value, kind: fc.oneof(fc.constant('product'), value), externalId: value },
        { requiredKeys: [] },
      ),
      { nil: undefined },
    );
    const routes = Object.keys(apiRoutes) as RouteId[];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...routes), query, path, async (id, text, given) => {
        const response = await api.ask(id, text, given);
        expect(violations(id, response)).toEqual([]);
        expect(response.statusCode === 200 || (response.statusCode >= 400 && response.statusCode < 500)).toBe(
          true,
        );
        if (response.statusCode === 400) expect(response.json['detail']).not.toBe('');
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(requests)('to %s with %s is answered as its schema says', async (id, query, path) => {
    expect(violations(id, await api.ask(id, query, path))).toEqual([]);
  });

  it('to a route that is not there is a 404', async () => {
    const { statusCode } = await api.handler({ version: '2.0', routeKey: '$default' });
    expect(statusCode).toBe(404);
  });
});

/** As a client would send it; a lone surrogate cannot be sent. */
function safely(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

it('answers 503 with a time to come back while the database is away, and goes on by itself afterwards', async () => {
  const lost = vi.spyOn(Client.prototype, 'query').mockRejectedValueOnce(new Error('terminated') as never);
  const { statusCode, headers, json } = await api.ask('products');
  lost.mockRestore();
  expect([statusCode, headers['retry-after'], json['title']]).toEqual([503, '5', 'Temporarily unavailable']);
  expect((await api.ask('products')).statusCode).toBe(200);
});
