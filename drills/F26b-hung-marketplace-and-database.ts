import type { Drill } from './drill.ts';

export const drill: Drill = {
  id: 'F26b',
  failure: 'the marketplace, then Postgres, take connections and never answer',
  mutation: {
    file: 'functions/adapters/http/exchange.ts',
    find: ' ms`)),\n      timeoutMs,',
    replace: ' ms`)),\n      timeoutMs + 3_600_000,',
    removes: 'the time limit of a request to the marketplace',
    failsWith: /^functions that were killed at their time limit: /,
  },
  async run(world) {
    const { passes } = world;
    await world.knobs('uzum', { outage: { kind: 'hang' } });
    const sweep = passes.sweep();
    await world.inject('the marketplace hangs', () => world.alarms.fires('gate-closed'));
    await world.knobs('uzum', { outage: null });
    await sweep.done;
    await passes.settle();
    await world.alarms.clears('gate-closed');
    const errors = () => [
      world.lambda('Errors', 'scrape', 'uzum'),
      world.lambda('Errors', 'store', 'ecommerce'),
    ];
    world.check('functions that were killed at their time limit', errors(), [0, 0]);

    await passes.newPrices();
    const refresh = passes.refresh();
    world.stopwatch.phase('Postgres hangs');
    world.postgres().hang();
    await world.alarms.fires('breaker-open');
    world.postgres().restore();
    await refresh.done;
    world.recovered();
    await world.alarms.clears('breaker-open');
    world.check('functions that were killed at their time limit', errors(), [0, 0]);
  },
};
