import type { AlarmId } from '../lib/alarms/catalogue.ts';
import type { ScheduleSpec } from '../local/cloud-model.ts';
import type { Drill } from './drill.ts';
import { databaseSession } from './faults/database-session.ts';

const pages: readonly AlarmId[] = [
  'archive-failing',
  'archive-run-missed',
  'partition-missing',
  'storage-forecast',
  'migrate-not-running',
];

export const drill: Drill = {
  id: 'F01c',
  failure: 'for days the archive cannot log in, nobody makes partitions, and the disk fills up',
  mutation: {
    file: 'functions/archive.lambda.ts',
    find: '  try {\n    const result = await answerArchiveRequest(',
    replace: '  metrics.count(metric.heartbeat, 1);\n  try {\n    const result = await answerArchiveRequest(',
    removes: 'the heartbeat that comes last: an archive that fails is one that ran',
    failsWith: /^alarm archive-run-missed goes to ALARM/,
  },
  alarms: pages,
  // A day takes 9 s.
  stack: { schedules: 'none', timeScale: 0.000_1 },
  takes: 32,
  async run(world) {
    const { alarms, stack } = world;
    const dba = await databaseSession(stack);
    const { rows } = await dba.query<{ bytes: string; name: string }>(
      `select pg_database_size(current_database()) as bytes, c.relname as name
       from pg_inherits i join pg_class c on c.oid = i.inhrelid
       where i.inhparent = 'price_point'::regclass and c.relname ~ '^price_point_\\d'
         and to_date(substring(c.relname from '\\d{4}_\\d{2}$'), 'YYYY_MM') > now()`,
    );
    const used = Number(rows[0]?.bytes);
    const isFor =
      (...services: string[]) =>
      ({ functionName }: ScheduleSpec) =>
        services.some((service) => functionName.includes(`-${service}`));
    stack.diskSizes.set('ecommerce', used / 0.4);
    stack.startSchedules(isFor('archive', 'audit', 'gatekeeper'));
    await alarms.areOk(pages);

    const began = Date.now();
    await world.inject(
      'the archive loses its login, the partitions of the coming months are dropped',
      async () => {
        await dba.query('alter role narx_archive nologin');
        // Who is in stays in until somebody ends the session.
        await dba.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'narx_archive'",
        );
        for (const { name } of rows) await dba.query(`drop table ${name}`);
      },
    );
    // A hundredth of the disk a second: full in seven of the drill's days.
    const filling = setInterval(() => {
      const free = 0.6 - (Date.now() - began) / 100_000;
      stack.diskSizes.set('ecommerce', used / (1 - free));
    }, 250);
    try {
      for (const page of pages) await alarms.fires(page);
    } finally {
      clearInterval(filling);
    }

    world.stopwatch.phase('the disk has grown, the archive may log in, migrate runs again');
    stack.diskSizes.set('ecommerce', used / 0.1);
    await dba.query('alter role narx_archive login');
    await dba.end();
    stack.restSchedules();
    stack.startSchedules(isFor('archive', 'audit', 'gatekeeper', 'migrate'));
    for (const page of pages) await alarms.clears(page);
    world.recovered();
  },
};
