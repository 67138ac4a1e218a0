import type { Client } from 'pg';

export interface TableSize {
  table: string;
  rows: number;
  heapBytes: number;
  indexBytes: number;
}

/** Tables as the product names them; partitions belong to their table. Exact rows are counted of what is asked for. */
const SIZES = `
with relation as (
  select c.oid, coalesce(i.inhparent, c.oid)::regclass::text as name
  from pg_class c left join pg_inherits i on i.inhrelid = c.oid
  where c.relnamespace = 'public'::regnamespace and c.relkind = 'r')
select name, sum(pg_table_size(oid))::float8 as heap, sum(pg_indexes_size(oid))::float8 as indexes
from relation group by name order by sum(pg_total_relation_size(oid)) desc`;

export async function tableSizes(client: Client, tables: readonly string[]): Promise<TableSize[]> {
  const { rows } = await client.query<{ name: string; heap: number; indexes: number }>(SIZES);
  const sizes: TableSize[] = [];
  for (const { name, heap, indexes } of rows) {
    if (!tables.includes(name)) continue;
    const counted = await client.query<{ rows: number }>(`select count(*)::float8 as rows from ${name}`);
    sizes.push({ table: name, rows: counted.rows[0]?.rows ?? 0, heapBytes: heap, indexBytes: indexes });
  }
  return sizes;
}

export function totalBytes(sizes: readonly TableSize[]): number {
  return sizes.reduce((sum, { heapBytes, indexBytes }) => sum + heapBytes + indexBytes, 0);
}

export function sizeOf(sizes: readonly TableSize[], table: string): TableSize {
  return sizes.find((one) => one.table === table) ?? { table, rows: 0, heapBytes: 0, indexBytes: 0 };
}

export interface Written {
  walBytes: number;
  /** Of those, pages that were written whole because a checkpoint came before. */
  fullPages: number;
}

/**
 * What `work` writes to the WAL. A checkpoint comes first, so that the first change of every page writes it whole: more than
 * that it cannot be.
 */
export async function writtenBy(client: Client, work: () => Promise<void>): Promise<Written> {
  const read = async () => {
    const { rows } = await client.query<{ bytes: number; pages: number }>(
      `select (pg_current_wal_insert_lsn() - '0/0')::float8 as bytes, wal_fpi::float8 as pages from pg_stat_wal`,
    );
    return rows[0] ?? { bytes: 0, pages: 0 };
  };
  await client.query('checkpoint');
  const before = await read();
  await work();
  const after = await read();
  return { walBytes: after.bytes - before.bytes, fullPages: after.pages - before.pages };
}

export interface Updates {
  table: string;
  updates: number;
  /** No index was touched. */
  hot: number;
  /** The new version found no room on its page. */
  newPage: number;
}

/** Since the statistics were reset. */
export async function updatesOf(client: Client, tables: readonly string[]): Promise<Updates[]> {
  await client.query('select pg_stat_force_next_flush()');
  const { rows } = await client.query<Updates>(
    `select coalesce(i.inhparent, s.relid)::regclass::text as table, sum(n_tup_upd)::float8 as updates,
       sum(n_tup_hot_upd)::float8 as hot, sum(n_tup_newpage_upd)::float8 as "newPage"
     from pg_stat_user_tables s left join pg_inherits i on i.inhrelid = s.relid
     group by 1 order by 2 desc`,
  );
  return rows.filter(({ table }) => tables.includes(table));
}
