import { beforeEach, describe, expect, test } from 'vitest';
import { noClearance } from '../../functions/core/model/clearance.ts';
import type { Gap, ReferenceOutcome } from '../../functions/core/model/outcome.ts';
import type { Reference } from '../../functions/core/model/reference.ts';
import { newRound } from '../../functions/core/model/round.ts';
import type { StoredReference } from '../../functions/core/ports/database.ts';
import { reconcile } from '../../functions/core/reconcile.ts';
import { MemoryClock, MemoryLog, MemoryMetrics, MemoryShared } from './in-memory.ts';
import { MemoryLedger } from './memory-ledger.ts';

const HOUR = 3_600_000;
const planned = new Date('2031-02-03T04:05:30.000Z');
const before = new Date('2031-02-03T04:00:00.000Z');
const after = new Date('2031-02-03T04:06:00.000Z');
type Outcome = ReferenceOutcome | Gap | null;

function world() {
  const rows = new Map<string, StoredReference>();
  return {
    rows,
    ledger: new MemoryLedger(),
    stored: {
      find: async (_: string, references: readonly Reference[]) =>
        references.map((it) => rows.get(it.externalId) ?? null),
    },
    rounds: new MemoryShared(newRound),
    clearances: new MemoryShared(noClearance),
    clock: new MemoryClock(),
    log: new MemoryLog(),
    metrics: new MemoryMetrics(),
  };
}
let w: ReturnType<typeof world>;
beforeEach(() => {
  w = world();
  w.clock.time = new Date(planned.getTime() + HOUR);
  w.clearances.value = { ...noClearance, before: planned };
});
const settings = { most: 1_000, silenceMs: HOUR, skewMs: 60_000 };
const run = (more = {}) => reconcile(w, { ...settings, ...more }, 'uzum');

async function sweep(
  minute: string,
  ...jobs: [kind: Reference['kind'], outcome: Outcome][][]
): Promise<string> {
  const slot = `2031-02-03T04:${minute}:00.000Z`;
  const sweepId = `${slot}.uzum.refresh`;
  const deadline = new Date('2031-02-04T04:05:00.000Z');
  await w.ledger.openSweep({
    sweepId,
    marketplace: 'uzum',
    mode: 'refresh',
    startedAt: new Date(slot),
    deadline,
    planned: true,
  });
  for (const [jobNumber, content] of jobs.entries()) {
    const references = content.map(([kind], i) => ({ kind, externalId: `${minute}/${jobNumber}/${i}` }));
    await w.ledger.planJobs([{ v: 1, marketplace: 'uzum', sweepId, jobNumber, slot, references }], planned);
    for await (const entry of w.ledger.jobs({ sweepId }, jobNumber - 1))
      await w.ledger.correct(
        entry,
        new Map(content.flatMap(([, outcome], i) => (outcome ? [[i, outcome] as const] : []))),
      );
  }
  return sweepId;
}
async function outcomes(sweepId: string): Promise<Outcome[]> {
  const found: Outcome[] = [];
  for await (const entry of w.ledger.jobs({ sweepId }, null)) found.push(...entry.outcomes);
  return found;
}

