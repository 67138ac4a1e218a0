import type { Drill } from './drill.ts';

export const drill: Drill = {
  id: 'F39',
  failure: 'two fifths of the pages are empty, with status 200',
  mutation: {
    file: 'functions/core/pages.ts',
    find: "if (reference.kind === 'listing') return { ...missing(reference, index, response), isEmpty: true };",
    replace: 'return { ...missing(reference, index, response), isEmpty: true };',
    removes: 'the difference between an empty page and no product',
    failsWith: /^(lost|products called gone): /,
  },
  async run(world) {
    await world.inject('pages come empty', () => world.knobs('uzum', { emptyShare: 0.4 }));
    let isSeen = false;
    const alarm = world.alarms.fires('empty-share', { withinS: 60 }).finally(() => {
      isSeen = true;
    });
    alarm.catch(() => undefined);
    const sweep = world.passes.sweep();
    await sweep.done;
    let missing = 0;
    for await (const _ of world.session.simulator.truth('uzum', 0)) missing -= 1;
    // Ids that no product has, and no other: of what was empty nothing is known.
    world.checkThat('products called gone', sweep.books().gone <= 400 + missing, `${sweep.books().gone}`);
    while (!isSeen) await world.passes.refresh().done;
    await alarm;
    await world.knobs('uzum', { emptyShare: null });
    await world.passes.settle();
    world.recovered();
  },
};
