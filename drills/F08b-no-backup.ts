import { ModifyDBInstanceCommand } from '@aws-sdk/client-rds';
import type { Drill } from './drill.ts';

export const drill: Drill = {
  id: 'F08b',
  failure: 'somebody switches the automated backups of the database off',
  mutation: {
    file: 'functions/core/storage/watch-backup.ts',
    find: "return log.error('The database has no backup', { domain, instance });",
    replace: 'return metrics.gauge(metric.restorableAgeSeconds, 0);',
    removes: 'the difference between no backup and one of this moment',
    failsWith: /^alarm backup-missing goes to ALARM/,
  },
  async run(world) {
    const { alarms, passes, stack } = world;
    const [database] = stack.model.databases;
    if (!database) throw new Error('The template has no database.');
    const retain = (days: number) =>
      stack.clients.rds.send(
        new ModifyDBInstanceCommand({
          DBInstanceIdentifier: database.instanceName,
          BackupRetentionPeriod: days,
          ApplyImmediately: true,
        }),
      );
    await alarms.areOk(['backup-missing']);
    await world.inject('the retention of the backups is set to 0', () => retain(0));
    const sweep = passes.sweep();
    await alarms.fires('backup-missing');
    await sweep.done;
    await passes.newPrices();
    await passes.refresh().done;

    world.stopwatch.phase('what the runbook says: the backups are switched on again');
    await retain(database.backupRetentionDays);
    await alarms.clears('backup-missing');
    world.recovered();
  },
};
