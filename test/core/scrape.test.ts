import { beforeEach, describe, expect, test } from 'vitest';
import type { Job } from '../../functions/contract/messages.ts';
import type { Marketplace, Page, PageRequest, PageResult } from '../../functions/core/marketplace.ts';
import { PoisonMessage, RetryLater } from '../../functions/core/model/errors.ts';
import type { Reference } from '../../functions/core/model/reference.ts';
import type { Snapshot } from '../../functions/core/model/snapshot.ts';
import type { Fetcher, FetchFailure } from '../../functions/core/ports.ts';
import { createScrape, type ScrapePorts } from '../../functions/core/scrape.ts';
import { timeBudget } from '../../functions/core/scrape-limits.ts';
import {
  Death,
  MemoryClock,
  MemoryLedger,
  MemoryLog,
  MemoryMetrics,
  MemoryParked,
  MemoryQuarantine,
  MemoryVisitsQueue,
} from './in-memory.ts';

/** A marketplace whose pages say in JSON what they are. `classify` sees walls, `parse` the rest. */
const market: Marketplace = {
  manifest: {
    id: 'market',
    title: 'Market',
    storageSchema: 'retail',
    hosts: ['market.example'],
    sweepKind: 'product',
    requiresProxy: false,
    maxBodyBytes: 1_000_000,
  },
  request: ({ kind, externalId }) => {
    if (kind === 'lot') throw new Error('no lots here');
    return { method: 'GET', url: `https://market.example/${kind}/${externalId}`, headers: {}, body: null };
  },
  classify: (page) => (page.status === 403 ? { outcome: 'blocked', detail: 'HTTP 403' } : null),
  parse: (page) => JSON.parse(Buffer.from(page.body).toString()) as PageResult,
};

const receivedAt = new Date('2031-02-03T04:05:07.000Z');
function page(result: PageResult, status = 200): Page {
  const body = Buffer.from(JSON.stringify(result));
  return { url: 'https://market.example/', status, headers: {}, body, receivedAt };
}
function snapshot(externalId: string): Snapshot {
  const observedAt = receivedAt.toISOString();
  const nothing = { seller: null, category: null, offers: [] };
  return { kind: 'product', externalId, observedAt, title: 'T', currency: 'UZS', ...nothing };
}
function ok(externalId: string, references: Reference[] = []): Page {
  return page({ outcome: 'ok', schema: 's', snapshots: [snapshot(externalId)], references });
}

class MemoryFetcher implements Fetcher {
  readonly pages = new Map<string, Page | FetchFailure>();
  asked: string[] = [];
  inFlight = 0;
  most = 0;
  async fetch({ url }: PageRequest): Promise<Page | FetchFailure> {
    const id = url.split('/').at(-1) ?? '';
    this.asked.push(id);
    this.inFlight += 1;
    this.most = Math.max(this.most, this.inFlight);
    await new Promise((resolve) => setImmediate(resolve));
    this.inFlight -= 1;
    return this.pages.get(id) ?? ok(id);
  }
}

function world() {
  return {
    marketplace: market,
    fetcher: new MemoryFetcher(),
    quarantine: new MemoryQuarantine(),
    parked: new MemoryParked(),
    visits: new MemoryVisitsQueue(),
    ledger: new MemoryLedger(),
    clock: new MemoryClock(),
    log: new MemoryLog(),
    metrics: new MemoryMetrics(),
  };
}
let w: ReturnType<typeof world>;
beforeEach(() => {
  w = world();
});

const plenty = timeBudget(() => 60_000, 10_000);
const settings = { connections: 4, timeScale: 1, random: () => 0.5 };
function job(ids: string[], jobNumber = 1): Job {
  const references = ids.map((externalId): Reference => ({ kind: 'product', externalId }));
  const sweepId = '2031-02-03T04:05:00.000Z.market.sweep';
  return { v: 1, marketplace: 'market', sweepId, jobNumber, slot: '2031-02-03T04:05:00.000Z', references };
}
async function scrape(one: Job, budget = plenty, ports: ScrapePorts = w): Promise<void> {
  await w.ledger.planJobs([one]);
  await createScrape(ports, settings)(one, budget);
}
const recorded = (one: Job) =>
  Object.fromEntries(w.ledger.jobs.get(`${one.sweepId}#${one.jobNumber}`)?.outcomes ?? []);
