import type { Drill } from './drill.ts';

export const drill: Drill = {
  id: 'F39',
  failure: 'every page is empty, with status 200',
  mutation: {
    file: 'functions/marketplaces/shared/access.ts',
    find: 'return refuseBlank(page);',
    replace: "return { outcome: 'gone', detail: 'nothing there' };",
    removes: 'the difference between an empty page and no product',
    failsWith: /^products called gone: /,
  },
  // A page that was fine is asked for again by a probe.
  expect: { fetchedTwice: 2 },
  async run(world) {
    await world.inject('pages come empty', () => world.knobs('uzum', { emptyShare: 1 }));
    const sweep = world.passes.sweep();
    await sweep.done;
    world.check('products called gone', sweep.books().gone, 0);
    await world.alarms.fires('gate-closed');
    await world.knobs('uzum', { emptyShare: null });
    await world.alarms.clears('gate-closed', { withinS: 90 });
    await world.passes.settle();
    world.recovered();
  },
};
