import { metric } from '../functions/contract/metrics.ts';
import type { Drill } from './drill.ts';
import { deploy } from './faults/deployment.ts';

export const drill: Drill = {
  id: 'F32b',
  failure: 'a parser does not know the pages of a whole refresh, until a mended one is deployed',
  mutation: {
    file: 'functions/core/replay-quarantine.ts',
    find: 'receivedAt: new Date(observedAt),',
    replace: 'receivedAt: clock.now(),',
    removes: 'the time at which a quarantined page had arrived',
    failsWith: /^(lost|duplicated): /,
  },
  async run(world) {
    const { alarms, operator, passes, session } = world;
    // The books are even before the last messages are deleted: what is killed then is delivered again.
    await passes.sweep().done;
    await world.empty('uzum-jobs');
    await passes.newPrices();
    // A parser that wants another name of the list that holds the prices: to it, the marketplace has changed its format.
    const mend = await world.inject('a parser that does not know the format is deployed', () => {
      const restore = ['scrape', 'replay'].map((service) =>
        deploy(world, service, (code) => code.replaceAll('skuList', 'skuListOfNextYear')),
      );
      return () => {
        for (const put of restore) put();
      };
    });
    const refreshed = await passes.refresh().done;
    const quarantined = world.metric('scrape', metric.pagesQuarantined, { marketplace: 'uzum' });
    world.checkThat('pages are quarantined', quarantined > 100, `${quarantined} are`);
    // One refresh may be over within a single period of the alarm, which wants two.
    await passes.repeat('refresh', alarms.fires('parse-success'));

    // What a busy machine has parked would be due again together with what is known.
    await passes.settle();
    await world.empty('uzum-jobs');
    world.stopwatch.phase('the mended parser is deployed');
    mend();
    await passes.newPrices();
    // Newer prices are stored before the quarantined ones come.
    await passes.refresh().done;
    await operator.does('npx narx quarantine replay --marketplace uzum --dry-run --stage $STAGE');
    await operator.does('npx narx quarantine replay --marketplace uzum --stage $STAGE');
    const sweepId = refreshed.sweeps[0]?.sweep.sweepId ?? '';
    await world.until('the books have no page in the quarantine', async () => {
      const books = await session.ledger.books(sweepId);
      return books.quarantined === 0 && books.inFlight === 0;
    });
    world.recovered();
    const late = world.metric('store', metric.observationsLate, { domain: 'ecommerce' });
    world.checkThat('observations arrive late', late > 100, `${late} do`);
  },
};
