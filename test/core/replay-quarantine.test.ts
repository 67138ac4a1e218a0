import { beforeEach, expect, test } from 'vitest';
import type { Quarantined } from '../../functions/contract/quarantine.ts';
import type { PageResult } from '../../functions/core/marketplace.ts';
import { PoisonMessage } from '../../functions/core/model/errors.ts';
import type { QuarantinedObjects } from '../../functions/core/ports/objects.ts';
import { replayQuarantine } from '../../functions/core/replay-quarantine.ts';
import { Death } from './death.ts';
import { job, recorded, type ScrapeWorld, scrapeWorld, snapshot } from './scrape-world.ts';

class MemoryQuarantined implements QuarantinedObjects {
  readonly objects = new Map<string, Quarantined | 'damaged'>();
  async get(key: string): Promise<Quarantined | null> {
    const object = this.objects.get(key) ?? null;
    if (object === 'damaged') throw new PoisonMessage(`${key} is damaged.`);
    return object;
  }
  async remove(key: string): Promise<void> {
    this.objects.delete(key);
  }
}

let w: ScrapeWorld;
let quarantined: MemoryQuarantined;
const one = job(['1', '2'], 7);
beforeEach(async () => {
  w = scrapeWorld();
  quarantined = new MemoryQuarantined();
  await w.ledger.planJobs([one], new Date(0));
});

const observedAt = '2031-01-01T00:00:00.000Z';
const at = { sweepId: one.sweepId, jobNumber: one.jobNumber };
/** A page that the mended parser finds to be this. */
function page(result: PageResult, kind: 'product' | 'listing' = 'product'): Quarantined {
  return {
    ...{
      v: 1,
      type: 'page',
      marketplace: 'market',
      reason: 'format-changed',
      detail: 'name: missing',
      observedAt,
    },
    ...{ reference: { kind, externalId: '2' }, job: { ...at, index: 1 } },
    ...{ url: 'https://market.example/product/2', status: 200, headers: {} },
    body: { encoding: 'utf8', data: JSON.stringify(result) },
  };
}
const understood = page({ outcome: 'ok', schema: 's', snapshots: [snapshot('2')], references: [] });
const replay = (
  keys: string[],
  changes: { dryRun?: boolean; ports?: Partial<ScrapeWorld>; objects?: QuarantinedObjects } = {},
) => {
  const { visits, ledger, clock, log, raw, marketplace } = { ...w, ...changes.ports };
  const target = (id: string) => (id === 'market' ? { marketplace, visits, raw } : null);
  const ports = { quarantined: changes.objects ?? quarantined, target, ledger, clock, log };
  return replayQuarantine({ keys, dryRun: changes.dryRun ?? false }, ports, {
    mayGoOn: () => true,
    sendMs: 1_000,
  });
};

test('a page that is understood now is sent as the job that fetched it would have, and leaves the quarantine', async () => {
  quarantined.objects.set('a', understood);
  expect(await replay(['a'])).toEqual({
    results: [{ key: 'a', result: 'replayed', visits: 1 }],
    stopped: null,
  });
  expect(w.visits.sent).toEqual([
    {
      v: 1,
      marketplace: 'market',
      ...at,
      visits: [{ outcome: 'ok', index: 1, snapshot: snapshot('2') }],
      discovered: [],
    },
  ]);
  expect(quarantined.objects.size).toBe(0);
  expect(w.fetcher.asked).toEqual([]);
});

test('a page of a thing that is gone is a visit as of the time when it was fetched', async () => {
  quarantined.objects.set('a', page({ outcome: 'gone', detail: '' }));
  await replay(['a']);
  expect(w.visits.sent[0]?.visits).toMatchObject([{ outcome: 'gone', observedAt }]);
});

test('a listing without snapshots is entered in the books, which nobody else would do', async () => {
  const references = [{ kind: 'product' as const, externalId: '9' }];
  quarantined.objects.set('a', page({ outcome: 'ok', schema: 's', snapshots: [], references }, 'listing'));
  await replay(['a']);
  expect(w.visits.sent).toMatchObject([{ visits: [], discovered: references }]);
  expect(recorded(w, one)).toEqual({ 1: 'unchanged' });
});

test('a row that the database refused is sent as it is', async () => {
  const row = { outcome: 'ok' as const, index: 0, snapshot: snapshot('1') };
  const common = { v: 1 as const, marketplace: 'market', detail: 'too narrow', observedAt };
  quarantined.objects.set('a', { ...common, type: 'row', job: at, reason: 'refused-by-database', row });
  quarantined.objects.set('b', {
    ...common,
    type: 'row',
    job: at,
    reason: 'refused-by-database',
    row: { kind: 'product', externalId: '5' },
  });
  expect((await replay(['a', 'b'])).results).toMatchObject([{ visits: 1 }, { visits: 0 }]);
  expect(w.visits.sent).toMatchObject([{ visits: [row] }, { discovered: [{ externalId: '5' }] }]);
});

test('what is still not understood, a wall, damaged or of another stage stays, with the reason', async () => {
  quarantined.objects.set('a', page({ outcome: 'format-changed', detail: 'title: missing' }));
  quarantined.objects.set('b', page({ outcome: 'blocked', detail: 'a wall' }));
  quarantined.objects.set('c', 'damaged');
  quarantined.objects.set('d', { ...understood, marketplace: 'elsewhere' });
  const { results } = await replay(['a', 'b', 'c', 'd', 'e']);
  expect(results.map((result) => ('reason' in result ? result.reason : result.result))).toEqual([
    'format-changed',
    'blocked',
    'unreadable',
    'not-enabled',
    'missing',
  ]);
  expect(results[0]).toMatchObject({ result: 'kept', detail: 'title: missing' });
  expect(quarantined.objects.size).toBe(4);
  expect(w.visits.sent).toEqual([]);
});

test('a dry run tells and changes nothing', async () => {
  quarantined.objects.set('a', understood);
  expect((await replay(['a'], { dryRun: true })).results).toEqual([
    { key: 'a', result: 'replayed', visits: 1 },
  ]);
  expect(w.visits.sent).toEqual([]);
  expect(quarantined.objects.size).toBe(1);
});

test('it stops where the queue takes nothing, and what was not reached stays', async () => {
  quarantined.objects.set('a', understood).set('b', understood);
  w.visits.refuses = true;
  expect(await replay(['a', 'b'])).toEqual({
    results: [],
    stopped: 'a: Error: the snapshots queue refused it: InternalError',
  });
  expect(quarantined.objects.size).toBe(2);
});

test.each(['before', 'after'] as const)('dying just %s any effect loses no visit', async (when) => {
  for (let call = 1; ; call += 1) {
    w = scrapeWorld();
    quarantined = new MemoryQuarantined();
    quarantined.objects.set('a', understood);
    const death = new Death(call, when);
    const dying = { ports: { visits: death.of(w.visits) }, objects: death.of(quarantined) };
    const first = await Promise.race([replay(['a'], dying), death.happened]);
    await replay(['a']);
    expect(w.visits.sent.length).toBeGreaterThan(0);
    expect(quarantined.objects.size).toBe(0);
    if (first !== 'dead') {
      expect(call).toBe(4);
      return;
    }
  }
});
