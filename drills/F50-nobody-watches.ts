import { setTimeout as sleep } from 'node:timers/promises';
import type { AlarmId } from '../lib/alarms/catalogue.ts';
import type { Drill } from './drill.ts';
import type { World } from './harness/world.ts';

const timeScale = 0.01;
/** Each says that one function, or what starts it, is silent. */
const silences: readonly AlarmId[] = [
  'schedule-stopped',
  'dispatch-not-running',
  'worker-silent',
  'audit-not-running',
  'gatekeeper-not-running',
  'replay-not-running',
];
/** Those that the audit would measure. */
const unmeasured: readonly AlarmId[] = [
  'observations-stopped',
  'observations-stale',
  'confirmed-per-day',
  'price-changes-per-day',
];
const pages = [...silences, ...unmeasured];

export const drill: Drill = {
  id: 'F50',
  failure: 'two functions are deleted; then no schedule starts anything, and no queue feeds its worker',
  mutation: {
    file: 'lib/alarms/catalogue/planning.ts',
    find: "missing: { treat: 'breaching', because: 'a schedule that has stopped leaves no trace but silence' }",
    replace:
      "missing: { treat: 'notBreaching', because: 'a schedule that has stopped leaves no trace but silence' }",
    removes: 'silence of a schedule as a reason to wake somebody',
    failsWith: /^alarm schedule-stopped goes to ALARM/,
  },
  alarms: pages,
  limitSeconds: 240,
  stack: { timeScale },
  // While the schedules dispatch by themselves, passes of their own visit everything, too.
  expect: { fetchedTwice: 10_000 },
  takes: 45,
  async run(world) {
    const { alarms, cloud, passes, session, stack } = world;
    await passes.sweep().done;
    await passes.newPrices();
    await passes.refresh().done;
    stack.restSchedules();
    stack.startSchedules();
    await alarms.areOk(pages);

    // `due` has no schedule and no queue of its own: whoever asks it says that it is silent.
    const deleted = await world.inject('audit and due are not there any more', () =>
      cloud.set({
        service: 'lambda',
        operation: 'Invoke',
        resource: /-(audit|due)-/,
        by: 'anyone',
        fault: { fault: 'error', code: 'ResourceNotFoundException', status: 404 },
      }),
    );
    await alarms.fires('schedule-undeliverable');
    await alarms.fires('dispatch-failing');
    deleted.end();
    await world.purge('schedules-dlq');
    await alarms.clears('schedule-undeliverable');
    await alarms.areOk(pages);

    world.stopwatch.phase('silence');
    stack.restSchedules();
    const workers = stack.mappings.list();
    const off = (queue: string) => {
      const mapping = workers.find(({ queueName }) => queueName.endsWith(queue));
      if (!mapping) throw new Error(`The queue ${queue} has no mapping.`);
      stack.mappings.setEnabled(mapping.uuid, false);
    };
    off('-ecommerce-snapshots');
    // So that not everything is fetched when the first snapshots wait.
    await world.knobs('uzum', { latency: { medianMs: 1_000, p99Ms: 1_200 } });
    const refresh = passes.refresh();
    await world.until('snapshots wait', () => world.queue('ecommerce-snapshots').visible > 0);
    off('-uzum-jobs');
    await world.knobs('uzum', { latency: null });
    await world.until('jobs wait', () => world.queue('uzum-jobs').visible > 0);
    const silentSince = Date.now();
    for (const id of pages) await alarms.fires(id);
    await world.until('each worker is reported', () => alarms.on('worker-silent').length === workers.length);
    for (const id of silences) comesInTime(world, id, silentSince);

    await world.operator.does('npx narx resume uzum --stage $STAGE');
    for (const { uuid, queueName } of workers)
      world.check(`the mapping of ${queueName}`, stack.mappings.get(uuid).state, 'Enabled');
    stack.startSchedules();
    await refresh.done;
    world.recovered();
    await alarms.areOk(pages);
    // Stock can be taken when nothing is dispatched any more; what the schedules did is then all accounted for.
    stack.restSchedules();
    stack.startSchedules(({ input }) => !input.includes('"mode"'));
    // A dispatch that was under way has planned its jobs by then.
    await sleep(2_000);
    await world.until('what was dispatched is accounted for', async () => {
      const sweeps = await session.ledger.sweeps('uzum', 100);
      const books = await Promise.all(sweeps.map(({ sweepId }) => session.ledger.books(sweepId)));
      return books.every(({ inFlight }) => inFlight === 0);
    });
  },
};

/** What a busy machine and the beginning of a minute may add. */
const slackMs = 3_000;

/** A function's silence is seen within three of the periods that its alarm looks at: CloudWatch goes by the newest of three that has data. */
function comesInTime(world: World, id: AlarmId, since: number): void {
  const { session, stack } = world;
  const isOf = ({ name }: { name: string }) => `${name}-`.startsWith(`narx-${session.settings.stage}-${id}-`);
  const seconds = stack.model.alarms.find(isOf)?.metrics.map(({ periodSeconds }) => periodSeconds) ?? [];
  const limitMs = 3 * Math.max(...seconds) * 1000 * timeScale + slackMs;
  const seen = stack.alarmHistory().findLast((change) => isOf(change) && change.state === 'ALARM');
  const ms = seen ? seen.at.getTime() - since : Number.POSITIVE_INFINITY;
  world.checkThat(`${id} within three periods`, ms <= limitMs, `${ms} ms of ${limitMs} ms`);
}
