import type { Drill } from './drill.ts';

export const drill: Drill = {
  id: 'F30b',
  failure: 'the marketplace opens for a few pages, refuses the next ones, and does so again and again',
  mutation: {
    file: 'functions/core/pages.ts',
    find: "    case 'blocked':\n      return metric.pagesBlocked;\n",
    replace: "    case 'blocked':\n      return null;\n",
    removes: 'the count of refused pages',
    failsWith: /^alarm blocked-share goes to ALARM/,
  },
  // Each probe asks for a page that was fine.
  expect: { fetchedTwice: 100 },
  async run(world) {
    const { alarms, passes } = world;
    await passes.sweep().done;
    await passes.newPrices();
    await world.inject('403 for a second after each 20 requests', () =>
      world.knobs('uzum', { block: { kind: '403', afterRequests: 20, forMs: 1_000, repeat: true } }),
    );
    // One refresh is over in a second: what it parked, and all that comes after, is refused again and again.
    await passes.repeat('refresh', alarms.fires('blocked-share'));
    await world.knobs('uzum', { block: null });
    await passes.settle();
    world.recovered();
  },
};
