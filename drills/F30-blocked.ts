import type { Drill } from './drill.ts';

/** Two workers of twenty connections. */
const connections = 40;
const timeScale = 0.01;
/** A page that was fine, and was asked for again by a probe that found the block over. */
const probes = 2;

export const drill: Drill = {
  id: 'F30',
  failure: 'the marketplace refuses everything from request 20 on, and goes on when it is left alone',
  mutation: {
    file: 'functions/core/gate/passage.ts',
    find: "      await this.#report(answer, 'blocked', detail);\n",
    replace: '',
    removes: 'the gate that closes on a block',
    failsWith: /^alarm gate-closed goes to ALARM/,
  },
  stack: { timeScale },
  expect: { fetchedTwice: probes },
  async run(world) {
    const { simulator } = world.session;
    const refused = async () => (await simulator.stats('uzum')).refused;
    const jobs = () => world.queue('uzum-jobs');
    const mapping = () =>
      world.stack.mappings.list().find(({ queueName }) => queueName.endsWith('-uzum-jobs'));
    await world.inject('403 for everything from request 20 on', () =>
      world.knobs('uzum', { block: { kind: '403', afterRequests: 20 } }),
    );
    const sweep = world.passes.sweep();
    await world.alarms.fires('gate-closed');
    await world.until('the queue is paused', () => mapping()?.state === 'Disabled');
    await world.until('nothing is in flight', () => jobs().inFlight === 0);
    const paused = await refused();
    // What was in flight, and for each of two workers a control and a look at robots.txt.
    world.checkThat('refused before the gate closed', paused <= 2 * 20 + 4, `${paused} requests`);

    await world.until('a probe', async () => (await refused()) > paused);
    await world.until('the next one', async () => (await refused()) > paused + 1, { withinS: 60 });
    world.check('probes that found the block still there', (await refused()) - paused, 2);
    // The first cool-down of the stage, doubled by the probe that was refused.
    const { cooldownHours } = world.session.settings.gate;
    const apartMs = 2 * cooldownHours * 3_600_000 * timeScale;
    const [one = 0, other = 0] = (await simulator.stats('uzum')).refusedAt.slice(-2).map(Date.parse);
    world.checkThat(
      'one probe per cool-down',
      other - one >= apartMs,
      `${other - one} ms apart, ${apartMs} at least`,
    );

    await world.knobs('uzum', { block: null });
    await world.alarms.clears('gate-closed', { withinS: 90 });
    await world.until('the queue is consumed again', () => mapping()?.state === 'Enabled');
    await sweep.done;
    await world.passes.settle();
    world.recovered();
    const { received, sent } = jobs();
    world.check('receives of the jobs', received, sent);
    const { maxInFlight } = await simulator.stats('uzum');
    world.checkThat(
      'no burst when it is over',
      maxInFlight <= connections,
      `${maxInFlight} requests at once, ${connections} connections`,
    );
  },
};
