import { resourceName } from '../lib/names.ts';
import type { Drill } from './drill.ts';
import { SharedClock } from './faults/clock.ts';
import { databaseSession } from './faults/database-session.ts';
import { deploy } from './faults/deployment.ts';

const now = new Date();
const boundary = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
/** How wrong a clock is by which so many milliseconds are left until the month ends. */
const skewMs = (left: number) => boundary.getTime() - left - Date.now();

export const drill: Drill = {
  id: 'F01d',
  failure: 'a month ends in the middle of a sweep',
  mutation: {
    file: 'db/shared/partitions.sql',
    find: "generate_series(first_month, this_month + interval '3 months', interval '1 month')",
    replace: "generate_series(first_month, this_month, interval '1 month')",
    removes: 'the partitions of the coming months',
    failsWith: /^prices of the new month are stored/,
  },
  async run(world) {
    const dba = await databaseSession(world.stack);
    const count = async (partition: string): Promise<number> =>
      (await dba.query<{ count: number }>(`select count(*)::int from ${partition}`)).rows[0]?.count ?? 0;
    const [old, fresh, third] = [-1, 0, 3].map((month) => partitionOf(month)) as [string, string, string];
    // Some seconds for the sweep, so that there is a middle.
    await world.knobs('uzum', { latency: { medianMs: 400, p99Ms: 500 } });
    // A minute is left: much more than it takes until the first prices are stored.
    const clock = new SharedClock(world.folder, skewMs(60_000));
    // Whoever asks for the time when a price is seen, stored, looked at, or given a partition.
    for (const service of ['scrape', 'store', 'audit', 'migrate']) deploy(world, service, clock.change);
    const sweep = world.passes.sweep();
    await world.until('prices of the old month are stored', async () => (await count(old)) > 0, {
      withinS: 55,
    });
    await world.inject('the month ends', () => clock.set(skewMs(0)));
    await world.until('prices of the new month are stored', async () => (await count(fresh)) > 0, {
      withinS: 30,
      seen: () => world.log.filter(({ line }) => line.includes('no partition')).length,
    });
    await world.knobs('uzum', { latency: null });
    await sweep.done;
    await world.stack.host.invoke(resourceName(world.session.settings, 'migrate', 'ecommerce'), {});
    world.check('prices of the month that migrate now makes ahead', await count(third), 0);
    world.check('months that lack a partition', world.alarms.on('partition-missing'), []);
    world.seenThrough('the partition of the month');
    world.recovered();
    await dba.end();
  },
};

/** So many months after the boundary. */
function partitionOf(months: number): string {
  const month = new Date(Date.UTC(boundary.getUTCFullYear(), boundary.getUTCMonth() + months, 1));
  return `price_point_${month.toISOString().slice(0, 7).replace('-', '_')}`;
}
