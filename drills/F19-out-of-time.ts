import { metric } from '../functions/contract/metrics.ts';
import type { Drill } from './drill.ts';

export const drill: Drill = {
  id: 'F19',
  failure: 'the site answers so slowly that a batch of jobs does not fit into the function’s time',
  mutation: {
    file: 'functions/core/scrape-limits.ts',
    find: 'mayStart: () => remainingMs() >= reserveMs,',
    replace: 'mayStart: () => true,',
    removes: 'the end of new requests before the deadline',
    // What is begun too late is killed with its function, or times out, as if the marketplace were down, and closes the gate.
    failsWith: /^(scrapers that ran out of time|some was done each time): /,
  },
  // What is parked may be due as well, and is then asked for twice.
  expect: { fetchedTwice: 100 },
  async run(world) {
    const { passes } = world;
    await world.knobs('uzum', { latency: { medianMs: 3_000, p99Ms: 3_600 } });
    const killed = world.deaths(['scrape', 'uzum']);
    const sweep = await world.inject('every page takes 3 s', () => passes.sweep());
    const alive = await world.unlessDeadly(
      world.until('references are parked for lack of time', () => parked() > 0),
      killed,
    );
    if (alive) world.seenThrough('parked references');
    // Of jobs that do not fit, more than both workers can hold at once.
    const half = (): boolean => sweep.books().dispatched === 400 && sweep.books().inFlight < 200;
    if (alive) await world.unlessDeadly(world.until('half of it is done', half, { withinS: 60 }), killed);
    world.check('scrapers that ran out of time', killed(), 0);
    if (killed() > 0) return;
    world.checkThat('some was done each time', sweep.books().stored > 50, `stored ${sweep.books().stored}`);
    await world.knobs('uzum', { latency: null });
    await sweep.done;
    // What found no time is visited again in its turn.
    await passes.settle();
    world.recovered();

    function parked(): number {
      return world.metric('scrape', metric.referencesParked, { marketplace: 'uzum' });
    }
  },
};
