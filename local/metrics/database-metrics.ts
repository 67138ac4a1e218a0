import pg from 'pg';
import type { DatabaseSpec } from '../cloud-model.ts';
import { superuser } from '../postgres/server.ts';
import type { MetricCollector } from './collector.ts';

/** How full the disk of a storage domain is taken to be: so many bytes of data fill what RDS would have allocated. */
export type DiskSizes = Map<string, number>;

export type DatabaseAddresses = Readonly<Record<string, { host: string; port: number }>>;

/** A server that is hung must not hold up the samples of the others. */
const patienceMs = 5_000;

/**
 * Client sessions of the domain's functions; those that RDS Proxy would pin, as far as a server tells them (advisory locks,
 * temporary tables); and the bytes of the database.
 */
const SAMPLE = `
select
  (select count(*)::int from pg_stat_activity where datname = $1 and backend_type = 'client backend' and pid <> pg_backend_pid()),
  (select count(distinct a.pid)::int from pg_stat_activity a
    where a.datname = $1 and a.usename like 'narx\\_%' and (
      exists (select from pg_locks l where l.pid = a.pid and l.locktype = 'advisory')
      or exists (select from pg_locks l join pg_class c on c.oid = l.relation
        where l.pid = a.pid and l.database = a.datid and c.relpersistence = 't'))),
  pg_database_size($1)::float8`;

/**
 * The AWS/RDS metrics of the instances and their proxies, from what the local server really has: connections, free storage,
 * pinned sessions, and how long it takes to get a connection. A server that does not answer reports nothing, as in the cloud.
 */
export class DatabaseMetrics {
  /** Bytes that fill a domain's disk; what is not there is as large as the template allocates. */
  readonly diskSizes: DiskSizes = new Map();
  readonly #collector: MetricCollector;
  readonly #databases: readonly DatabaseSpec[];
  readonly #addresses: DatabaseAddresses;
  readonly #underWay = new Set<string>();

  constructor(collector: MetricCollector, databases: readonly DatabaseSpec[], addresses: DatabaseAddresses) {
    this.#collector = collector;
    this.#databases = databases;
    this.#addresses = addresses;
  }

  /** Takes one sample of every database; one that is still waiting for its last is left out. Does not reject. */
  async sample(): Promise<void> {
    await Promise.all(this.#databases.map((database) => this.#sampleOne(database)));
  }

  async #sampleOne(database: DatabaseSpec): Promise<void> {
    const { databaseName, domain } = database;
    const address = this.#addresses[domain];
    if (!address || this.#underWay.has(databaseName)) return;
    this.#underWay.add(databaseName);
    const client = new pg.Client({
      ...address,
      user: superuser,
      database: databaseName,
      connectionTimeoutMillis: patienceMs,
      query_timeout: patienceMs,
    });
    client.on('error', () => undefined);
    try {
      const began = performance.now();
      await client.connect();
      this.#put(database, performance.now() - began, await this.#ask(client, databaseName));
    } catch {
      // No data is what a database that is away looks like.
    } finally {
      await client.end().catch(() => undefined);
      this.#underWay.delete(databaseName);
    }
  }

  async #ask(client: pg.Client, databaseName: string): Promise<[number, number, number]> {
    const { rows } = await client.query<[number, number, number]>({
      text: SAMPLE,
      values: [databaseName],
      rowMode: 'array',
    });
    return rows[0] ?? [0, 0, 0];
  }

  #put(
    { domain, instanceName, proxyName, allocatedBytes }: DatabaseSpec,
    borrowMs: number,
    [connections, pinned, usedBytes]: [number, number, number],
  ): void {
    const at = Date.now();
    const instance = { DBInstanceIdentifier: instanceName };
    const proxy = { ProxyName: proxyName };
    const put = (dimensions: Record<string, string>, name: string, value: number, unit: string) =>
      this.#collector.put('AWS/RDS', name, dimensions, value, at, unit);
    put(instance, 'DatabaseConnections', connections, 'Count');
    const full = this.diskSizes.get(domain) ?? allocatedBytes;
    put(instance, 'FreeStorageSpace', Math.max(0, allocatedBytes * (1 - usedBytes / full)), 'Bytes');
    put(proxy, 'DatabaseConnectionsCurrentlySessionPinned', pinned, 'Count');
    put(proxy, 'DatabaseConnectionsBorrowLatency', borrowMs * 1000, 'Microseconds');
  }
}
