import { beforeEach, expect, it } from 'vitest';
import type { PageResult } from '../../functions/core/marketplace.ts';
import { job, ok, page, type ScrapeWorld, scrape, scrapeWorld } from './scrape-world.ts';

let w: ScrapeWorld;
beforeEach(() => {
  w = scrapeWorld();
});

const body = 'a whole page, with its prices and its secrets';
const payload = (result: PageResult) => ({ ...page(result), body: Buffer.from(body) });

it('every line about a job names its sweep and its number, whatever became of it', async () => {
  w.fetcher.pages.set('1', ok('1'));
  w.fetcher.pages.set('2', page({ outcome: 'format-changed', detail: 'no prices' }));
  w.fetcher.pages.set('3', page({ outcome: 'server-error', detail: 'HTTP 502' }));
  const one = job(['1', '2', '3'], 7);
  await scrape(w, one);
  w.ledger.recordOutcomes = () => Promise.reject(new Error('throttled'));
  await scrape(w, one);
  const lines = w.log.lines.filter(({ message }) => message !== 'robots.txt read');
  expect(lines.map(({ message }) => message)).toEqual(
    expect.arrayContaining(['Page quarantined', 'Job scraped', 'Ledger write failed']),
  );
  for (const { message, fields } of lines)
    expect(fields, message).toMatchObject({ sweepId: one.sweepId, jobNumber: 7 });
});

it('no line holds what a page held: not when it is parked, quarantined, or cannot be quarantined', async () => {
  w.fetcher.pages.set('1', payload({ outcome: 'format-changed', detail: 'no prices' }));
  w.fetcher.pages.set('2', payload({ outcome: 'rejected', detail: 'a price of 0' }));
  w.fetcher.pages.set('3', payload({ outcome: 'empty', detail: 'nothing in it' }));
  await scrape(w, job(['1', '2', '3']));
  w.quarantine.put = () => Promise.reject(new Error('AccessDenied'));
  await scrape(w, job(['1', '2', '3'], 2));
  expect(w.log.lines.length).toBeGreaterThan(4);
  const encoded = Buffer.from(body).toString('base64');
  for (const line of w.log.lines) {
    expect(JSON.stringify(line)).not.toContain(body);
    expect(JSON.stringify(line)).not.toContain(encoded);
    // Bytes as numbers, as JSON makes of a buffer.
    expect(JSON.stringify(line)).not.toContain([...Buffer.from(body.slice(0, 8))].join(','));
  }
});
