import { beforeEach, expect, test } from 'vitest';
import type { Page } from '../../functions/core/marketplace.ts';
import { Death } from './death.ts';
import {
  job,
  ok,
  page,
  plenty,
  recorded,
  type ScrapeWorld,
  scrape,
  scrapeWorld,
  waits,
} from './scrape-world.ts';

let w: ScrapeWorld;
let kept: Page[];
beforeEach(() => {
  w = scrapeWorld();
  kept = [];
  w.raw = {
    put: (marketplace, one) => {
      kept.push(one);
      return Promise.resolve(`raw/${marketplace}/${kept.length}`);
    },
  };
});

test('a page is kept before its visits are sent, and each of them names it', async () => {
  let keptWhenSent = 0;
  const send = w.visits.send.bind(w.visits);
  w.visits.send = async (message) => {
    keptWhenSent = kept.length;
    return await send(message);
  };
  await scrape(w, job(['1', '2']));
  expect(keptWhenSent).toBe(2);
  const visits = w.visits.sent.flatMap((message) => message.visits);
  expect(visits.map((visit) => visit.outcome === 'ok' && visit.rawKey).sort()).toEqual([
    'raw/market/1',
    'raw/market/2',
  ]);
});

test('pages that state nothing are not kept', async () => {
  w.fetcher.pages.set('1', page({ outcome: 'gone', detail: '' }, 404));
  w.fetcher.pages.set('2', page({ outcome: 'blocked', detail: '' }, 403));
  w.fetcher.pages.set('3', { failure: 'timeout', detail: '' });
  await scrape(w, job(['1', '2', '3']));
  expect(kept).toEqual([]);
  expect(w.visits.sent.flatMap((message) => message.visits)).toMatchObject([{ outcome: 'gone' }]);
});

test('a page that cannot be kept parks its reference and holds up no other', async () => {
  const put = w.raw?.put ?? (() => Promise.reject(new Error('no raw pages')));
  const second = ok('2');
  w.fetcher.pages.set('2', second);
  w.raw = {
    put: async (marketplace, one) => {
      if (one === second) throw new Error('S3 is away');
      return await put(marketplace, one);
    },
  };
  const one = job(['1', '2']);
  await scrape(w, one);
  expect(waits(w)).toEqual([{ reason: 'raw-pages-unavailable', ids: ['2'], waitMs: 300_000 }]);
  expect(recorded(w, one)).toEqual({ 1: 'parked' });
  expect(w.visits.sent.flatMap((message) => message.visits)).toHaveLength(1);
});

test.each(['before', 'after'] as const)(
  'dying just %s the visits are sent costs a second copy of the page and no visit',
  async (when) => {
    const one = job(['1']);
    const death = new Death(1, when);
    await Promise.race([scrape(w, one, plenty, { ...w, visits: death.of(w.visits) }), death.happened]);
    await scrape(w, one);
    expect(kept.map(({ body }) => body)).toEqual([ok('1').body, ok('1').body]);
    const visits = w.visits.sent.flatMap((message) => message.visits);
    expect(visits).toHaveLength(when === 'before' ? 1 : 2);
    expect(visits.every((visit) => visit.outcome === 'ok' && visit.rawKey !== undefined)).toBe(true);
  },
);
