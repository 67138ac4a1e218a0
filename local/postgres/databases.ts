import pg from 'pg';
import type { DatabaseSpec } from '../cloud-model.ts';
import { type PostgresServer, superuser } from './server.ts';

/** What the `rds_superuser` role of RDS may hand on, as far as migrations use it. */
const grantable = ['rds_iam', 'pg_monitor', 'pg_read_all_data', 'pg_signal_backend', 'pg_checkpoint'];

/**
 * Creates what RDS has before the first migration: the role `rds_iam`, and for each database its master, who may create
 * roles and owns the database but is no superuser. What is there already stays as it is.
 */
export async function createDatabases(
  server: PostgresServer,
  databases: readonly DatabaseSpec[],
): Promise<void> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: server.port,
    user: superuser,
    database: 'postgres',
  });
  await client.connect();
  const exists = async (catalog: 'pg_roles' | 'pg_database', name: string): Promise<boolean> => {
    const column = catalog === 'pg_roles' ? 'rolname' : 'datname';
    const found = await client.query(`SELECT 1 FROM ${catalog} WHERE ${column} = $1`, [name]);
    return found.rows.length > 0;
  };
  try {
    if (!(await exists('pg_roles', 'rds_iam'))) await client.query('CREATE ROLE rds_iam NOLOGIN');
    for (const { databaseName, masterUsername } of databases) {
      const [database, master] = [databaseName, masterUsername].map((name) => client.escapeIdentifier(name));
      if (!(await exists('pg_roles', masterUsername))) {
        await client.query(`CREATE ROLE ${master} LOGIN CREATEDB CREATEROLE`);
        await client.query(`GRANT ${grantable.join(', ')} TO ${master} WITH ADMIN OPTION`);
      }
      if (!(await exists('pg_database', databaseName)))
        await client.query(`CREATE DATABASE ${database} OWNER ${master}`);
    }
  } finally {
    await client.end();
  }
}
