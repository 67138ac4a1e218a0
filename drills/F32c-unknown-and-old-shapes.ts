import type { Drill } from './drill.ts';

export const drill: Drill = {
  id: 'F32c',
  failure: 'the marketplace answers in a shape that nobody knows, then in one of two years ago',
  mutation: {
    file: 'functions/marketplaces/uzum/product.ts',
    find: '    oldShape: shape.old,\n',
    replace: '    oldShape: false,\n',
    removes: 'the count of pages in an old shape',
    failsWith: /^alarm old-shape-share goes to ALARM/,
  },
  async run(world) {
    const { alarms, passes } = world;
    await passes.sweep().done;
    await passes.newPrices();
    await world.inject('every page has an unknown shape', () =>
      world.knobs('uzum', { shape: { name: 'unknown' } }),
    );
    await passes.repeat('refresh', alarms.fires('finds-nothing'));
    await alarms.fires('success-rate');
    await world.knobs('uzum', { shape: { name: '2024' } });
    world.stopwatch.phase('every page has the shape of 2024');
    await passes.repeat('refresh', alarms.fires('old-shape-share'));
    await world.knobs('uzum', { shape: null });
    await passes.refresh().done;
    world.recovered();
  },
};
