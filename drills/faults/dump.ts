import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { createDatabases } from '../../local/postgres/databases.ts';
import { superuser } from '../../local/postgres/server.ts';
import type { Stack } from '../../local/stack.ts';

const domain = 'ecommerce';

export interface Dump {
  /** Files of the server, by table. */
  readonly files: ReadonlyMap<string, string>;
  /** Oldest month that has a partition, as its first day. */
  readonly oldestMonth: string;
}

/**
 * What `pg_dump` takes, which npm has not: every table in one snapshot, without the schema, which is that of the migrations. The
 * server writes the files beside its cluster.
 */
export async function dump(stack: Stack): Promise<Dump> {
  return await asSuperuser(stack, null, async (client) => {
    const { rows: places } = await client.query<{ folder: string }>(
      `select current_setting('data_directory') as folder`,
    );
    const files = new Map<string, string>();
    await client.query('begin isolation level repeatable read');
    const { rows: months } = await client.query<{ month: string }>(
      `select min(month)::text as month from price_month`,
    );
    for (const table of await tablesOf(client)) {
      const file = `${places[0]?.folder}/${randomUUID()}.copy`;
      await client.query(`copy (select * from ${table}) to '${file}'`);
      files.set(table, file);
    }
    await client.query('commit');
    return { files, oldestMonth: months[0]?.month ?? '' };
  });
}

/** The database is gone, with everybody's connections. */
export async function loseDatabase(stack: Stack): Promise<void> {
  const name = stack.endpoints.postgres[domain]?.database ?? '';
  await asSuperuser(stack, 'postgres', async (client) => {
    await client.query(`drop database ${client.escapeIdentifier(name)} with (force)`);
  });
}

/** An empty one of the same name, as RDS creates it. */
export async function createEmptyDatabase(stack: Stack): Promise<void> {
  await createDatabases(stack.postgres, stack.model.databases);
}

/** Into a database that migrate has prepared and that has the months of the dump. */
export async function load(stack: Stack, { files }: Dump): Promise<void> {
  await asSuperuser(stack, null, async (client) => {
    await client.query('begin');
    await client.query(`truncate ${[...files.keys()].join(', ')}`);
    for (const [table, file] of files)
      if (readFileSync(file).length > 0) await client.query(`copy ${table} from '${file}'`);
    await client.query(
      `select setval(pg_get_serial_sequence(attrelid::regclass::text, attname), greatest(1, (
         xpath('/row/max/text()', query_to_xml(format('select coalesce(max(%I), 1) as max from %s', attname, attrelid::regclass), false, true, '')))[1]::text::bigint))
       from pg_attribute where attidentity <> '' and attrelid::regclass::text = any ($1)`,
      [[...files.keys()]],
    );
    await client.query('commit');
  });
}

/** Without what migrate writes itself. References come before what refers to them. */
async function tablesOf(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select oid::regclass::text as name from pg_class
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
       and relname not in ('schema_migration', 'price_point_kept')
     order by (select count(*) from pg_constraint where contype = 'f' and conrelid = pg_class.oid), oid`,
  );
  return rows.map(({ name }) => name);
}

async function asSuperuser<T>(
  stack: Stack,
  database: string | null,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const address = stack.endpoints.postgres[domain];
  if (address === undefined) throw new Error(`The stack has no database for ${domain}.`);
  const client = new Client({ ...address, database: database ?? address.database, user: superuser });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
