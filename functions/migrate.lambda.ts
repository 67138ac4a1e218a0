import pg from 'pg';
import { systemClock } from './adapters/clock.ts';
import { readEnv } from './adapters/env.ts';
import { directConnection } from './adapters/postgres/connect.ts';
import { migrate, migrationsFolder, readMigrations } from './adapters/postgres/migrations.ts';
import { forgetOldDrops } from './adapters/postgres/price-drops.ts';
import { dropRawPages } from './adapters/postgres/raw-pages.ts';
import { createLog } from './adapters/telemetry.ts';
import { migrateEnv } from './contract/env.ts';

const env = readEnv(migrateEnv);
const log = createLog('migrate');
const migrations = readMigrations(migrationsFolder(env.STORAGE_SCHEMA, import.meta.url));
const settings = directConnection(env);

/**
 * Brings the domain's database up to date and creates the partitions of the coming months, and drops those of raw
 * pages that have expired, and the price drops of long ago. Runs at every deployment,
 * before the new code takes traffic, and daily; any event will do. Fails, and the deployment with it, when it cannot.
 */
export async function handler(): Promise<{
  applied: string[];
  /** Applied by a later version, which was rolled back. */
  ahead: string[];
  partitions: string[];
  dropped: string[];
}> {
  const client = new pg.Client(settings());
  // A connection that is lost fails the statement that waits on it; without a listener it would also end the process.
  client.on('error', (error) => log.error('database connection lost', { detail: error.message }));
  await client.connect();
  try {
    const now = systemClock.now();
    const { applied, ahead, partitions } = await migrate(client, migrations, now);
    const dropped =
      env.STORAGE_SCHEMA === 'procurement' ? await dropRawPages(client, now, env.RAW_RETENTION_DAYS) : [];
    await forgetOldDrops(client, now);
    const result = { applied, ahead, partitions, dropped };
    log.info('migrated', result);
    return result;
  } finally {
    await client.end();
  }
}