const waits = () =>
  [...w.parked.entries.values()].map(({ reason, references, dueAt }) => ({
    reason,
    ids: references.map(({ externalId }) => externalId),
    waitMs: dueAt.getTime() - w.clock.now().getTime(),
  }));

describe('a page that is', () => {
  test('whole becomes a visit with its reference’s index; nothing is recorded, because store will', async () => {
    const one = job(['1', '2']);
    await scrape(one);
    expect(w.visits.sent).toMatchObject([{ v: 1, marketplace: 'market', jobNumber: 1, discovered: [] }]);
    expect(w.visits.sent[0]?.visits.map((visit) => [visit.outcome, visit.index]).sort()).toEqual([
      ['ok', 0],
      ['ok', 1],
    ]);
    expect(recorded(one)).toEqual({});
    expect(w.metrics.counts).toEqual({ PagesOk: 2 });
  });

  test('gone becomes a visit at the time of the answer', async () => {
    w.fetcher.pages.set('1', page({ outcome: 'gone', detail: 'no such product' }, 404));
    await scrape(job(['1']));
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
    ['blocked', page({ outcome: 'gone', detail: '' }, 403), 'PagesBlocked', 900_000],
    ['server-error', page({ outcome: 'server-error', detail: '' }), 'PagesFailed', 60_000],
    ['empty', page({ outcome: 'empty', detail: '' }), 'PagesEmpty', 900_000],
    ['timeout', { failure: 'timeout', detail: '' }, 'PagesFailed', 60_000],
    ['connection', { failure: 'connection', detail: '' }, 'PagesFailed', 60_000],
    ['blocked', { failure: 'host-not-allowed', detail: 'a wall' }, 'PagesBlocked', 900_000],
  ] as const)('%s is parked for later, neither data nor gone', async (reason, response, counted, waitMs) => {
    w.fetcher.pages.set('1', response);
    const one = job(['1']);
    await scrape(one);
    expect(w.visits.sent).toEqual([]);
    expect(waits()).toEqual([{ reason, ids: ['1'], waitMs }]);
    expect(recorded(one)).toEqual({ 0: 'parked' });
    expect(w.metrics.counts).toEqual({ [counted]: 1, ReferencesParked: 1 });
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
    await scrape(one);
    expect([...w.quarantine.pages.values()]).toMatchObject([
      { marketplace: 'market', reference: one.references[0], reason, job: { jobNumber: 1 } },
    ]);
    expect(w.visits.sent).toEqual([]);
    expect(recorded(one)).toEqual({ 0: 'quarantined' });
    expect(w.metrics.counts).toEqual({ PagesQuarantined: 1 });
  });

  test('of an old shape is counted as such', async () => {
    const snapshots = [snapshot('1')];
    w.fetcher.pages.set(
      '1',
      page({ outcome: 'ok', schema: 'old', oldShape: true, snapshots, references: [] }),
    );
    await scrape(job(['1']));
    expect(w.metrics.counts).toEqual({ PagesOk: 1, PagesOldShape: 1 });
  });

  test('a listing yields what it discovered, each once, and is accounted for here', async () => {
    const references = ['7', '8', '7'].map((externalId): Reference => ({ kind: 'product', externalId }));
    w.fetcher.pages.set('1', page({ outcome: 'ok', schema: 's', snapshots: [], references }));
    const one = { ...job([]), references: [{ kind: 'listing' as const, externalId: '1' }] };
    await scrape(one);
    expect(w.visits.sent[0]?.discovered).toEqual(references.slice(0, 2));
    expect(recorded(one)).toEqual({ 0: 'unchanged' });
  });
});

describe('parking', () => {
  test('honours the longest Retry-After of the job, scaled like every wait', async () => {
    w.fetcher.pages.set('1', page({ outcome: 'throttled', detail: '', retryAfterMs: 5_000 }));
    w.fetcher.pages.set('2', page({ outcome: 'throttled', detail: '', retryAfterMs: 120_000 }));
    const one = job(['1', '2']);
    await w.ledger.planJobs([one]);
    await createScrape(w, { ...settings, timeScale: 0.1, random: () => 0 })(one, plenty);
    expect(waits()).toMatchObject([{ reason: 'throttled', waitMs: 12_000 }]);
  });

  test('never waits longer than a day', async () => {
    w.fetcher.pages.set('1', page({ outcome: 'throttled', detail: '', retryAfterMs: 40 * 86_400_000 }));
    await scrape(job(['1']));
    expect(waits()).toMatchObject([{ waitMs: 86_400_000 }]);
  });
});

