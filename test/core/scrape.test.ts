import { beforeEach, describe, expect, test } from 'vitest';
import type { Reference } from '../../functions/core/model/reference.ts';
import { createScrape } from '../../functions/core/scrape.ts';
import {
  job,
  ok,
  page,
  plenty,
  recorded,
  type ScrapeWorld,
  scrape,
  scrapeWorld,
  settings,
  snapshot,
  waits,
} from './scrape-world.ts';

let w: ScrapeWorld;
beforeEach(() => {
  w = scrapeWorld();
});

describe('a page that is', () => {
  test('whole becomes a visit with its reference’s index; nothing is recorded, because store will', async () => {
    const one = job(['1', '2']);
    await scrape(w, one);
    expect(w.visits.sent).toMatchObject([{ v: 1, marketplace: 'market', jobNumber: 1, discovered: [] }]);
    expect(w.visits.sent[0]?.visits.map((visit) => [visit.outcome, visit.index]).sort()).toEqual([
      ['ok', 0],
      ['ok', 1],
    ]);
    expect(recorded(w, one)).toEqual({});
    expect(w.metrics.counts).toEqual({ PagesOk: 2 });
  });

  test('gone becomes a visit at the time of the answer', async () => {
    w.fetcher.pages.set('1', page({ outcome: 'gone', detail: 'no such product' }, 404));
    await scrape(w, job(['1']));
    expect(w.visits.sent[0]?.visits).toEqual([
      {
        outcome: 'gone',
        index: 0,
        reference: { kind: 'product', externalId: '1' },
        observedAt: '2031-02-03T04:05:07.000Z',
      },
    ]);
    expect(w.metrics.counts).toEqual({ PagesGone: 1 });
  });

  test.each([
    ['throttled', page({ outcome: 'throttled', detail: '', retryAfterMs: null }), 'PagesThrottled', 60_000],
    ['blocked', page({ outcome: 'gone', detail: '' }, 403), 'PagesBlocked', 0],
    ['server-error', page({ outcome: 'server-error', detail: '' }), 'PagesFailed', 60_000],
    ['empty', page({ outcome: 'empty', detail: '' }), 'PagesEmpty', 900_000],
    ['timeout', { failure: 'timeout', detail: '' }, 'PagesFailed', 60_000],
    ['connection', { failure: 'connection', detail: '' }, 'PagesFailed', 60_000],
    ['blocked', { failure: 'host-not-allowed', detail: 'a wall' }, 'PagesBlocked', 0],
  ] as const)('%s is parked for later, neither data nor gone', async (reason, response, counted, waitMs) => {
    w.fetcher.pages.set('1', response);
    const one = job(['1']);
    await scrape(w, one);
    expect(w.visits.sent).toEqual([]);
    expect(waits(w)).toEqual([{ reason, ids: ['1'], waitMs }]);
    expect(recorded(w, one)).toEqual({ 0: 'parked' });
    expect(w.metrics.counts).toEqual({ [counted]: 1, ReferencesParked: 1 });
  });

  test('each empty page in a row doubles the wait, up to a day; whatever else comes in between leaves it', async () => {
    const empty = page({ outcome: 'empty', detail: '' });
    const throttled = page({ outcome: 'throttled', detail: '', retryAfterMs: null });
    const waited: string[] = [];
    let { references } = job(['1']);
    for (const answer of [empty, empty, throttled, ...Array<typeof empty>(7).fill(empty)]) {
      w = scrapeWorld();
      w.fetcher.pages.set('1', answer);
      await scrape(w, { ...job([]), references });
      waited.push(...waits(w).map(({ reason, waitMs }) => `${reason} ${waitMs / 60_000}`));
      references = [...w.parked.entries.values()].flatMap((entry) => entry.references);
    }
    expect(waited).toEqual([
      'empty 15',
      'empty 30',
      'throttled 1',
      ...[60, 120, 240, 480, 960, 1440, 1440].map((minutes) => `empty ${minutes}`),
    ]);
  });

  test('references that wait equally long for the same reason stay in entries of their own', async () => {
    for (const id of ['1', '2']) w.fetcher.pages.set(id, page({ outcome: 'empty', detail: '' }));
    const references = job(['1', '2']).references.map((one, i) => (i === 0 ? one : { ...one, emptied: 1 }));
    await createScrape(w, { ...settings, timeScale: 0 })({ ...job([]), references }, plenty);
    expect(waits(w)).toEqual([
      { reason: 'empty', ids: ['1'], waitMs: 0 },
      { reason: 'empty', ids: ['2'], waitMs: 1 },
    ]);
  });

  test.each([
    ['format-changed', page({ outcome: 'format-changed', detail: 'payload: missing' })],
    ['rejected', page({ outcome: 'rejected', detail: 'price 0' })],
    ['foreign-snapshot', ok('2')],
    ['format-changed', page({ outcome: 'ok', schema: 's', snapshots: [], references: [] })],
    ['format-changed', { ...ok('1'), body: Buffer.from('a parser that throws') }],
    ['body-too-large', { failure: 'body-too-large', detail: 'more than 1000000 bytes' }],
  ] as const)('%s is quarantined, and nothing of it is sent', async (reason, response) => {
    w.fetcher.pages.set('1', response);
    const one = job(['1']);
    await scrape(w, one);
    expect([...w.quarantine.pages.values()]).toMatchObject([
      { marketplace: 'market', reference: one.references[0], reason, job: { jobNumber: 1 } },
    ]);
    expect(w.visits.sent).toEqual([]);
    expect(recorded(w, one)).toEqual({ 0: 'quarantined' });
    expect(w.metrics.counts).toEqual({
      PagesQuarantined: 1,
      ...(reason === 'rejected' ? { PagesRejected: 1 } : {}),
    });
  });

  test('of an old shape is counted as such', async () => {
    const snapshots = [snapshot('1')];
    w.fetcher.pages.set(
      '1',
      page({ outcome: 'ok', schema: 'old', oldShape: true, snapshots, references: [] }),
    );
    await scrape(w, job(['1']));
    expect(w.metrics.counts).toEqual({ PagesOk: 1, PagesOldShape: 1 });
  });

  test('what a listing shows of things is visits of them, under its index', async () => {
    w.fetcher.pages.set('1', ok('7'));
    const one = { ...job([]), references: [{ kind: 'listing' as const, externalId: '1' }] };
    await scrape(w, one);
    expect(w.visits.sent[0]?.visits).toMatchObject([
      { outcome: 'ok', index: 0, snapshot: { externalId: '7' } },
    ]);
    expect(w.quarantine.pages.size).toBe(0);
    // The store accounts for it.
    expect(recorded(w, one)).toEqual({});
  });

  test('an empty listing is a visit that found nothing, not something to park again and again', async () => {
    w.fetcher.pages.set('1', page({ outcome: 'empty', detail: 'past the end' }));
    const reference = { kind: 'listing' as const, externalId: '1' };
    await scrape(w, { ...job([]), references: [reference] });
    expect(w.visits.sent[0]?.visits).toMatchObject([{ outcome: 'gone', index: 0, reference }]);
    expect(waits(w)).toEqual([]);
    expect(w.metrics.counts).toEqual({ PagesEmpty: 1 });
  });

  test('a listing yields what it discovered, each once, and is accounted for here', async () => {
    const references = ['7', '8', '7'].map((externalId): Reference => ({ kind: 'product', externalId }));
    w.fetcher.pages.set('1', page({ outcome: 'ok', schema: 's', snapshots: [], references }));
    const one = { ...job([]), references: [{ kind: 'listing' as const, externalId: '1' }] };
    await scrape(w, one);
    expect(w.visits.sent[0]?.discovered).toEqual(references.slice(0, 2));
    expect(recorded(w, one)).toEqual({ 0: 'unchanged' });
  });
});
