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
    failsWith: /^scrapers that ran out of time: /,
  },
  // What is parked may be due as well, and is then asked for twice.
  expect: { fetchedTwice: 100 },
  async run(world) {
    const { passes } = world;
    await world.knobs('uzum', { latency: { medianMs: 1_600, p99Ms: 2_000 } });
    const sweep = passes.sweep();
    await world.inject('every page takes 1.6 s', () =>
      world.until('references are parked for lack of time', () => parked() > 0),
    );
    world.seenThrough('parked references');
    await sweep.done;
    world.check('scrapers that ran out of time', world.lambda('Errors', 'scrape', 'uzum'), 0);
    world.checkThat('some was done each time', sweep.books().stored > 50, `stored ${sweep.books().stored}`);
    await world.knobs('uzum', { latency: null });
    // What found no time is visited again in its turn.
    await passes.settle();
    world.recovered();

    function parked(): number {
      return world.metric('scrape', metric.referencesParked, { marketplace: 'uzum' });
    }
  },
};
