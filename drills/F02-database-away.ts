import { changesShown } from '../cli/start/compare.ts';
import type { Drill } from './drill.ts';
import { databaseSession } from './faults/database-session.ts';
import type { Underway } from './harness/passes.ts';

/** An hour takes 18 s. */
const timeScale = 0.005;
const hourMs = 3_600_000 * timeScale;

export const drill: Drill = {
  id: 'F02',
  failure: 'Postgres is killed and stays away for three hours, while two sweeps see two sets of prices',
  mutation: {
    file: 'functions/core/breaker/machine.ts',
    find: '      return opened(at, breaker.openings + 1, reason, at, settings);\n    }\n    case',
    replace: '      return { ...breaker, failures };\n    }\n    case',
    removes: 'the opening of the breaker: every delivery spends a receive',
    failsWith: /^dead-lettered: /,
  },
  stack: { stage: 'drillhours', timeScale },
  limitSeconds: 300,
  takes: 65,
  async run(world) {
    const { alarms, passes, processes, stack } = world;
    // On a fast machine the first sweep would be stored before its database dies.
    await world.knobs('uzum', { latency: { medianMs: 300, p99Ms: 600 } });
    const began = Date.now();
    const first = passes.sweep();
    await world.until('something is stored', () => first.books().stored > 0, { withinS: 60 });
    const away = new Date();
    await world.inject('kill -9 of Postgres', () => processes.killPostgres());
    await world.knobs('uzum', { latency: null });
    const alarmed = alarms.fires('breaker-open', { withinS: 60 });
    alarmed.catch(() => undefined);

    const fetched = async (sweep: Underway): Promise<void> => {
      await world.until('every job is dispatched', () => sweep.books().dispatched === 400, { withinS: 60 });
      await world.empty('uzum-jobs');
    };
    await fetched(first);
    await passes.newPrices();
    await world.until('the next sweep is due', () => Date.now() - began > hourMs + 1_000, {
      withinS: 60,
    });
    const second = passes.sweep();
    await fetched(second);
    const { visible, inFlight } = world.queue('ecommerce-snapshots');
    const waiting = visible + inFlight;
    await world.until('three hours have passed', () => Date.now() - away.getTime() > 3 * hourMs, {
      withinS: 120,
    });

    world.stopwatch.phase('Postgres is back');
    const back = new Date();
    await processes.restartPostgres();
    await Promise.all([first.done, second.done]);
    await alarmed;
    world.recovered();
    world.checkThat('messages that waited', waiting >= 20, `${waiting} messages`);
    const receives = world.log.flatMap(
      ({ line }) => /returned to the queue.*"receives":(\d+)/.exec(line)?.[1] ?? [],
    );
    world.checkThat(
      'receives that a message spent on the outage',
      Math.max(0, ...receives.map(Number)) <= 1,
      `expected one at most, saw ${receives.join(', ')}`,
    );
    const session = await databaseSession(stack);
    const { rows } = await session.query<{ changes: number }>(
      `select count(*)::int as changes from (
         select first_observed_at, lag(first_observed_at) over (partition by sku_id order by first_observed_at) as before
           from price_history) points
        where first_observed_at between $1 and $2 and before is not null`,
      [away, back],
    );
    await session.end();
    const shown = await changesShown(world.session, 'uzum', 1);
    world.checkThat('prices that changed during the outage', shown > 5, `${shown} changes`);
    world.check('changes of the outage in the history', rows[0]?.changes, shown);
    await passes.newPrices();
    await passes.refresh().done;
  },
};
