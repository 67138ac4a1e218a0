import type { Drill } from './drill.ts';
import { sweepCursorWrite } from './faults/coordination.ts';

export const drill: Drill = {
  id: 'F10',
  failure: 'a dispatcher dies before it moves its cursor, and the cursor is torn',
  mutation: {
    file: 'functions/adapters/dynamodb/cursor-items.ts',
    find: '  const result = its.safeParse(unmarshall(item));\n',
    replace: `  const found = its.safeParse(unmarshall(item));
  const nowhere = { sweepId: null, sweepStartedAt: null, position: null, previousPosition: null, slot: null };
  const result = found.success ? found : its.safeParse({ ...unmarshall(item), ...nowhere, version: 1 });
`,
    removes: 'the refusal of a cursor that cannot be read: it is taken for a fresh start',
    failsWith: /^alarm checkpoint-invalid goes to ALARM: expected/,
  },
  async run(world) {
    // Takes the lease, names the sweep; dies when the jobs are in the queue and the cursor does not know.
    const kill = world.processes.killAt({ ...sweepCursorWrite, after: 2 }, 'before');
    const sweep = world.passes.sweep();
    await world.until('the dispatcher has died', () => kill.hits === 1);
    await world.inject('the cursor is torn', () =>
      world.coordination.edit('CURSOR#uzum', 'sweep', (item) => ({
        ...item,
        version: '?',
        position: 'zero',
      })),
    );
    await world.alarms.fires('checkpoint-invalid');
    const torn = await world.coordination.item('CURSOR#uzum', 'sweep');
    world.check('the torn position', torn?.['position'], 'zero');
    await world.operator.does('npx narx checkpoint repair uzum --mode sweep --yes --stage $STAGE');
    await sweep.done;
    world.recovered();
    const repaired = await world.coordination.item('CURSOR#uzum', 'sweep');
    world.check('the position that the books proved', repaired?.['position'], 400);
    world.check('dispatched, in the books', sweep.books().dispatched, 400);
    await world.passes.newPrices();
    await world.passes.refresh().done;
  },
};
