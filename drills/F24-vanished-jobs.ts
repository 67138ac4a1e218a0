import type { Drill } from './drill.ts';

export const drill: Drill = {
  id: 'F24',
  failure: 'the jobs queue is purged while a sweep is under way',
  mutation: {
    file: 'functions/core/gaps.ts',
    find: '    await send(messages);\n',
    replace: '',
    removes: 'the second dispatch of jobs that vanished',
    failsWith: /^alarm gaps-redispatched goes to ALARM: expected/,
  },
  // What is waited for is the schedule that looks for gaps.
  stack: { stage: 'drillhours', timeScale: 0.005 },
  async run(world) {
    const sweep = world.passes.sweep();
    await world.until('jobs are waiting', () => world.queue('uzum-jobs').visible >= 4);
    await world.inject('the jobs queue is purged', () => world.purge('uzum-jobs'));
    await world.alarms.fires('gaps-redispatched');
    await sweep.done;
    world.recovered();
    world.check('dispatched, in the books', sweep.books().dispatched, 400);
    await world.passes.newPrices();
    await world.passes.refresh().done;
  },
};
