import type { Drill } from './drill.ts';
import { sweepCursorWrite } from './faults/coordination.ts';

export const drill: Drill = {
  id: 'F25',
  failure: 'a cursor jumps ahead over half of a sweep, and later back into it',
  mutation: {
    file: 'functions/core/gap-survey.ts',
    find: '    if (last >= first) this.#holes.push({ sweepId: this.#sweepId, first, last });\n',
    replace: '',
    removes: 'the look for ids that no job holds',
    failsWith: /^alarm checkpoint-invalid goes to ALARM: expected/,
  },
  // A jump back costs what is visited again.
  expect: { fetchedTwice: 300 },
  async run(world) {
    const kill = world.processes.killAt({ ...sweepCursorWrite, after: 1 }, 'after');
    const sweep = world.passes.sweep();
    await world.until('the sweep has its name', () => kill.hits === 1);
    await world.inject('the cursor jumps to 200', () => jump(200));
    const { sweeps } = await sweep.done;
    const sweepId = sweeps[0]?.sweep.sweepId ?? '';
    world.check('dispatched without the half that was jumped over', sweep.books().dispatched, 200);
    await world.alarms.fires('checkpoint-invalid');
    await world.alarms.fires('gaps-redispatched');
    await world.until('the other half is accounted for', () => isWhole(sweepId), { withinS: 60 });
    world.recovered();

    world.stopwatch.phase('the cursor jumps back to 100');
    await jump(100);
    const schedule = world.session.schedule('uzum', 'sweep') ?? '';
    await world.until('the sweep is at its end again', async () => {
      await world.stack.fire(schedule);
      return (await world.coordination.item('CURSOR#uzum', 'sweep'))?.['position'] === 400;
    });
    await world.empty('uzum-jobs');
    world.checkThat('the books are as they were', await isWhole(sweepId), 'they are not');
    await world.passes.newPrices();
    await world.passes.refresh().done;

    async function jump(position: number): Promise<void> {
      await world.coordination.edit('CURSOR#uzum', 'sweep', (item) => ({ ...item, position }));
    }
    async function isWhole(id: string): Promise<boolean> {
      const { dispatched, inFlight } = await world.session.ledger.books(id);
      return dispatched === 400 && inFlight === 0;
    }
  },
};
