import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { resourceName } from '../lib/names.ts';
import { installEarlier } from '../local/postgres/installed-earlier.ts';
import type { Drill } from './drill.ts';
import { createEmptyDatabase, dump, load, loseDatabase } from './faults/dump.ts';
import { oldHistory, oldHistorySeen, ownerSession } from './faults/old-history.ts';

export const drill: Drill = {
  id: 'F08',
  failure: 'the database is lost, after its last dump a month has left for the archive, and fetching goes on',
  mutation: {
    file: 'functions/core/archive/manifest.ts',
    find: 'return manifest !== null && Date.parse(manifest.begunAt) !== begunAt.getTime() ? manifest : null;',
    replace: 'return manifest !== null && begunAt.getTime() < 0 ? manifest : null;',
    removes: 'the archive’s memory of what an earlier life of the database has sealed',
    failsWith: /^the month leaves again: /,
  },
  // The archive runs when the drill says so.
  stack: { schedules: 'none' },
  limitSeconds: 180,
  async run(world) {
    const { operator, passes, session, stack } = world;
    let owner = await ownerSession(session);
    const month = await oldHistory(session, owner);
    await passes.sweep().done;
    const archive = async (words: string) =>
      await operator.looks(`npx narx archive ${words} --domain ecommerce`);
    const mapping = () =>
      stack.mappings.list().find(({ queueName }) => queueName.endsWith('ecommerce-snapshots'))?.state;
    const paused = await operator.looks('npx narx pause ecommerce --reason restore');
    world.check('narx pause', paused.code, 0);
    await world.until('the store rests', () => mapping() === 'Disabled', { withinS: 30, seen: mapping });
    const before = await everything();
    const saved = await dump(stack);
    world.check('the month leaves', (await archive('run')).code, 0);
    const archived = await objects();
    await passes.newPrices();
    const refresh = passes.refresh();
    await world.until('new prices are asked for', () => refresh.books().dispatched > 200);
    await world.empty('uzum-jobs');

    await world.inject('the database is lost', () => loseDatabase(stack));
    world.seenThrough('everybody');
    world.stopwatch.phase('an empty one is migrated, and the dump loaded');
    await createEmptyDatabase(stack);
    const migrated = await stack.host.invoke(resourceName(session.settings, 'migrate', 'ecommerce'), {});
    world.check('migrate', migrated.functionError, null);
    owner = await ownerSession(session);
    await installEarlier(owner, new Date(Date.parse(`${saved.oldestMonth}T00:00:00Z`) + 32 * 86_400_000));
    await load(stack, saved);
    world.check('history after the restore', await everything(), before);

    // The dump is from before the month left: it leaves once more, and what S3 has of it must be taken for what it is.
    const again = await archive('run');
    world.checkThat('the month leaves again', again.code === 0, again.stderr);
    world.check('the files of the archive', await objects(), archived);
    const restored = await archive(`restore ${month}`);
    world.checkThat('the month comes back', restored.code === 0, restored.stderr);
    world.check('history with the month restored', await everything(), before);
    const resumed = await operator.looks('npx narx resume ecommerce');
    world.check('narx resume', resumed.code, 0);
    await refresh.done;
    world.recovered();
    await owner.end();

    async function everything(): Promise<string> {
      const { rows } = await owner.query<{ seen: string }>(
        `select count(*) || ' points ' || md5(string_agg(concat_ws('|', sku_id, first_observed_at, last_confirmed_at, listed, price,
           old_price, currency, availability, suspect, gap_before), ',' order by sku_id, first_observed_at)) as seen
         from price_history`,
      );
      return `${rows[0]?.seen} ${await oldHistorySeen(owner)}`;
    }
    async function objects(): Promise<unknown[]> {
      const Bucket = stack.model.buckets.find(({ name }) => name.includes('-archive-'))?.name;
      const { Contents = [] } = await stack.clients.s3.send(new ListObjectsV2Command({ Bucket }));
      return Contents.map(({ Key, ETag }) => ({ Key, ETag }));
    }
  },
};
