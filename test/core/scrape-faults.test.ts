import { beforeEach, describe, expect, test } from 'vitest';
import { PoisonMessage, RetryLater } from '../../functions/core/model/errors.ts';
import { createScrape } from '../../functions/core/scrape.ts';
import { timeBudget } from '../../functions/core/scrape-limits.ts';
import { Death } from './death.ts';
import {
  job,
  page,
  plenty,
  recorded,
  type ScrapeWorld,
  scrape,
  scrapeWorld,
  settings,
  waits,
} from './scrape-world.ts';

let w: ScrapeWorld;
beforeEach(() => {
  w = scrapeWorld();
});

describe('parking', () => {
  test('honours the longest Retry-After of the job, scaled like every wait', async () => {
    w.fetcher.pages.set('1', page({ outcome: 'throttled', detail: '', retryAfterMs: 5_000 }));
    w.fetcher.pages.set('2', page({ outcome: 'throttled', detail: '', retryAfterMs: 120_000 }));
    const one = job(['1', '2']);
    await w.ledger.planJobs([one], new Date(0));
    await createScrape(w, { ...settings, timeScale: 0.1, random: () => 0 })(one, plenty);
    expect(waits(w)).toMatchObject([{ reason: 'throttled', waitMs: 12_000 }]);
  });

  test('never waits longer than a day', async () => {
    w.fetcher.pages.set('1', page({ outcome: 'throttled', detail: '', retryAfterMs: 40 * 86_400_000 }));
    await scrape(w, job(['1']));
    expect(waits(w)).toMatchObject([{ waitMs: 86_400_000 }]);
  });
});

describe('connections', () => {
  test('are bounded over all jobs of the environment together', async () => {
    const run = createScrape(w, settings);
    const jobs = [1, 2, 3].map((n) => job(['a', 'b', 'c', 'd', 'e'], n));
    await w.ledger.planJobs(jobs, new Date(0));
    await Promise.all(jobs.map((one) => run(one, plenty)));
    expect(w.fetcher.most).toBe(4);
    expect(w.fetcher.asked).toHaveLength(15);
  });
});

describe('time', () => {
  test('that runs out parks what was not started, due at once', async () => {
    let left = 60_000;
    const budget = timeBudget(() => left, 10_000);
    const fetch = w.fetcher.fetch.bind(w.fetcher);
    w.fetcher.fetch = async (request) => {
      if (!request.url.endsWith('/robots.txt')) left -= 6_000;
      return await fetch(request);
    };
    const one = job(['1', '2', '3', '4', '5', '6', '7', '8', '9']);
    await scrape(w, one, budget);
    expect(w.fetcher.asked).toHaveLength(7);
    expect(waits(w)).toEqual([{ reason: 'deadline', ids: ['8', '9'], waitMs: 0 }]);
    expect(w.visits.sent[0]?.visits).toHaveLength(7);
    expect(recorded(w, one)).toEqual({ 7: 'parked', 8: 'parked' });
  });

  test('that had run out before the job began returns the whole job', async () => {
    let left = 60_000;
    const budget = timeBudget(() => left, 10_000);
    left = 15_000;
    await expect(scrape(w, job(['1', '2']), budget)).rejects.toBeInstanceOf(RetryLater);
    expect(w.parked.entries.size).toBe(0);
  });

  test('of a short invocation still allows some work, and cuts requests to it', () => {
    let left = 4_000;
    const budget = timeBudget(() => left, 10_000);
    expect(budget.mayStart()).toBe(true);
    expect(budget.requestMs()).toBe(3_000);
    left = 1_999;
    expect(budget.mayStart()).toBe(false);
  });
});

describe('a job', () => {
  test('is done although the ledger fails: its visits are durable', async () => {
    w.ledger.recordOutcomes = async () => {
      throw new Error('throttled');
    };
    w.fetcher.pages.set('1', { failure: 'timeout', detail: '' });
    await scrape(w, job(['1', '2']));
    expect(w.visits.sent).toHaveLength(1);
    expect(w.metrics.counts['LedgerWriteFailed']).toBe(1);
    expect(w.log.lines.some(({ level }) => level === 'error')).toBe(true);
  });

  test('is not fetched again because the quarantine fails: the reference waits', async () => {
    w.quarantine.fails = true;
    w.fetcher.pages.set('1', page({ outcome: 'rejected', detail: 'price 0' }));
    const one = job(['1', '2']);
    await scrape(w, one);
    expect(waits(w)).toMatchObject([{ reason: 'quarantine-unavailable', ids: ['1'] }]);
    expect(recorded(w, one)).toEqual({ 0: 'parked' });
    expect(w.visits.sent[0]?.visits).toHaveLength(1);
  });

  test('of another marketplace, or with a kind that this one lacks, can never be done', async () => {
    await expect(scrape(w, { ...job(['1']), marketplace: 'other' })).rejects.toBeInstanceOf(PoisonMessage);
    const lots = { ...job(['1'], 2), references: [{ kind: 'lot' as const, externalId: '1' }] };
    await expect(scrape(w, lots)).rejects.toBeInstanceOf(PoisonMessage);
    expect(w.fetcher.asked).toEqual([]);
  });
});

test.each(['before', 'after'] as const)(
  'a scraper that dies just %s any effect leaves what a repetition completes',
  async (when) => {
    const one = job(['1', '2', '3', '4']);
    function prepare(): void {
      w = scrapeWorld();
      w.fetcher.pages.set('1', page({ outcome: 'rejected', detail: 'price 0' }));
      w.fetcher.pages.set('2', { failure: 'timeout', detail: '' });
      w.fetcher.pages.set('3', page({ outcome: 'gone', detail: '' }));
    }
    function state() {
      const visits = w.visits.sent.flatMap((message) => message.visits);
      return {
        quarantined: [...w.quarantine.pages],
        parked: waits(w),
        visits: [...new Map(visits.map((visit) => [visit.index, visit]))].sort(([a], [b]) => a - b),
        outcomes: recorded(w, one),
      };
    }
    prepare();
    await scrape(w, one);
    const whole = state();
    expect(whole).toMatchObject({ quarantined: [{}], parked: [{}], visits: [{}, {}] });
    for (let call = 1; ; call += 1) {
      prepare();
      const death = new Death(call, when);
      const { quarantine, parked, visits, ledger } = w;
      const dying = {
        ...w,
        quarantine: death.of(quarantine),
        parked: death.of(parked),
        visits: death.of(visits),
        ledger: death.of(ledger),
      };
      const first = await Promise.race([scrape(w, one, plenty, dying), death.happened]);
      await scrape(w, one);
      expect(state()).toEqual(whole);
      if (first !== 'dead') {
        expect(call).toBe(5);
        return;
      }
    }
  },
);
