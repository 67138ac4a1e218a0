import { describe, expect, it } from 'vitest';
import type { PageResult } from '../../functions/core/marketplace.ts';
import type { Reference } from '../../functions/core/model/reference.ts';
import { marketplaces } from '../../functions/marketplaces/index.ts';
import { fixtureTime } from '../../functions/marketplaces/shared/fixture-cases.ts';
import type { BlockKind } from '../../simulator/faults/knobs.ts';
import type { Answer, Manner } from '../../simulator/site.ts';
import { navnodes } from '../../simulator/yandex/showcase.ts';
import { YandexSite } from '../../simulator/yandex/site.ts';

const { yandex } = marketplaces;
const site = new YandexSite({ seed: 7, products: 60 });
const plain: Manner = { shape: '2025', absurd: null, empty: false };
const truth = (epoch: number) => [...site.truth(epoch)];

function askOf(url: URL, epoch: number) {
  const { host, pathname, search } = url;
  return {
    host,
    method: 'GET',
    path: pathname,
    query: search.slice(1),
    headers: {},
    body: '',
    epoch,
    now: 0,
  };
}

function judge(answer: Answer, url: string, reference: Reference | null): PageResult {
  const names = answer.headers.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  const headers = Object.fromEntries(names.map((name, at) => [name, answer.headers[at * 2 + 1] ?? '']));
  const page = { url, status: answer.status, headers, body: answer.body, receivedAt: fixtureTime };
  return yandex.classify(page) ?? yandex.parse(page, { reference });
}

function visit(reference: Reference, manner: Partial<Manner> = {}, epoch = 0): PageResult {
  const { url } = yandex.request(reference);
  return judge(site.answer(askOf(new URL(url), epoch), { ...plain, ...manner }), url, reference);
}

const product = (externalId: string): Reference => ({ kind: 'product', externalId });

describe("the simulator's Yandex Market, parsed", () => {
  it.each([
    ['2025', 0],
    ['2025', 3],
    ['2024', 0],
  ])('gives exactly the truth about every product, in the shape of %s and epoch %i', (shape, epoch) => {
    for (const thing of truth(epoch)) {
      const result = visit(product(thing.externalId), { shape }, epoch);
      expect(result).toMatchObject({
        outcome: 'ok',
        oldShape: shape === '2024',
        snapshots: [
          {
            externalId: thing.externalId,
            title: thing.title,
            currency: thing.currency,
            seller: thing.seller,
            category: [{ externalId: thing.category?.externalId, title: thing.category?.title }],
            offers: thing.offers,
          },
        ],
      });
    }
  });

  it('gives the same product by the other form of its address', () => {
    for (const thing of truth(0).slice(0, 10)) {
      const url = new URL(`https://market.yandex.uz/card/x/${thing['cardId']}?do-waremd5=${thing['wareId']}`);
      const result = judge(site.answer(askOf(url, 0), plain), url.href, null);
      expect(result).toMatchObject({
        outcome: 'ok',
        snapshots: [{ externalId: thing.externalId, offers: thing.offers }],
      });
    }
  });

  it('says of a missing product that it is gone, whatever the status', () => {
    const statuses = new Set<number>();
    for (let id = 1; id <= 20; id++) {
      const { url } = yandex.request(product(String(id)));
      statuses.add(site.answer(askOf(new URL(url), 0), plain).status);
      expect(visit(product(String(id)))).toMatchObject({ outcome: 'gone' });
    }
    expect([...statuses].sort()).toEqual([200, 404]);
  });

  it.each(['2025', '2024'])('finds every product on sale by following lists, in the shape of %s', (shape) => {
    const open: Reference[] = navnodes.map(({ nid, slug }) => ({
      kind: 'listing',
      externalId: `/catalog--${slug}/${nid}/list`,
    }));
    const found = new Set<string>();
    for (let next = open.pop(); next; next = open.pop()) {
      const result = visit(next, { shape });
      if (result.outcome === 'empty') continue;
      if (result.outcome !== 'ok') throw new Error(`${next.externalId}: ${result.outcome}: ${result.detail}`);
      expect(result.snapshots).toEqual([]);
      for (const reference of result.references)
        if (reference.kind === 'listing') open.push(reference);
        else found.add(reference.externalId);
    }
    const onSale = truth(0).filter(({ offers }) => offers.some(({ price }) => price !== null));
    expect([...found].sort()).toEqual(onSale.map(({ externalId }) => externalId).sort());
  });

  it.each(['zero', 'negative', 'huge', 'missing'] as const)(
    'stores nothing of pages whose prices are %s',
    (absurd) => {
      const onSale = truth(0).filter(({ offers }) => offers.some(({ price }) => price !== null));
      for (const { externalId } of onSale.slice(0, 10)) {
        const { outcome } = visit(product(externalId), { absurd });
        expect(outcome).toBe(absurd === 'missing' ? 'format-changed' : 'rejected');
      }
    },
  );

  it('stores nothing of a shape that nobody knows, and of pages without content', () => {
    const [first] = truth(0);
    expect(first).toBeDefined();
    const reference = product(first?.externalId ?? '');
    expect(visit(reference, { shape: 'unknown' })).toMatchObject({ outcome: 'format-changed' });
    expect(visit(reference, { empty: true })).toMatchObject({ outcome: 'empty' });
    const list: Reference = {
      kind: 'listing',
      externalId: `/catalog--${navnodes[0]?.slug}/${navnodes[0]?.nid}/list`,
    };
    expect(visit(list, { shape: 'unknown' })).toMatchObject({ outcome: 'format-changed' });
    expect(visit(list, { empty: true })).toMatchObject({ outcome: 'empty' });
  });

  it.each<[BlockKind, PageResult['outcome']]>([
    ['403', 'blocked'],
    ['429', 'throttled'],
    ['429-retry-after', 'throttled'],
    ['captcha-page', 'blocked'],
    ['captcha-redirect', 'blocked'],
    ['404-wall', 'blocked'],
  ])('recognises the refusal %s as %s', (kind, outcome) => {
    const reference = product(truth(0)[0]?.externalId ?? '');
    const { url } = yandex.request(reference);
    expect(judge(site.refuse(askOf(new URL(url), 0), kind, 30), url, reference)).toMatchObject({ outcome });
  });

  it('never takes a page that is cut for a whole one, wherever it ends', () => {
    const { externalId } = truth(0)[0] ?? { externalId: '' };
    const reference = product(externalId);
    const { url } = yandex.request(reference);
    const whole = site.answer(askOf(new URL(url), 0), plain);
    for (let part = 1; part < 20; part++) {
      const body = whole.body.subarray(0, Math.floor((whole.body.length * part) / 20));
      expect(['format-changed', 'blocked']).toContain(judge({ ...whole, body }, url, reference).outcome);
    }
  });
});