describe('connections', () => {
  test('are bounded over all jobs of the environment together', async () => {
    const run = createScrape(w, settings);
    const jobs = [1, 2, 3].map((n) => job(['a', 'b', 'c', 'd', 'e'], n));
    await w.ledger.planJobs(jobs);
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
      left -= 6_000;
      return await fetch(request);
    };
    const one = job(['1', '2', '3', '4', '5', '6', '7', '8', '9']);
    await scrape(one, budget);
    expect(w.fetcher.asked).toHaveLength(7);
    expect(waits()).toEqual([{ reason: 'deadline', ids: ['8', '9'], waitMs: 0 }]);
    expect(w.visits.sent[0]?.visits).toHaveLength(7);
    expect(recorded(one)).toEqual({ 7: 'parked', 8: 'parked' });
  });

  test('that had run out before the job began returns the whole job', async () => {
    let left = 60_000;
    const budget = timeBudget(() => left, 10_000);
    left = 15_000;
    await expect(scrape(job(['1', '2']), budget)).rejects.toBeInstanceOf(RetryLater);
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
  test('whose visits the queue refuses is delivered again', async () => {
    w.visits.refuses = true;
    await expect(scrape(job(['1']))).rejects.toBeInstanceOf(RetryLater);
  });

  test('is done although the ledger fails: its visits are durable', async () => {
    w.ledger.recordOutcomes = async () => {
      throw new Error('throttled');
    };
    w.fetcher.pages.set('1', { failure: 'timeout', detail: '' });
    await scrape(job(['1', '2']));
    expect(w.visits.sent).toHaveLength(1);
    expect(w.metrics.counts['LedgerWriteFailed']).toBe(1);
    expect(w.log.lines.some(({ level }) => level === 'error')).toBe(true);
  });

  test('is not fetched again because the quarantine fails: the reference waits', async () => {
    w.quarantine.fails = true;
    w.fetcher.pages.set('1', page({ outcome: 'rejected', detail: 'price 0' }));
    const one = job(['1', '2']);
    await scrape(one);
    expect(waits()).toMatchObject([{ reason: 'quarantine-unavailable', ids: ['1'] }]);
    expect(recorded(one)).toEqual({ 0: 'parked' });
    expect(w.visits.sent[0]?.visits).toHaveLength(1);
  });

  test('of another marketplace, or with a kind that this one lacks, can never be done', async () => {
    await expect(scrape({ ...job(['1']), marketplace: 'other' })).rejects.toBeInstanceOf(PoisonMessage);
    const lots = { ...job(['1'], 2), references: [{ kind: 'lot' as const, externalId: '1' }] };
    await expect(scrape(lots)).rejects.toBeInstanceOf(PoisonMessage);
    expect(w.fetcher.asked).toEqual([]);
  });
});

test.each(['before', 'after'] as const)(
  'a scraper that dies just %s any effect leaves what a repetition completes',
  async (when) => {
    const one = job(['1', '2', '3', '4']);
    function prepare(): void {
      w = world();
      w.fetcher.pages.set('1', page({ outcome: 'rejected', detail: 'price 0' }));
      w.fetcher.pages.set('2', { failure: 'timeout', detail: '' });
      w.fetcher.pages.set('3', page({ outcome: 'gone', detail: '' }));
    }
    function state() {
      const visits = w.visits.sent.flatMap((message) => message.visits);
      return {
        quarantined: [...w.quarantine.pages],
        parked: waits(),
        visits: [...new Map(visits.map((visit) => [visit.index, visit]))].sort(([a], [b]) => a - b),
        outcomes: recorded(one),
      };
    }
    prepare();
    await scrape(one);
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
      const first = await Promise.race([scrape(one, plenty, dying), death.happened]);
      await scrape(one);
      expect(state()).toEqual(whole);
      if (first !== 'dead') {
        expect(call).toBe(5);
        return;
      }
    }
  },
);