describe('one reference', () => {
  const seen = { lastSeenAt: after, missingCheckedAt: null };
  const missed = { lastSeenAt: before, missingCheckedAt: after };
  const old = { lastSeenAt: before, missingCheckedAt: before };
  const inTolerance = { lastSeenAt: new Date(planned.getTime() - 59_000), missingCheckedAt: null };
  const cases: [string, Reference['kind'], Outcome, StoredReference | null, Outcome][] = [
    ['stored and seen since stands', 'product', 'stored', seen, 'stored'],
    ['stored, by a clock that is a little behind, stands', 'product', 'stored', inTolerance, 'stored'],
    ['stored and unknown is lost', 'product', 'stored', null, 'lost'],
    ['unchanged and last seen before it was planned is lost', 'product', 'unchanged', old, 'lost'],
    ['gone and missed since stands', 'product', 'gone', missed, 'gone'],
    ['gone and seen again since stands', 'product', 'gone', seen, 'gone'],
    ['gone and never known stands: there is nothing to lose', 'product', 'gone', null, 'gone'],
    ['gone and last looked at before is lost', 'product', 'gone', old, 'lost'],
    ['a listing leaves nothing to compare', 'listing', 'unchanged', null, 'unchanged'],
    [
      'a lot without items is known, and no more',
      'lot',
      'stored',
      { lastSeenAt: null, missingCheckedAt: null },
      'stored',
    ],
    ['under way and seen since is closed', 'product', null, seen, 'stored'],
    [
      'under way and last seen just before it was planned is missing',
      'product',
      null,
      inTolerance,
      'missing',
    ],
    ['under way and missed since is closed', 'product', null, missed, 'gone'],
    ['under way and unknown is missing', 'product', null, null, 'missing'],
    ['missing and seen since is closed', 'product', 'missing', seen, 'stored'],
    ['lost and still unknown stays lost', 'product', 'lost', null, 'lost'],
    ['a listing under way is missing: nothing proves that it was visited', 'listing', null, null, 'missing'],
    ['parked is not in the database and says so', 'product', 'parked', null, 'parked'],
    ['quarantined is not in the database and says so', 'product', 'quarantined', old, 'quarantined'],
    ['dead-lettered waits for its redrive', 'product', 'dead-lettered', seen, 'dead-lettered'],
  ];
  test.each(cases)('%s', async (_, kind, outcome, row, expected) => {
    const id = await sweep('05', [[kind, outcome]]);
    if (row) w.rows.set('05/0/0', row);
    await run();
    expect(await outcomes(id)).toEqual([expected]);
    await run();
    expect(await outcomes(id)).toEqual([expected]);
  });

  test('whose snapshot was lost and that is gone since is reported, and closed: there is nothing to fetch', async () => {
    const id = await sweep('05', [['product', 'unchanged']]);
    w.rows.set('05/0/0', missed);
    expect(await run()).toMatchObject({ lost: 1 });
    expect(await run()).toMatchObject({ closed: 1 });
    expect(await outcomes(id)).toEqual(['gone']);
  });

  test.each([
    ['seen', seen, null],
    ['missed', missed, null],
    ['seen', seen, 'missing' as const],
  ])('%s since is not closed while its own visit may still wait in a queue', async (_, row, outcome) => {
    w.clearances.value = { ...noClearance, before: new Date(planned.getTime() - 1) };
    const id = await sweep('05', [['product', outcome]]);
    w.rows.set('05/0/0', row);
    await run();
    expect(await outcomes(id)).toEqual([outcome]);
    w.clearances.value = noClearance;
    await run();
    expect(await outcomes(id)).toEqual([outcome]);
  });

  test('under way is not looked for before a long silence', async () => {
    const id = await sweep('05', [['product', null]]);
    w.clock.pass(-1);
    await run();
    expect(await outcomes(id)).toEqual([null]);
  });
});

test('every repair is counted and logged, and what was lost is reported until a round finds it no more', async () => {
  const id = await sweep('05', [
    ['product', 'stored'],
    ['product', null],
  ]);
  w.rows.set('05/0/1', { lastSeenAt: after, missingCheckedAt: null });
  expect(await run()).toEqual({ compared: 2, closed: 1, missing: 0, lost: 1, lostInRound: 1 });
  expect(w.metrics.counts).toMatchObject({ ReferencesLost: 1, BooksClosedFromDatabase: 1 });
  expect(w.log.lines).toMatchObject([
    { level: 'error', fields: { lost: 1, closed: 1, reference: { externalId: '05/0/0' } } },
  ]);
  expect(await run()).toMatchObject({ lost: 0, lostInRound: 1 });
  await w.ledger.recordOutcomes({ sweepId: id, jobNumber: 0 }, new Map([[0, 'stored' as const]]));
  w.rows.set('05/0/0', { lastSeenAt: after, missingCheckedAt: null });
  expect(await run()).toMatchObject({ lostInRound: 1 });
  expect(await run()).toMatchObject({ lostInRound: 0 });
});

test('an outcome that arrives while the database is asked is not overwritten', async () => {
  const id = await sweep('05', [['product', null]]);
  const find = w.stored.find;
  w.stored.find = async (marketplace, references) => {
    const rows = await find(marketplace, references);
    await w.ledger.recordOutcomes({ sweepId: id, jobNumber: 0 }, new Map([[0, 'parked' as const]]));
    return rows;
  };
  expect(await run()).toMatchObject({ missing: 0 });
  expect(await outcomes(id)).toEqual(['parked']);
});

test('a run compares a part, the next goes on where it stopped, and a round covers everything', async () => {
  const two: [Reference['kind'], Outcome][] = [
    ['product', 'stored'],
    ['product', 'stored'],
  ];
  const ids = [await sweep('05', two, two, two), await sweep('10'), await sweep('15', two)];
  const compared: number[] = [];
  for (let i = 0; i < 4; i += 1) compared.push((await run({ most: 3 })).compared);
  expect(compared).toEqual([4, 4, 0, 4]);
  for (const id of [ids[0], ids[2]]) expect(new Set(await outcomes(id ?? ''))).toEqual(new Set(['lost']));
});

test('a sweep that ended more than a day ago is left alone', async () => {
  const id = await sweep('05', [['product', 'stored']]);
  w.clock.time = new Date('2031-02-05T04:06:00.000Z');
  expect(await run()).toMatchObject({ compared: 0 });
  expect(await outcomes(id)).toEqual(['stored']);
});
