import type { Drill } from './drill.ts';

/** Of stage `drill`: two workers of twenty connections. */
const most = 2 * 20;

export const drill: Drill = {
  id: 'F37',
  failure: 'a marketplace that answers slowly is swept with all workers at once',
  mutation: {
    file: 'lib/constructs/scraper.ts',
    find: 'CONNECTIONS: String(settings.connectionsPerWorker),',
    replace: 'CONNECTIONS: String(settings.connectionsPerWorker * 4),',
    removes: 'the connections of one worker as they are configured',
    failsWith: /^connections at the marketplace: /,
  },
  async run(world) {
    await world.inject('every answer takes a while', () =>
      world.knobs('uzum', { latency: { medianMs: 250, p99Ms: 600 } }),
    );
    await world.passes.sweep().done;
    const { maxInFlight } = await world.session.simulator.stats('uzum');
    world.checkThat(
      'connections at the marketplace',
      maxInFlight <= most,
      `expected at most ${most}, saw ${maxInFlight}`,
    );
    world.checkThat('they were used', maxInFlight > most / 4, `saw ${maxInFlight}`);
    world.seenThrough('the marketplace');
    world.recovered();
  },
};
