import type { Drill } from './drill.ts';

/** Jobs in a batch, times references in a job: what one killed scraper has fetched for nothing. */
const batch = 4 * 20;
/** Of the jobs of the sweep, ten are sent to the queue at a time, and the cursor makes all of them good. */
const sent = 10 * 20;
const planned = 20 * 20;

export const drill: Drill = {
  id: 'F17',
  failure: 'a worker is killed (-9) between each two of its side effects',
  mutation: {
    file: 'functions/adapters/postgres/database.ts',
    find: "      await send(client, 'begin', []);\n",
    replace: '',
    removes: 'the transaction around a batch',
    failsWith: /^lost: /,
  },
  // A scraper that dies before its snapshots are sent has to fetch its jobs again. A dispatcher that dies before the cursor has
  // moved enqueues everything once more; of two batches that are on their way, one may have come when the other kills it.
  expect: { fetchedTwice: 2 * batch + sent + planned },
  async run(world) {
    const { processes } = world;
    const scrape = { by: /-scrape-uzum$/ };
    const store = { by: /-store-ecommerce$/ };
    const visits = { service: 'sqs', operation: /^SendMessage/, ...scrape } as const;
    const ledger = { service: 'dynamodb', operation: 'UpdateItem', item: /^SWEEP#.* JOB#/ } as const;
    const dispatch = { by: /-dispatch$/ };

    const points = await world.inject('kills are set between each two side effects', () => [
      // Planned, enqueued, cursor moved: between the first two, and between the last two.
      processes.killAt({ service: 'sqs', operation: /^SendMessage/, ...dispatch }, 'before'),
      processes.killAt(
        // The lease and the sweep's name of the one that was killed first, and the lease of the next.
        { service: 'dynamodb', item: /^CURSOR#/, operation: /Put|Update/, after: 3, ...dispatch },
        'before',
      ),
      // Fetched, sent, accounted for.
      processes.killAt(visits, 'before'),
      processes.killAt({ ...visits, after: 5 }, 'after'),
      // In a transaction, after its first rows; before its commit; after its commit, which nobody is told.
      processes.killAtStatement('ecommerce', { statement: /insert into sku/, when: 'before' }),
      processes.killAtStatement('ecommerce', {
        statement: /^commit/,
        when: 'before',
        user: /narx_store/,
        after: 1,
      }),
      processes.killAtStatement('ecommerce', {
        statement: /^commit/,
        when: 'after',
        user: /narx_store/,
        after: 2,
      }),
      // Committed, in the ledger, message deleted.
      processes.killAt({ ...ledger, ...store, after: 2 }, 'before'),
      processes.killAt({ ...ledger, ...store, after: 6 }, 'after'),
    ]);

    await Promise.all([world.passes.sweep().done, world.alarms.fires('store-failing')]);
    world.recovered();
    world.check(
      'kills that happened',
      points.map(({ hits }) => hits),
      points.map(() => 1),
    );
    await world.passes.newPrices();
    await world.passes.refresh().done;
  },
};
