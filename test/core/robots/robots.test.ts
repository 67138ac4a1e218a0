import { beforeEach, describe, expect, test } from 'vitest';
import type { Page } from '../../../functions/core/marketplace.ts';
import type { FetchFailure } from '../../../functions/core/ports/fetching.ts';
import { Robots } from '../../../functions/core/robots/robots.ts';
import { MemoryClock, MemoryLog } from '../in-memory.ts';
import { job, type ScrapeWorld, scrape, scrapeWorld, waits } from '../scrape-world.ts';

const DAY = 86_400_000;
const file = (text: string, status = 200): Page => ({
  url: 'https://market.example/robots.txt',
  status,
  headers: {},
  body: Buffer.from(text),
  receivedAt: new Date(0),
});

let clock: MemoryClock;
let asked: string[];
let response: Page | FetchFailure;
let robots: Robots;
function create(overrides: { path: string; reason: string }[] = []): void {
  clock = new MemoryClock();
  asked = [];
  response = file('User-agent: *\nDisallow: /private\n');
  robots = new Robots(
    { overrides, freshMs: DAY, retryMs: 60_000 },
    { clock, log: new MemoryLog() },
    (page) => page.status < 300 && Buffer.from(page.body).toString().includes('captcha'),
  );
}
beforeEach(() => create());
const rule = async (path: string, origin = 'https://market.example') =>
  (
    await robots.rule(`${origin}${path}`, async ({ url }) => {
      asked.push(url);
      await new Promise((resolve) => setImmediate(resolve));
      return response;
    })
  )?.reason ?? 'allowed';

describe('robots.txt', () => {
  test('is fetched once for all that ask at the same time, and holds for a day', async () => {
    const rulings = await Promise.all([rule('/a'), rule('/private/b'), rule('/c')]);
    expect(rulings).toEqual(['allowed', 'robots', 'allowed']);
    clock.pass(DAY - 1);
    await rule('/a');
    expect(asked).toEqual(['https://market.example/robots.txt']);
    clock.pass(1);
    response = file('User-agent: narx\nDisallow: /\n');
    expect(await rule('/a')).toBe('robots');
    expect(asked).toHaveLength(2);
  });

  test('is each origin’s own', async () => {
    await rule('/a');
    response = file('User-agent: *\nDisallow: /\n');
    expect(await rule('/a', 'https://api.market.example')).toBe('robots');
    expect(await rule('/a')).toBe('allowed');
  });

  test.each([401, 403, 404, 410])('that is answered with %d allows everything', async (status) => {
    response = file('<html>', status);
    expect(await rule('/private')).toBe('allowed');
  });

  test('that leads to another host is as good as none', async () => {
    response = { failure: 'host-not-allowed', detail: '' };
    expect(await rule('/private')).toBe('allowed');
  });

  test.each([
    ['HTTP 500', file('', 500)],
    ['HTTP 429', file('', 429)],
    ['no answer', { failure: 'timeout', detail: 'no answer' }],
    ['no connection', { failure: 'connection', detail: 'ECONNREFUSED' }],
  ] as const)(
    'that cannot be had (%s) forbids everything for now, and is asked for a minute later',
    async (_, failure) => {
      const good = response;
      response = failure;
      expect(await rule('/a')).toBe('robots-unreachable');
      expect(await rule('/b')).toBe('robots-unreachable');
      expect(asked).toHaveLength(1);
      clock.pass(60_000);
      response = good;
      expect(await rule('/a')).toBe('allowed');
    },
  );

  test('that cannot be had any more holds as it was', async () => {
    await rule('/a');
    clock.pass(DAY);
    response = file('', 503);
    expect([await rule('/a'), await rule('/private')]).toEqual(['allowed', 'robots']);
  });

  test('with a CAPTCHA in its place is a block, and nothing is learnt from it', async () => {
    const good = response;
    response = file('<html>captcha</html>');
    expect(await rule('/a')).toBe('blocked');
    response = good;
    expect(await rule('/private')).toBe('robots');
  });

  test('is overridden where an operator has a reason', async () => {
    create([{ path: '/private/prices', reason: 'agreed with them in writing' }]);
    expect([await rule('/private/prices/1'), await rule('/private/x')]).toEqual(['allowed', 'robots']);
  });
});

describe('scrape', () => {
  let w: ScrapeWorld;
  beforeEach(() => {
    w = scrapeWorld();
  });

  test('asks for robots.txt first, once, and not for what it forbids', async () => {
    w.fetcher.robots = () => file('User-agent: *\nDisallow: /product/2\n');
    await scrape(w, job(['1', '2', '3']));
    expect(w.fetcher.robotsAsked).toBe(1);
    expect(w.fetcher.asked.sort()).toEqual(['1', '3']);
    expect(waits(w)).toEqual([{ reason: 'robots', ids: ['2'], waitMs: 7 * DAY }]);
    expect(w.metrics.counts).toEqual({ PagesOk: 2, ReferencesDisallowed: 1, ReferencesParked: 1 });
  });

  test('asks for nothing while robots.txt cannot be had', async () => {
    w.fetcher.robots = () => file('', 503);
    await scrape(w, job(['1', '2']));
    expect(w.fetcher.asked).toEqual([]);
    expect(waits(w)).toEqual([{ reason: 'robots-unreachable', ids: ['1', '2'], waitMs: 300_000 }]);
  });

  test('takes a refusal in its place for the block that it is', async () => {
    // The world's marketplace refuses with 403; a file that is 403 itself only says that there is none.
    w.fetcher.robots = () => ({ ...file('User-agent: *\nDisallow:\n'), status: 200 });
    await scrape(w, job(['1']));
    expect(w.gates.value.state).toBe('open');
    w = scrapeWorld();
    w.marketplace.classify = (page) =>
      Buffer.from(page.body).toString().startsWith('<captcha')
        ? { outcome: 'blocked', detail: 'CAPTCHA' }
        : null;
    w.fetcher.robots = () => file('<captcha>');
    await scrape(w, job(['1', '2', '3']));
    expect(w.fetcher.asked).toEqual([]);
    expect(w.gates.value).toMatchObject({ state: 'cooling', trouble: 'blocked' });
  });
});
