import { metric } from '../functions/contract/metrics.ts';
import type { Drill } from './drill.ts';
import { answers } from './faults/cloud.ts';

export const drill: Drill = {
  id: 'F21',
  failure: 'deliveries are repeated, and those of a whole refresh arrive after newer ones',
  mutation: {
    file: 'functions/core/history/runs.ts',
    find: '  if (index < runs.length - 1) return insertBefore(runs, index + 1, observation);\n',
    replace: '',
    removes: 'the place of a late observation among the others',
    failsWith: /^(lost|duplicated): /,
  },
  async run(world) {
    const { cloud, passes } = world;
    const snapshots = /-ecommerce-snapshots$/;
    const send = { service: 'sqs', operation: 'SendMessageBatch', resource: snapshots } as const;
    const [unheard, undeleted] = await world.inject('answers are lost and deletions fail', () => [
      // Sent, and sent again by the client that did not hear of it.
      cloud.set({ ...send, times: 5, fault: { fault: 'lose-response' } }),
      // Stored, and delivered again.
      cloud.set({
        ...{ service: 'sqs', operation: /^DeleteMessage/, resource: snapshots, by: 'anyone', times: 12 },
        fault: answers.unavailable.sqs,
      }),
    ]);
    await passes.sweep().done;
    await world.until('both have happened', () => unheard?.hits === 5 && (undeleted?.hits ?? 0) >= 12);

    await passes.newPrices();
    world.stopwatch.phase('the visits of a refresh are held back');
    const away = cloud.set({ ...send, fault: answers.throttled.sqs });
    const held = cloud.set({
      ...{ service: 's3', operation: /^List/, resource: /-spill-/, by: /-replay$/ },
      fault: answers.unavailable.s3,
    });
    const late = passes.refresh();
    await world.until('all of them are spilled', () => {
      const { visible, inFlight } = world.queue('uzum-jobs');
      const spilled = world.metric('scrape', metric.visitsSpilled, { marketplace: 'uzum' });
      return visible + inFlight === 0 && late.books().dispatched > 0 && spilled >= late.books().dispatched;
    });
    away.end();
    await passes.newPrices();
    await passes.refresh().done;
    world.check('of the older visits stored so far', late.books().stored, 0);

    world.stopwatch.phase('they arrive');
    held.end();
    await late.done;
    await world.until('store counts them as late', () => {
      return world.metric('store', metric.observationsLate, { domain: 'ecommerce' }) > 100;
    });
    world.seenThrough('ObservationsLate');
    world.recovered();
  },
};
