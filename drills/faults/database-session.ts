import { Client } from 'pg';
import { superuser } from '../../local/postgres/server.ts';
import type { Stack } from '../../local/stack.ts';

/** A session of somebody with every right, on the server itself: what no fault of the drills' proxies touches. */
export async function databaseSession({ endpoints }: Stack, domain = 'ecommerce'): Promise<Client> {
  const address = endpoints.postgres[domain];
  if (!address) throw new Error(`The stack has no database for the storage domain ${domain}.`);
  const client = new Client({ ...address, user: superuser });
  // A server that is killed takes it along; whoever uses it then is told.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
