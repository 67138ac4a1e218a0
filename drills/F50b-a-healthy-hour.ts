import { setTimeout as sleep } from 'node:timers/promises';
import { type AlarmId, catalogue } from '../lib/alarms/catalogue.ts';
import type { Drill } from './drill.ts';

const timeScale = 0.01;
const minuteMs = 60_000 * timeScale;

export const drill: Drill = {
  id: 'F50b',
  failure: 'nothing at all: for an hour the schedules run and prices move, and nobody may be woken',
  mutation: {
    file: 'lib/alarms/marketplace.ts',
    find: '  return Math.min(freshnessHours * 3600, Math.max(60, 3 * Math.min(...intervals)) * 60);',
    replace: '  return Math.min(freshnessHours, ...intervals) / 10;',
    removes: 'the time that a marketplace may be without a new observation',
    failsWith: /^(alarm observations-stopped is OK|alarms in a healthy hour): /,
  },
  stack: { timeScale },
  limitSeconds: 240,
  // The schedules visit what the passes of the drill visit, too.
  expect: { fetchedTwice: 100_000 },
  takes: 45,
  async run(world) {
    const { alarms, passes, session, stack } = world;
    await passes.sweep().done;
    await passes.newPrices();
    await passes.refresh().done;
    stack.restSchedules();
    stack.startSchedules();
    await alarms.areOk(Object.keys(catalogue) as AlarmId[]);
    const began = Date.now();
    await world.inject('an hour like any other', async () => {
      for (let quarter = 0; quarter < 4; quarter += 1) {
        await sleep(15 * minuteMs);
        await session.simulator.nextEpoch();
      }
    });
    world.check(
      'alarms in a healthy hour',
      stack
        .alarmHistory()
        .filter(({ state, at }) => state === 'ALARM' && at.getTime() >= began)
        .map(({ name, reason }) => `${name}: ${reason}`),
      [],
    );
    world.seenThrough('nothing, as it should be');
    stack.restSchedules();
    // A dispatch that was under way has planned its jobs by then.
    await sleep(2_000);
    await world.until('what was dispatched is accounted for', async () => {
      const sweeps = await session.ledger.sweeps('uzum', 100);
      const books = await Promise.all(sweeps.map(({ sweepId }) => session.ledger.books(sweepId)));
      return books.every(({ inFlight }) => inFlight === 0);
    });
    world.recovered();
  },
};
