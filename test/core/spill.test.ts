import { beforeEach, describe, expect, test } from 'vitest';
import type { VisitsMessage } from '../../functions/contract/messages.ts';
import { RetryLater } from '../../functions/core/model/errors.ts';
import { Death } from './death.ts';
import { job, page, plenty, recorded, type ScrapeWorld, scrape, scrapeWorld } from './scrape-world.ts';

let w: ScrapeWorld;
beforeEach(() => {
  w = scrapeWorld();
});
const spilled = () => [...w.spill.objects.values()];
const ids = (messages: VisitsMessage[]) =>
  messages.flatMap(({ visits }) =>
    visits.map((visit) => (visit.outcome === 'ok' ? visit.snapshot.externalId : null)),
  );

describe('visits that the snapshots queue does not take', () => {
  test.each([
    [
      'refuses them',
      () => {
        w.visits.refuses = true;
      },
      'InternalError',
    ],
    [
      'is not there',
      () => {
        w.visits.send = async () => {
          throw new Error('unreachable');
        };
      },
      'Error: unreachable',
    ],
  ])(
    'because it %s are spilled in one object, and the job counts as handed over',
    async (_, fault, detail) => {
      fault();
      w.fetcher.pages.set('2', page({ outcome: 'rejected', detail: 'price 0' }));
      const one = job(['1', '2', '3']);
      await scrape(w, one);
      expect(spilled()).toMatchObject([{ domain: 'shops', detail, at: w.clock.now().toISOString() }]);
      expect(ids(spilled()[0]?.messages ?? [])).toEqual(['1', '3']);
      expect(recorded(w, one)).toEqual({ 1: 'quarantined' });
      expect(w.metrics.counts['VisitsSpilled']).toBe(2);
      expect(w.visits.sent).toEqual([]);
    },
  );

  test('in part are spilled in part', async () => {
    w.visits.send = async (message) => {
      const [first, ...rest] = message.visits;
      const half = (visits: VisitsMessage['visits']) => ({ ...message, visits });
      w.visits.sent.push(half(first ? [first] : []));
      return {
        accepted: [half(first ? [first] : [])],
        refused: [{ message: half(rest), detail: 'Throttled' }],
      };
    };
    await scrape(w, job(['1', '2', '3']));
    expect(ids(w.visits.sent)).toEqual(['1']);
    expect(ids(spilled()[0]?.messages ?? [])).toEqual(['2', '3']);
  });

  test('nor the spill bucket make the job come again, with both reasons', async () => {
    w.visits.refuses = true;
    w.spill.fails = true;
    const again = scrape(w, job(['1']));
    await expect(again).rejects.toBeInstanceOf(RetryLater);
    await expect(again).rejects.toThrow(/queue \(InternalError\) nor the spill bucket \(Error: SlowDown\)/);
  });
});

test.each(['before', 'after'] as const)(
  'a scraper that dies just %s any effect of a spill loses no visit',
  async (when) => {
    for (let call = 1; ; call += 1) {
      w = scrapeWorld();
      w.visits.refuses = true;
      const death = new Death(call, when);
      const dying = {
        ...w,
        visits: death.of(w.visits),
        spill: death.of(w.spill),
        ledger: death.of(w.ledger),
      };
      const first = await Promise.race([scrape(w, job(['1']), plenty, dying), death.happened]);
      await scrape(w, job(['1']));
      // What died after the object was written spills a second one: the same visit, stored twice, changes nothing.
      expect(new Set(ids(spilled().flatMap(({ messages }) => messages)))).toEqual(new Set(['1']));
      if (first !== 'dead') {
        expect(call).toBe(3);
        return;
      }
    }
  },
);
