import { expect, it } from 'vitest';
import { runPass } from '../../cli/start/sweep.ts';
import { type Books, emptyBooks } from '../../functions/core/model/outcome.ts';
import type { Sweep } from '../../functions/core/ports/ledger.ts';
import { ManualClock } from '../local/events/manual-clock.ts';

const start = '2031-01-01T00:00:00.000Z';

/** A ledger that a test writes into, and a schedule whose slots do what the test says. */
function setUp(onSlot: (slot: number, world: World) => void | Promise<void>) {
  const clock = new ManualClock(start);
  const world: World = { sweeps: [], books: new Map(), clock, slots: 0, shown: [] };
  const run = (stalledMs = 60_000) =>
    runPass({
      marketplace: 'uzum',
      mode: 'refresh',
      ledger: {
        sweeps: async () => world.sweeps.toReversed(),
        books: async (sweepId) => ({ ...emptyBooks(), ...world.books.get(sweepId) }),
      },
      deliver: async () => {
        world.slots += 1;
        await onSlot(world.slots, world);
      },
      progress: { books: (_label, books) => world.shown.push(books.dispatched - books.inFlight) },
      stalledMs,
      clock,
    });
  return { world, run, clock };
}

interface World {
  sweeps: Sweep[];
  books: Map<string, Partial<Books>>;
  clock: ManualClock;
  slots: number;
  shown: number[];
}

function begin(world: World, sweepId: string, planned: boolean, books: Partial<Books>): void {
  const at = new Date(world.clock.now());
  const others = world.sweeps.filter((sweep) => sweep.sweepId !== sweepId);
  world.sweeps = [
    ...others,
    { sweepId, marketplace: 'uzum', mode: 'refresh', startedAt: at, deadline: at, planned },
  ];
  world.books.set(sweepId, books);
}

it('ends when the sweep that its slot began is planned and nothing is in flight, and counts no other sweep', async () => {
  const { world, run, clock } = setUp((_, into) =>
    begin(into, 'mine', true, { dispatched: 9, stored: 2, inFlight: 7 }),
  );
  begin(world, 'earlier', true, { dispatched: 100, stored: 100 });
  const pass = run();
  await clock.advance(5_000);
  expect(world.shown.at(-1)).toBe(2);
  world.books.set('mine', { dispatched: 9, stored: 9 });
  await clock.advance(250);
  expect(await pass).toMatchObject({
    seconds: 5.25,
    sweeps: [{ sweep: { sweepId: 'mine' }, books: { stored: 9 } }],
  });
  expect(world.slots).toBe(1);
});

it('has no sweeps when there was nothing to dispatch', async () => {
  const { run, clock } = setUp(() => undefined);
  const pass = run();
  await clock.advance(2_000);
  expect((await pass).sweeps).toEqual([]);
});

it('delivers further slots, a second apart at least, until the sweep is planned whole', async () => {
  const { world, run, clock } = setUp((slot, into) =>
    begin(into, 'long', slot === 3, { dispatched: slot * 10, stored: slot * 10 }),
  );
  const pass = run();
  await clock.advance(1_000);
  expect(world.slots).toBeLessThanOrEqual(2);
  await clock.advance(5_000);
  expect((await pass).sweeps).toMatchObject([{ books: { dispatched: 30 } }]);
  expect(world.slots).toBe(3);
});

it('adds up the sweeps of its slots where an interrupted one was finished by the next', async () => {
  const { run, clock } = setUp((slot, into) => {
    if (slot === 1) return begin(into, 'first', false, { dispatched: 1, stored: 1 });
    begin(into, 'first', true, { dispatched: 4, stored: 4 });
    begin(into, 'second', true, { dispatched: 5, unchanged: 5 });
  });
  const pass = run();
  await clock.advance(5_000);
  expect((await pass).sweeps.map(({ books }) => books.dispatched).toSorted()).toEqual([4, 5]);
});

it('fails with what the delivery failed with', async () => {
  const { run, clock } = setUp(() => Promise.reject(new Error('dispatch failed three times')));
  const pass = expect(run()).rejects.toThrow('dispatch failed three times');
  await clock.advance(2_000);
  await pass;
});

it('gives up, in one sentence, only when nothing has moved for long', async () => {
  const { world, run, clock } = setUp((_, into) =>
    begin(into, 'stuck', true, { dispatched: 9, inFlight: 9 }),
  );
  const pass = expect(run()).rejects.toThrow('uzum refresh: nothing has moved for 60 s.');
  await clock.advance(59_000);
  world.books.set('stuck', { dispatched: 9, stored: 1, inFlight: 8 });
  await clock.advance(59_000);
  expect(world.shown.at(-1)).toBe(1);
  await clock.advance(2_000);
  await pass;
});
