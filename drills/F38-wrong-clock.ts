import { metric } from '../functions/contract/metrics.ts';
import type { Drill } from './drill.ts';
import { wrongClock } from './faults/clock.ts';
import { databaseSession } from './faults/database-session.ts';
import { deploy } from './faults/deployment.ts';

const hourMs = 3_600_000;

export const drill: Drill = {
  id: 'F38',
  failure: "the scrapers' clocks are an hour ahead of everybody else's for a whole refresh",
  mutation: {
    file: 'functions/adapters/postgres/visit-store.ts',
    find: 'const futureToleranceMs = 5 * 60_000;',
    replace: 'const futureToleranceMs = 24 * 3_600_000;',
    removes: 'the refusal of what was observed in the future',
    failsWith: /^price points from the future: /,
  },
  async run(world) {
    const { alarms, operator, passes, stack } = world;
    await passes.sweep().done;
    await world.empty('uzum-jobs');
    await passes.newPrices();
    const mend = await world.inject('the clocks of scrape jump ahead', () =>
      deploy(world, 'scrape', wrongClock(hourMs)),
    );
    const { sweeps } = await passes.refresh().done;
    const dba = await databaseSession(stack);
    const { rows } = await dba.query<{ count: number }>(
      `select count(*)::int as count from price_history
        where greatest(first_observed_at, last_confirmed_at) > now() + interval '5 minutes'`,
    );
    await dba.end();
    world.check('price points from the future', rows[0]?.count, 0);
    if (rows[0]?.count !== 0) return;
    const [books] = sweeps.map((sweep) => sweep.books);
    world.check('visits that were refused', books?.quarantined, books?.dispatched);
    await alarms.fires('rows-quarantined');
    const listed = await operator.does('npx narx quarantine list --stage $STAGE');
    world.checkThat('the list says why', listed.stdout.includes('observed-in-the-future'), listed.stdout);

    world.stopwatch.phase('the clocks are right again');
    await world.empty('uzum-jobs');
    mend();
    // The pace that all workers share has starts of an hour ahead in it: they hold nobody up.
    await passes.refresh().done;
    world.recovered();
    world.check(
      'rows quarantined since',
      world.metric('store', metric.rowsQuarantined, { domain: 'ecommerce' }) - (books?.quarantined ?? 0),
      0,
    );
  },
};
