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
  // Handing over takes the time it takes, and the scraper keeps a quarter of its own for it: four seconds.
  stack: { stage: 'drillhours', timeScale: 0.012 },
  takes: 50,
  async run(world) {
    const { passes } = world;
    await passes.sweep().done;
    await passes.newPrices();
    const killed = world.deaths(['scrape', 'uzum'], ['store', 'ecommerce']);
    const hung = passes.refresh();
    await world.inject('the marketplace hangs', () => world.knobs('uzum', { outage: { kind: 'hang' } }));
    const alive = await world.unlessDeadly(world.alarms.fires('gate-closed'), killed);
    world.check('functions that were killed at their time limit', killed(), 0);
    if (!alive) return;
    await world.knobs('uzum', { outage: null });
    await hung.done;
    await world.alarms.clears('gate-closed');
    await passes.settle();

    await passes.newPrices();
    const refresh = passes.refresh();
    // What is due is asked of Postgres as well: the jobs must be there first.
    await world.until('jobs are dispatched', () => refresh.books().dispatched > 0);
    world.stopwatch.phase('Postgres hangs');
    world.postgres().hang();
    await world.alarms.fires('breaker-open');
    world.postgres().restore();
    await refresh.done;
    world.recovered();
    await world.alarms.clears('breaker-open');
    world.check('functions that were killed at their time limit', killed(), 0);
  },
};
