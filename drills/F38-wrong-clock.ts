import { metric } from '../functions/contract/metrics.ts';
import type { Drill } from './drill.ts';

export const drill: Drill = {
  id: 'F38',
  failure: "the scraper's clock is four minutes ahead of everybody else's",
  stack: { clockSkewMs: { scrape: 4 * 60_000 } },
  mutation: {
    file: 'functions/adapters/postgres/visit-store.ts',
    find: 'const futureToleranceMs = 5 * 60_000;',
    replace: 'const futureToleranceMs = 0;',
    removes: 'the tolerance for clocks that differ',
    failsWith: /^lost: /,
  },
  async run(world) {
    await world.inject('a sweep with that clock', () => world.passes.sweep().done);
    await world.passes.newPrices();
    await world.passes.refresh().done;
    world.check(
      'rows refused for their time',
      world.metric('store', metric.rowsQuarantined, { domain: 'ecommerce' }),
      0,
    );
    world.seenThrough('the books');
    world.recovered();
  },
};
