import { metric } from '../functions/contract/metrics.ts';
import type { Drill } from './drill.ts';
import { answers } from './faults/cloud.ts';

export const drill: Drill = {
  id: 'F11',
  failure: 'the jobs queue takes a part of the jobs, then none, while they are in the books already',
  mutation: {
    file: 'functions/core/dispatch-turn.ts',
    find: 'const prefix = gap === -1 ? chunk : chunk.slice(0, gap);',
    replace: 'const prefix = chunk;',
    removes: 'the cursor’s stopping before the first job that the queue refused',
    // Nothing is left to be sent then, and nothing fails; the gap detector would find the jobs, late.
    failsWith:
      /^(jobs that only the gap detector found: expected 0|alarm dispatch-failing goes to ALARM: expected)/,
  },
  // What the queue took behind a refused job, or before it went away, is sent again with the rest.
  expect: { fetchedTwice: 400 },
  async run(world) {
    const send = { service: 'sqs', operation: /^SendMessage/, by: /-dispatch$/ } as const;
    const [, away] = await world.inject('the jobs queue refuses the third of ten, then everything', () => [
      world.cloud.set({
        ...send,
        times: 1,
        fault: { fault: 'refuse-entries', refuses: (_, index) => index === 2, code: 'InternalError' },
      }),
      world.cloud.set({ ...send, after: 1, fault: answers.unavailable.sqs }),
    ]);
    const sweep = world.passes.sweep();
    await world.alarms.fires('dispatch-failing');
    const cursor = await world.coordination.item('CURSOR#uzum', 'sweep');
    world.checkThat(
      'the cursor stands before the refused job',
      Number(cursor?.['position'] ?? 0) <= 40,
      `it stands at ${cursor?.['position']}`,
    );
    away?.end();
    await sweep.done;
    world.recovered();
    world.check('dispatched, in the books', sweep.books().dispatched, 400);
    world.check(
      'jobs that only the gap detector found',
      world.metric('dispatch', metric.gapsRedispatched, { marketplace: 'uzum' }),
      0,
    );
    await world.passes.newPrices();
    await world.passes.refresh().done;
  },
};
