import type { Drill } from './drill.ts';
import { databaseSession } from './faults/database-session.ts';

export const drill: Drill = {
  id: 'F01b',
  failure: 'the disk of Postgres fills up while prices are refreshed, until somebody makes room',
  mutation: {
    file: 'functions/core/pauses.ts',
    find: "  if (storage.state === 'held') {",
    replace: '  if (storage.freeBytes === -1) {',
    removes: 'the storage gate: the store writes until the disk is full',
    failsWith: /^the store stops: /,
  },
  stack: { timeScale: 0.02 },
  limitSeconds: 180,
  async run(world) {
    const { alarms, operator, passes, stack } = world;
    const dba = await databaseSession(stack);
    const usedBytes = async (): Promise<number> =>
      Number(
        (await dba.query<{ size: string }>('select pg_database_size(current_database()) as size')).rows[0]
          ?.size,
      );
    const mapping = () =>
      stack.mappings.list().find(({ queueName }) => queueName.endsWith('ecommerce-snapshots'))?.state;
    const snapshots = () => {
      const { visible, received } = world.queue('ecommerce-snapshots');
      return { waiting: visible, received };
    };
    await passes.sweep().done;
    await passes.newPrices();
    // What is there by now is 95 % of a disk that is as small as this.
    const full = (await usedBytes()) / 0.95;
    await world.inject('5 % of the disk are free', () => stack.diskSizes.set('ecommerce', full));
    await world.until('the store stops', () => mapping() === 'Disabled', { withinS: 60, seen: mapping });
    await alarms.fires('storage-held');
    const listed = await operator.does('npx narx pause --stage $STAGE');
    world.checkThat(
      'narx pause says why',
      /ecommerce: by storage since .*until the disk has room\n {2}The disk is nearly full/.test(
        listed.stdout,
      ),
      listed.stdout,
    );
    await alarms.fires('free-storage');

    const before = snapshots();
    const refresh = passes.refresh();
    await world.until(
      'the refresh is fetched, and waits',
      () => {
        const { visible, inFlight } = world.queue('uzum-jobs');
        return refresh.books().dispatched > 200 && visible + inFlight === 0;
      },
      { withinS: 60 },
    );
    const { waiting, received } = snapshots();
    world.checkThat('snapshots wait', waiting > 5, `${waiting} messages`);
    world.check('receives while the disk is nearly full', received - before.received, 0);
    const used = await usedBytes();
    world.checkThat('the disk is not full', used < full, `${used} of ${full} bytes`);
    world.check('breakers open', alarms.on('breaker-open'), []);

    world.stopwatch.phase('the disk is made twice as large');
    stack.diskSizes.set('ecommerce', 2 * full);
    await world.until('the store goes on', () => mapping() === 'Enabled', { withinS: 60, seen: mapping });
    await dba.end();
    await refresh.done;
    world.recovered();
  },
};
