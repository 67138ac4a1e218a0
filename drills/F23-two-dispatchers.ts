import type { Drill } from './drill.ts';

export const drill: Drill = {
  id: 'F23',
  failure: 'a dispatcher is paused until its lease has run out, another goes on, and the first wakes up',
  mutation: {
    file: 'functions/adapters/dynamodb/checkpoints.ts',
    find: "ConditionExpression: '#version = :version AND #owner = :owner',",
    replace: "ConditionExpression: 'attribute_exists(pk) OR (#version = :version AND #owner = :owner)',",
    removes: 'the fencing of cursor writes',
    failsWith: /^alarm checkpoint-conflict goes to ALARM: expected/,
  },
  // The one that wakes up sends its window once more: the same jobs, which are visited again.
  expect: { fetchedTwice: 400 },
  // A dispatcher may run for 3.6 s then, in which another one has to start.
  stack: { timeScale: 0.03 },
  async run(world) {
    const { processes } = world;
    const send = { service: 'sqs', operation: /^SendMessage/, by: /-dispatch$/ } as const;
    let paused: readonly number[] = [];
    const pause = world.cloud.set({
      ...send,
      times: 1,
      fault: ({ caller }) => {
        const pid = caller === null ? undefined : world.stack.host.pidOf(caller);
        paused = pid === undefined ? [] : [pid];
        processes.signal('SIGSTOP', paused);
        return undefined;
      },
    });
    const sweep = await world.inject('a dispatcher is stopped at its first batch', () =>
      world.passes.sweep(),
    );
    await world.until('it has been stopped', () => pause.hits === 1);
    // A lease is longer than a dispatcher may run: what is paused for longer is a machine that stood still, and its clock with it.
    await world.coordination.edit('CURSOR#uzum', 'sweep', (item) => ({
      ...item,
      leaseExpiresAt: new Date(0).toISOString(),
    }));
    const schedule = world.session.schedule('uzum', 'sweep') ?? '';
    await world.stack.fire(schedule);
    const taken = await world.coordination.item('CURSOR#uzum', 'sweep');
    world.check('the position to which the other has come', taken?.['position'], 400);
    processes.signal('SIGCONT', paused);
    await world.alarms.fires('checkpoint-conflict');
    await sweep.done;
    world.recovered();
    const cursor = await world.coordination.item('CURSOR#uzum', 'sweep');
    world.check('the position', cursor?.['position'], 400);
    world.check('dispatched, in the books', sweep.books().dispatched, 400);
    await world.passes.newPrices();
    await world.passes.refresh().done;
  },
};
