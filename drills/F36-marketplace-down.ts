import { setTimeout as sleep } from 'node:timers/promises';
import type { Drill } from './drill.ts';

/** Twenty minutes of the drill's time. */
const OUTAGE_MS = 12_000;
/** Two workers of twenty connections. */
const connections = 40;

export const drill: Drill = {
  id: 'F36',
  failure: 'the marketplace is not there for longer than several cool-downs',
  mutation: {
    file: 'functions/core/gate/passage.ts',
    find: 'if (troubles.failed(exit)) await this.#report',
    replace: 'if (troubles.failed(exit) && exit === null) await this.#report',
    removes: 'the gate that closes on an outage',
    failsWith: /^alarm gate-closed goes to ALARM/,
  },
  expect: { fetchedTwice: 2 },
  async run(world) {
    const { simulator } = world.session;
    await world.passes.sweep().done;
    await world.passes.newPrices();
    await world.inject('the marketplace takes no connection', () =>
      world.knobs('uzum', { outage: { kind: 'refused' } }),
    );
    const refresh = world.passes.refresh();
    await world.alarms.fires('gate-closed');
    const closed = await simulator.stats('uzum');
    await sleep(OUTAGE_MS);
    await world.knobs('uzum', { outage: null });
    await world.alarms.clears('gate-closed', { withinS: 60 });
    await refresh.done;
    await world.passes.settle();
    world.recovered();
    const after = await simulator.stats('uzum');
    world.checkThat('requests after the outage', after.requests > closed.requests, `${after.requests}`);
    world.checkThat(
      'no stampede when it is back',
      after.maxInFlight <= connections,
      `${after.maxInFlight} requests at once, ${connections} connections`,
    );
  },
};
