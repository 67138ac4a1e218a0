import type { Drill } from './drill.ts';

export const drill: Drill = {
  id: 'F14',
  failure: 'the database of procurement refuses, and OLX blocks us: two of four marketplaces are hit',
  mutation: {
    file: 'functions/adapters/dynamodb/breakers.ts',
    find: '    super(client, tableName, breakerKey, readableOr(breakerSchema, newBreaker()));\n',
    replace:
      "    super(client, tableName, () => breakerKey('all'), readableOr(breakerSchema, newBreaker()));\n",
    removes: 'the breaker of each storage domain: they share one',
    // A shared breaker is closed again by the probe of the database that works; until then it is open for that one, too.
    failsWith: /^(Uzum is swept while the others are hit|breakers that were open|open for procurement): /,
  },
  stack: { stage: 'drillall', timeScale: 0.02 },
  limitSeconds: 180,
  async run(world) {
    const { alarms, passes, stack } = world;
    const stateOf = (owner: string, page: 'breaker-open' | 'gate-closed'): string[] =>
      alarms.on(page).filter((name) => name.endsWith(`-${owner}`));
    const opened = (): string[] => [
      ...new Set(
        stack
          .alarmHistory()
          .filter(({ state }) => state === 'ALARM')
          .flatMap(({ name }) => /-breaker-open-(.*)$/.exec(name)?.[1] ?? []),
      ),
    ];
    await world.inject('procurement’s database refuses connections, OLX answers 403', async () => {
      world.postgres('procurement').refuse();
      await world.knobs('olx', { block: { kind: '403' } });
    });
    const uzex = passes.discover('uzex');
    const olx = passes.discover('olx');
    await Promise.all([alarms.fires('breaker-open'), alarms.fires('gate-closed')]);

    const uzum = passes.sweep('uzum');
    const yandex = passes.discover('yandex');
    await world.until(
      'Uzum is swept while the others are hit',
      () => uzum.books().dispatched === 400 && uzum.books().inFlight === 0,
      { withinS: 60, seen: () => uzum.books() },
    );
    await yandex.done;
    world.check('breakers that were open', opened(), ['procurement']);
    world.check('open for procurement', stateOf('procurement', 'breaker-open').length, 1);
    world.check(
      'gates closed for Uzum and Yandex',
      [...stateOf('uzum', 'gate-closed'), ...stateOf('yandex', 'gate-closed')],
      [],
    );
    const mapping = (queue: string) =>
      stack.mappings.list().find(({ queueName }) => queueName.endsWith(queue))?.state;
    // It is being disabled until the batches of before have ended.
    await world.until('procurement’s mapping is off', () => mapping('procurement-snapshots') === 'Disabled');
    world.check('the mapping of ecommerce', mapping('ecommerce-snapshots'), 'Enabled');

    world.stopwatch.phase('both are back');
    world.postgres('procurement').restore();
    await world.knobs('olx', { block: null });
    await Promise.all([uzex.done, olx.done]);
    // While the gate cools down nothing is dispatched.
    await alarms.clears('gate-closed', { withinS: 90 });
    await passes.settle();
    world.recovered();
    // A list of UZEX shows lots without what is in them: of what was listed, the lots themselves are still to be visited.
    await passes.walk('uzex');
  },
};
