import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { resourceName } from '../lib/names.ts';
import type { Drill } from './drill.ts';
import { oldHistory, oldHistorySeen, ownerSession } from './faults/old-history.ts';
import type { World } from './harness/world.ts';

/** After each of these the process is killed, once, in the order in which the archive comes to them. */
const steps = [
  ['the month is frozen', /archive_begin/],
  ['what stays is copied', /archive_keep/],
  ['a part is in S3', 'part-'],
  ['a part is recorded', /insert into price_archive_part/],
  ['a part is verified', /update price_archive_part/],
  ['the manifest is in S3', '_manifest'],
  ['the month is verified', /archive_verified/],
  ['the month is dropped', /archive_drop/],
] as const;

export const drill: Drill = {
  id: 'F01',
  failure: 'the archive is killed after each of its steps, and a file is corrupted, while prices are stored',
  mutation: {
    file: 'functions/core/archive/part.ts',
    find: 'const difference = await compareWithDatabase(world, month, part, after, isSealed);',
    replace: 'const difference = null as string | null;',
    removes: 'the comparison of what is in S3 with the database',
    failsWith: /^what was archived is whole: /,
  },
  stack: { schedules: 'none' },
  async run(world) {
    const { operator, passes, session } = world;
    const owner = await ownerSession(session);
    const month = await oldHistory(session, owner);
    const before = await oldHistorySeen(owner);
    const sizeBefore = await pointBytes();
    await passes.sweep().done;
    await passes.newPrices();
    const refresh = passes.refresh();

    await world.inject('the archive runs, and is killed after each of its steps', async () => {
      for (const [step, at] of steps) await killedAfter(world, step, at, month);
    });
    const run = await operator.looks('npx narx archive run --domain ecommerce');
    world.check('the archive ends', run.code, 0);
    world.seenThrough('narx archive list');
    world.check('what has left', await monthsOfHistory(), 0);
    const listed = await operator.looks('npx narx archive list --domain ecommerce');
    world.checkThat(
      'narx archive list',
      new RegExp(`${month} +S3 +8,000 +400 `).test(listed.stdout),
      listed.stdout,
    );
    const sizeAfter = await pointBytes();
    world.checkThat(
      'the disk has room again',
      sizeAfter < sizeBefore / 2,
      `${sizeBefore} bytes, then ${sizeAfter}`,
    );
    const verified = await operator.looks(`npx narx archive verify ${month} --domain ecommerce`);
    world.checkThat('what was archived is whole', verified.code === 0, verified.stderr);

    await operator.looks(`npx narx archive restore ${month} --domain ecommerce`);
    world.check('history with the month restored', await oldHistorySeen(owner), before);
    world.check('a restored month takes writes', await writesToRestored(), 'refused');
    await refresh.done;
    world.recovered();
    await owner.end();

    /** Of the partitions that the month leaves. */
    async function pointBytes(): Promise<number> {
      const { rows } = await owner.query<{ bytes: number }>(
        `select coalesce(sum(pg_total_relation_size(inhrelid)), 0)::float8 as bytes from pg_inherits
         where inhparent = 'price_point'::regclass and inhrelid::regclass::text in ('price_point_before', $1)`,
        [`price_point_${month.replace('-', '_')}`],
      );
      return rows[0]?.bytes ?? 0;
    }
    async function monthsOfHistory(): Promise<number> {
      const { rows } = await owner.query(`select from price_month where to_char(month, 'YYYY-MM') = $1`, [
        month,
      ]);
      return rows.length;
    }
    async function writesToRestored(): Promise<string> {
      try {
        await owner.query(`update price_point_restored set price = 0`);
        return 'taken';
      } catch {
        return 'refused';
      }
    }
  },
};

async function killedAfter(world: World, step: string, at: RegExp | string, month: string): Promise<void> {
  const { processes, session, stack } = world;
  const kill =
    typeof at === 'string'
      ? processes.killAt(
          { service: 's3', operation: 'PutObject', item: new RegExp(at), by: /-archive-/ },
          'after',
        )
      : processes.killAtStatement('ecommerce', { statement: at, user: /^narx_archive$/, when: 'after' });
  const archive = resourceName(session.settings, 'archive', 'ecommerce');
  const { functionError } = await stack.host.invoke(archive, { action: 'run' });
  world.checkThat(
    `killed when ${step}`,
    functionError !== null && functionError !== undefined && kill.hits === 1,
    `${kill.hits} hits`,
  );
  // The file is another by the time that somebody reads it back.
  if (step === 'a part is recorded') await corrupt(world, month);
}

async function corrupt({ stack }: World, month: string): Promise<void> {
  const bucket = stack.model.buckets.find(({ name }) => name.includes('-archive-'));
  if (bucket === undefined) throw new Error('The template has no archive bucket.');
  const key = `price_point/domain=ecommerce/month=${month}/part-00001.parquet`;
  const { Body } = await stack.clients.s3.send(new GetObjectCommand({ Bucket: bucket.name, Key: key }));
  const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
  bytes[500] = (bytes[500] ?? 0) ^ 1;
  await stack.clients.s3.send(new PutObjectCommand({ Bucket: bucket.name, Key: key, Body: bytes }));
}
