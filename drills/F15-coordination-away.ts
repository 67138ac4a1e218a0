import type { Drill } from './drill.ts';
import { answers } from './faults/cloud.ts';
import { databaseSession } from './faults/database-session.ts';

export const drill: Drill = {
  id: 'F15',
  failure: 'the coordination table throttles, then fails, while a sweep is half done',
  mutation: {
    file: 'functions/core/watched.ts',
    find: `      .catch((error: unknown) =>
        this.#warn('A shared value could not be read: the last known one holds', error),
      )
`,
    replace: '',
    removes: 'the last known gate, rate and breaker: work stops where they cannot be read',
    failsWith: /^(workers that died|rows stored without the table): /,
  },
  alarms: ['ledger-write-failed'],
  // A throttled request is tried again for up to four seconds, of which no time scale takes anything.
  stack: { stage: 'drillhours', timeScale: 0.006 },
  limitSeconds: 240,
  // What a job has no time for cannot be parked without the table: the whole job comes again, 20 references at most.
  expect: { fetchedTwice: 10 * 20 },
  async run(world) {
    const { alarms, cloud, passes, session, stack } = world;
    const dba = await databaseSession(stack);
    const products = async (): Promise<number> =>
      Number((await dba.query<{ count: string }>('select count(*) from product')).rows[0]?.count);
    const sent = (): number => world.queue('uzum-jobs').sent;
    // On a fast machine nothing would be left to be stored.
    await world.knobs('uzum', { latency: { medianMs: 600, p99Ms: 1_200 } });
    const died = world.deaths(['scrape', 'uzum'], ['store', 'ecommerce']);
    const sweep = passes.sweep();
    await world.until('the sweep is planned and under way', () => sweep.books().stored > 0);
    const before = await products();
    const service = 'dynamodb';
    const throttled = await world.inject('every request of a function to the table is throttled', () =>
      cloud.set({ service, fault: answers.throttled.dynamodb }),
    );
    await world.until('rows stored without the table', async () => (await products()) >= before + 60, {
      seen: async () => (await products()) - before,
    });
    world.check('workers that died', died(), 0);
    await world.knobs('uzum', { latency: null });
    world.stopwatch.phase('every request fails');
    const failing = cloud.set({ service, fault: answers.unavailable.dynamodb });
    throttled.end();
    await alarms.fires('coordination-errors');

    const enqueued = sent();
    const slot = await stack.fire(session.schedule('uzum', 'refresh') ?? '');
    world.checkThat(
      'a slot without the table fails',
      slot.functionError !== null,
      JSON.stringify(slot.payload),
    );
    world.check('jobs that it enqueued', sent() - enqueued, 0);
    await dba.end();
    failing.end();
    world.stopwatch.phase('the table is back');
    await world.empty('uzum-jobs', 'ecommerce-snapshots');
    await passes.newPrices();
    await passes.refresh().done;
    world.recovered();
    // What was done without the table stands open in its books, until the audit has seen in the database that it was done.
    await sweep.done;
  },
};
